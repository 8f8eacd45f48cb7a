using System;

namespace Midentity.PowerShell;

/// <summary>A failure in midentity. Neither it nor its texts hold a token, a key or a header.</summary>
public sealed class MidentityException : Exception
{
    /// <summary>An error without any detail.</summary>
    public MidentityException()
        : this(MidErrorKind.Internal, "internal", "A fault inside midentity.")
    {
    }

    /// <summary>An error with a text only.</summary>
    /// <param name="message">What happened.</param>
    public MidentityException(string message)
        : this(MidErrorKind.Internal, "internal", message)
    {
    }

    /// <summary>An error with a text and what lay behind it.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">What lay behind it.</param>
    public MidentityException(string message, Exception innerException)
        : base(message, innerException)
    {
        Kind = MidErrorKind.Internal;
        Id = "internal";
    }

    internal MidentityException(MidErrorKind kind, string id, string message, string? hint = null)
        : base(message)
    {
        Kind = kind;
        Id = id;
        Hint = hint;
    }

    /// <summary>What kind of failure it is.</summary>
    public MidErrorKind Kind { get; }

    /// <summary>The stable id of the case, such as imds.unreachable; docs/errors.md has a heading for each.</summary>
    public string Id { get; }

    /// <summary>What to do about it.</summary>
    public string? Hint { get; }

    /// <summary>The HTTP status of the service's answer.</summary>
    public int? StatusCode { get; internal set; }

    /// <summary>The service's own code, such as AuthorizationFailed.</summary>
    public string? Code { get; internal set; }

    /// <summary>The service's id of the request.</summary>
    public string? RequestId { get; internal set; }

    /// <summary>The id that ties the service's logs of one call together.</summary>
    public string? CorrelationId { get; internal set; }

    /// <summary>How long the service asks to wait.</summary>
    public TimeSpan? RetryAfter { get; internal set; }

    /// <summary>How many requests were made.</summary>
    public int Attempts { get; internal set; }
}
