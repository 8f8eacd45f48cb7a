using System.Management.Automation;

namespace Midentity.PowerShell;

/// <summary>What kind of failure an error is. The numbers are those of the Rust core and never change.</summary>
public enum MidErrorKind
{
    /// <summary>An argument, option or environment variable can't be used.</summary>
    InvalidArgument = 1,

    /// <summary>No token source answers here.</summary>
    Unavailable = 2,

    /// <summary>The service refused to give a token, or gave one for something else than was asked.</summary>
    Authentication = 3,

    /// <summary>The identity that was named does not exist or is not assigned to this machine.</summary>
    IdentityNotFound = 4,

    /// <summary>The caller is known but has no right to do this.</summary>
    Forbidden = 5,

    /// <summary>The resource does not exist.</summary>
    NotFound = 6,

    /// <summary>The resource exists already or is in a state that does not allow this.</summary>
    Conflict = 7,

    /// <summary>The service limits the number of requests.</summary>
    Throttled = 8,

    /// <summary>The service failed.</summary>
    Service = 9,

    /// <summary>The connection failed after the endpoint had answered before.</summary>
    Transport = 10,

    /// <summary>The time allowed ran out.</summary>
    Timeout = 11,

    /// <summary>The answer can't be understood.</summary>
    Protocol = 12,

    /// <summary>The caller cancelled.</summary>
    Cancelled = 13,

    /// <summary>The object was closed.</summary>
    Closed = 14,

    /// <summary>The module and its native library disagree about the C interface's version.</summary>
    AbiMismatch = 15,

    /// <summary>A fault inside midentity.</summary>
    Internal = 99,
}

/// <summary>How each kind of error shows in an ErrorRecord.</summary>
internal static class MidErrorKinds
{
    /// <summary>The category; a kind that this module does not know yet is NotSpecified.</summary>
    internal static ErrorCategory Category(this MidErrorKind kind) => kind switch
    {
        MidErrorKind.InvalidArgument => ErrorCategory.InvalidArgument,
        MidErrorKind.Unavailable => ErrorCategory.ConnectionError,
        MidErrorKind.Authentication => ErrorCategory.AuthenticationError,
        MidErrorKind.IdentityNotFound => ErrorCategory.ObjectNotFound,
        MidErrorKind.Forbidden => ErrorCategory.PermissionDenied,
        MidErrorKind.NotFound => ErrorCategory.ObjectNotFound,
        MidErrorKind.Conflict => ErrorCategory.ResourceExists,
        MidErrorKind.Throttled => ErrorCategory.LimitsExceeded,
        MidErrorKind.Service => ErrorCategory.ResourceUnavailable,
        MidErrorKind.Transport => ErrorCategory.ConnectionError,
        MidErrorKind.Timeout => ErrorCategory.OperationTimeout,
        MidErrorKind.Protocol => ErrorCategory.InvalidResult,
        MidErrorKind.Cancelled => ErrorCategory.OperationStopped,
        MidErrorKind.Closed => ErrorCategory.InvalidOperation,
        MidErrorKind.AbiMismatch => ErrorCategory.NotInstalled,
        MidErrorKind.Internal => ErrorCategory.NotSpecified,
        _ => ErrorCategory.NotSpecified,
    };
}
