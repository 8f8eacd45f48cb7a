using System.Linq;
using System.Management.Automation;

namespace Midentity.Emulator.Commands;

/// <summary>Ends an emulator; one that has ended already is as wanted.</summary>
[Cmdlet(VerbsLifecycle.Stop, "MidEmulator", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(void))]
public sealed class StopMidEmulatorCommand : PSCmdlet
{
    /// <summary>The emulator; else every one that this runspace has started.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    public MidEmulator? Emulator { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var own = RunspaceEmulators.Current;
        foreach (var emulator in Emulator == null ? own.List() : Enumerable.Repeat(Emulator, 1))
        {
            if (!ShouldProcess($"the emulator at {emulator} (process {emulator.ProcessId})", "Stop"))
            {
                continue;
            }

            own.Remove(emulator);
            if (!emulator.IsRunning)
            {
                WriteVerbose($"the emulator with process id {emulator.ProcessId} had ended");
            }
            else if (!emulator.Stop())
            {
                WriteWarning($"the emulator with process id {emulator.ProcessId} did not end when it was asked to, and was killed");
            }
        }
    }
}
