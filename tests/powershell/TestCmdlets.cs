using System;
using System.Management.Automation;
using System.Threading;
using Midentity.PowerShell.Commands;
using Midentity.PowerShell.Waiting;

namespace Midentity.PowerShell.Tests;

/// <summary>Gives back the identity that it was given.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Identity")]
public sealed class TestIdentityCommand : PSCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [MidIdentityTransformation]
    public MidIdentity? Identity { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(ResourceNameCompleter))]
    public string? Resource { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(RoleNameCompleter))]
    public string? Role { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(SourceCompleter))]
    public string? Source { get; set; }

    protected override void ProcessRecord() => WriteObject(Identity?.ToString() ?? "none");
}

/// <summary>Waits for the work that it is given, or throws or writes the error.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Wait")]
public sealed class TestWaitCommand : MidCmdlet
{
    [Parameter(Position = 0, ValueFromPipeline = true)]
    public object? Item { get; set; }

    [Parameter]
    public SwitchParameter Terminating { get; set; }

    private protected override TimeSpan ProgressAfter => TimeSpan.Zero;

    protected override void ProcessRecord()
    {
        switch (Item is PSObject wrapped ? wrapped.BaseObject : Item)
        {
            case TestWork work:
                work.Messages = Messages;
                Await(work);
                WriteObject("done");
                break;
            case MidentityException error when Terminating:
                Throw(error, "target");
                break;
            case MidentityException error:
                WriteError(error, "target");
                break;
            default:
                WriteObject(Item);
                break;
        }
    }
}

/// <summary>Work that ends when the test says so.</summary>
internal sealed class TestWork : IPendingWork, IDisposable
{
    private readonly ManualResetEventSlim done = new();

    /// <summary>Set when the cmdlet waits.</summary>
    internal ManualResetEventSlim Waiting { get; } = new();

    internal MessageQueue? Messages { get; set; }

    internal int Cancelled { get; private set; }

    internal WorkProgress? Report { get; set; }

    /// <summary>What happens while the cmdlet waits, on its thread.</summary>
    internal Action<int>? OnWait { get; set; }

    private int Waits { get; set; }

    public bool Wait(TimeSpan slice)
    {
        Waiting.Set();
        OnWait?.Invoke(++Waits);
        return done.Wait(slice);
    }

    public void Cancel() => Cancelled++;

    public WorkProgress? Progress() => Report;

    public void Dispose()
    {
        done.Dispose();
        Waiting.Dispose();
    }

    internal void Finish() => done.Set();
}
