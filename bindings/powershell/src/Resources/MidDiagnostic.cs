namespace Midentity.PowerShell;

/// <summary>How one check of Test-MidEndpoint came out.</summary>
public enum MidDiagnosticStatus
{
    /// <summary>As it should be.</summary>
    Passed = 0,

    /// <summary>It works, or may work, but not as it should.</summary>
    Warning = 1,

    /// <summary>It does not work.</summary>
    Failed = 2,

    /// <summary>Not looked at, because a check before it failed.</summary>
    Skipped = 3,
}

/// <summary>One check of Test-MidEndpoint.</summary>
public sealed class MidDiagnostic
{
    internal MidDiagnostic(string check, MidDiagnosticStatus status, string detail, string? hint, double milliseconds)
    {
        Check = check;
        Status = status;
        Detail = detail;
        Hint = hint;
        Milliseconds = milliseconds;
    }

    /// <summary>What was looked at.</summary>
    public string Check { get; }

    /// <summary>How it came out.</summary>
    public MidDiagnosticStatus Status { get; }

    /// <summary>What was found.</summary>
    public string Detail { get; }

    /// <summary>What to do about it; null where there is nothing to do.</summary>
    public string? Hint { get; }

    /// <summary>How long it took.</summary>
    public double Milliseconds { get; }
}
