namespace Midentity.PowerShell;

/// <summary>The ids of errors that the module raises itself. The core's, where it has one; docs/errors.md has them all.</summary>
internal static class ErrorIds
{
    internal const string ArgumentScope = "argument.scope";
    internal const string ArgumentIdentity = "argument.identity";
    internal const string ArgumentOption = "argument.option";
    internal const string ArgumentName = "argument.name";
    internal const string ArgumentPath = "argument.path";
    internal const string ArmBadAnswer = "arm.bad_answer";
    internal const string ArmForbidden = "arm.forbidden";
    internal const string ArmNotFound = "arm.not_found";

    /// <summary>No native library lies beside the module, or it can't be loaded.</summary>
    internal const string LibraryMissing = "library.missing";

    /// <summary>There is no native library for this system or processor.</summary>
    internal const string LibraryUnsupported = "library.unsupported";

    /// <summary>The native library is of another version than the module.</summary>
    internal const string LibraryMismatch = "library.mismatch";

    /// <summary>What was given is no token that can be read.</summary>
    internal const string TokenUnreadable = "token.unreadable";
}
