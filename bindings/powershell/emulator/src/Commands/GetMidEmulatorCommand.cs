using System.Management.Automation;

namespace Midentity.Emulator.Commands;

/// <summary>The emulators that this runspace has started and not stopped.</summary>
[Cmdlet(VerbsCommon.Get, "MidEmulator")]
[OutputType(typeof(MidEmulator))]
public sealed class GetMidEmulatorCommand : PSCmdlet
{
    /// <inheritdoc/>
    protected override void EndProcessing() => WriteObject(RunspaceEmulators.Current.List(), true);
}
