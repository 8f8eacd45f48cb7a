using System;

namespace Midentity.PowerShell;

/// <summary>
/// Why a call failed. Its texts hold no token, key or header. The stable id, such as imds.unreachable, is the first half of
/// the error record's FullyQualifiedErrorId; docs/errors.md has a heading for each.
/// </summary>
public sealed class MidentityException : Exception
{
    /// <summary>A failure with its kind, its stable id, what happened and what to do about it.</summary>
    public MidentityException(MidErrorKind kind, string id, string message, string? hint = null)
        : base(message)
    {
        Kind = kind;
        Id = id;
        Hint = hint;
    }

    /// <summary>What kind of failure it is.</summary>
    public MidErrorKind Kind { get; }

    /// <summary>The stable id, such as imds.unreachable.</summary>
    public string Id { get; }

    /// <summary>What to do about it; null where nothing is known.</summary>
    public string? Hint { get; }

    /// <summary>The HTTP status that the service answered with; null where it did not answer.</summary>
    public int? StatusCode { get; internal set; }

    /// <summary>The service's own code, such as AuthorizationFailed.</summary>
    public string? Code { get; internal set; }

    /// <summary>The service's id of the request, for its support.</summary>
    public string? RequestId { get; internal set; }

    /// <summary>The id that ties the service's logs of one call together.</summary>
    public string? CorrelationId { get; internal set; }

    /// <summary>How long the service wants to be left alone; null where it does not say.</summary>
    public TimeSpan? RetryAfter { get; internal set; }

    /// <summary>The source of tokens that failed, such as Imds; null where the failure is not a source's.</summary>
    public override string? Source { get; set; }

    /// <summary>How many requests were sent before the call gave up.</summary>
    public int Attempts { get; internal set; }

    internal static MidentityException Argument(string id, string message, string hint) =>
        new(MidErrorKind.InvalidArgument, id, message, hint);
}
