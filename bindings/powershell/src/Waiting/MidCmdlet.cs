using System;
using System.Diagnostics;
using System.Management.Automation;
using System.Threading;
using Midentity.PowerShell.Waiting;

namespace Midentity.PowerShell.Commands;

/// <summary>
/// A cmdlet that waits: Ctrl-C and Stop() end the wait at once, and what other threads have to say is written on the
/// pipeline's thread.
/// </summary>
public abstract class MidCmdlet : PSCmdlet
{
    /// <summary>How long the thread waits before it looks up: far below what a person notices.</summary>
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(20);

    private IPendingWork? current;
    private int stopping;

    private protected MidCmdlet()
    {
    }

    /// <summary>Work that is done sooner shows no progress: the screen would only flicker.</summary>
    private protected virtual TimeSpan ProgressAfter => TimeSpan.FromSeconds(1);

    private protected MessageQueue Messages { get; } = new();

    /// <summary>Comes on another thread, while the pipeline's waits.</summary>
    protected override void StopProcessing()
    {
        Volatile.Write(ref stopping, 1);
        Volatile.Read(ref current)?.Cancel();
    }

    /// <summary>
    /// Waits until the work is done. Once the pipeline is stopped the work is cancelled and this throws.
    /// </summary>
    private protected void Await(IPendingWork work)
    {
        Volatile.Write(ref current, work);
        var shown = false;
        var time = Stopwatch.StartNew();
        try
        {
            // Stop() may have come before there was anything to cancel.
            ThrowIfStopped(work);
            while (!work.Wait(Slice))
            {
                ThrowIfStopped(work);
                Messages.Drain(this);
                if (time.Elapsed >= ProgressAfter && work.Progress() is { } progress)
                {
                    WriteProgress(Record(progress, ProgressRecordType.Processing));
                    shown = true;
                }
            }

            ThrowIfStopped(work);
        }
        finally
        {
            Volatile.Write(ref current, null);
        }

        Messages.Drain(this);
        if (shown)
        {
            WriteProgress(Record(new WorkProgress("midentity", "done", 100), ProgressRecordType.Completed));
        }
    }

    /// <summary>One item failed: it is said, and the rest of the pipeline goes on.</summary>
    private protected void WriteError(MidentityException error, object? target)
    {
        Messages.Drain(this);
        WriteError(error.ToRecord(target));
    }

    /// <summary>Nothing can go on.</summary>
    private protected void Throw(MidentityException error, object? target)
    {
        Messages.Drain(this);
        ThrowTerminatingError(error.ToRecord(target));
    }

    private static ProgressRecord Record(WorkProgress progress, ProgressRecordType type) =>
        new(0, progress.What, progress.Status.Length > 0 ? progress.Status : " ")
        {
            RecordType = type,
            PercentComplete = progress.Percent is >= 0 and <= 100 ? (int)progress.Percent : -1,
        };

    /// <summary>After a stop every Write… throws by itself: cancelling comes first.</summary>
    private void ThrowIfStopped(IPendingWork work)
    {
        if (Volatile.Read(ref stopping) != 0 || Stopping)
        {
            work.Cancel();
            throw new PipelineStoppedException();
        }
    }
}
