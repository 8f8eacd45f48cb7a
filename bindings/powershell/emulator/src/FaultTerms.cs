namespace Midentity.Emulator;

/// <summary>Where requests come in.</summary>
public enum MidEmulatorDoor
{
    /// <summary>The metadata service.</summary>
    Imds,

    /// <summary>Resource Manager.</summary>
    Arm,

    /// <summary>The sign-in.</summary>
    Login,
}

/// <summary>Where a connection is closed.</summary>
public enum MidEmulatorDrop
{
    /// <summary>Before any byte of the answer.</summary>
    Before,

    /// <summary>In the middle of the head.</summary>
    Headers,

    /// <summary>In the middle of the body.</summary>
    Body,
}

/// <summary>The form of a token.</summary>
public enum MidEmulatorTokenForm
{
    /// <summary>Signed, with all claims.</summary>
    Jwt,

    /// <summary>A text without structure.</summary>
    Opaque,

    /// <summary>As an encrypted token: nothing in it can be read.</summary>
    Encrypted,

    /// <summary>With the application's GUID as its audience.</summary>
    GuidAudience,

    /// <summary>Signed, and says nothing of the identity.</summary>
    ClaimsLess,
}
