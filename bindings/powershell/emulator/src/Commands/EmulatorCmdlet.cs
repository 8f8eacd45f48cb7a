using System;
using System.Management.Automation;

namespace Midentity.Emulator.Commands;

/// <summary>A cmdlet that works on a running emulator.</summary>
public abstract class EmulatorCmdlet : PSCmdlet
{
    private protected EmulatorCmdlet()
    {
    }

    /// <summary>The emulator; else the newest that this runspace has started.</summary>
    [Parameter(ValueFromPipeline = true)]
    public MidEmulator? Emulator { get; set; }

    private protected MidEmulator Chosen => RunspaceEmulators.Current.Choose(Emulator);

    /// <summary>Runs the cmdlet's work; its failure ends the cmdlet.</summary>
    private protected void OrThrow(object? target, Action work)
    {
        try
        {
            work();
        }
        catch (MidEmulatorException error)
        {
            ThrowTerminatingError(error.ToRecord(target));
        }
    }
}
