using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;

namespace Midentity.Emulator;

/// <summary>The emulators that one runspace has started: they end with it.</summary>
internal sealed class RunspaceEmulators
{
    private static readonly ConditionalWeakTable<Runspace, RunspaceEmulators> All = new();

    private readonly List<MidEmulator> emulators = new();

    /// <summary>Those of the runspace that runs this.</summary>
    internal static RunspaceEmulators Current => Runspace.DefaultRunspace is { } runspace
        ? All.GetValue(runspace, Watched)
        : new RunspaceEmulators();

    /// <summary>Those that were not stopped by a cmdlet, newest last.</summary>
    internal IReadOnlyList<MidEmulator> List()
    {
        lock (emulators)
        {
            return emulators.ToList();
        }
    }

    internal void Add(MidEmulator emulator)
    {
        lock (emulators)
        {
            emulators.Add(emulator);
        }
    }

    internal void Remove(MidEmulator emulator)
    {
        lock (emulators)
        {
            emulators.Remove(emulator);
        }
    }

    /// <summary>The one that was named, else the newest that runs.</summary>
    internal MidEmulator Choose(MidEmulator? named) => named ?? List().LastOrDefault(emulator => emulator.IsRunning)
        ?? throw new MidEmulatorException(
            ErrorIds.NotRunning,
            ErrorCategory.ObjectNotFound,
            "no emulator runs in this runspace",
            "Start-MidEmulator starts one; one of another runspace can be given by -Emulator");

    internal void StopAll()
    {
        foreach (var emulator in List())
        {
            Remove(emulator);
            emulator.Stop();
        }
    }

    private static RunspaceEmulators Watched(Runspace runspace)
    {
        var own = new RunspaceEmulators();
        runspace.StateChanged += (_, change) =>
        {
            if (change.RunspaceStateInfo.State is RunspaceState.Closed or RunspaceState.Broken)
            {
                own.StopAll();
            }
        };
        return own;
    }
}
