using System;

namespace Midentity.PowerShell;

/// <summary>How an identity is named. The numbers are the C interface's.</summary>
public enum MidIdentityKind
{
    /// <summary>The machine's default: the system-assigned identity, or the only user-assigned one.</summary>
    Default = 0,

    /// <summary>The system-assigned identity and no other.</summary>
    SystemAssigned = 1,

    /// <summary>A user-assigned identity by its client id.</summary>
    ClientId = 2,

    /// <summary>An identity by its object (principal) id.</summary>
    ObjectId = 3,

    /// <summary>A user-assigned identity by its Azure resource id.</summary>
    ResourceId = 4,
}

/// <summary>One of the machine's identities, as -Identity takes it.</summary>
public sealed class MidIdentity
{
    internal MidIdentity(MidIdentityKind kind, string? value = null)
    {
        Kind = kind;
        Value = value;
    }

    /// <summary>How it is named.</summary>
    public MidIdentityKind Kind { get; }

    /// <summary>Its id; null where the kind says it all.</summary>
    public string? Value { get; }

    /// <inheritdoc/>
    public override string ToString() => Value is null ? Kind.ToString() : $"{Kind} {Value}";

    /// <summary>
    /// Reads a text: a GUID is a client id (an object id can't be told from it and is given by -ObjectId), a path that
    /// names a user-assigned identity is a resource id, the word SystemAssigned is that identity.
    /// </summary>
    internal static MidIdentity? Read(string text)
    {
        var trimmed = text.Trim();
        if (Guid.TryParseExact(trimmed, "D", out _))
        {
            return new MidIdentity(MidIdentityKind.ClientId, trimmed);
        }

        if (trimmed.StartsWith("/subscriptions/", StringComparison.OrdinalIgnoreCase)
            && trimmed.IndexOf("/userAssignedIdentities/", StringComparison.OrdinalIgnoreCase) > 0)
        {
            return new MidIdentity(MidIdentityKind.ResourceId, trimmed);
        }

        return trimmed.Equals("SystemAssigned", StringComparison.OrdinalIgnoreCase)
            || trimmed.Equals("[system]", StringComparison.OrdinalIgnoreCase)
                ? new MidIdentity(MidIdentityKind.SystemAssigned)
                : null;
    }
}
