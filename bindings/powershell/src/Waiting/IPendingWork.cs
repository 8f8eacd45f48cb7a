using System;

namespace Midentity.PowerShell.Waiting;

/// <summary>Work that goes on elsewhere and that a cmdlet waits for.</summary>
internal interface IPendingWork
{
    /// <summary>Waits for at most so long; true once the work is done, well or badly.</summary>
    bool Wait(TimeSpan slice);

    /// <summary>Ends the work soon. It may be called from any thread, and more than once.</summary>
    void Cancel();

    /// <summary>How far it is; null where it does not say.</summary>
    WorkProgress? Progress();
}

/// <summary>How far some work is.</summary>
internal sealed class WorkProgress(string what, string status, double percent)
{
    /// <summary>What is being done.</summary>
    internal string What { get; } = what;

    /// <summary>The service's word for its state.</summary>
    internal string Status { get; } = status;

    /// <summary>Percent that are done; negative where that is not known.</summary>
    internal double Percent { get; } = percent;
}
