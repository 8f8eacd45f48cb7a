using System;
using System.Linq;
using System.Management.Automation;

namespace Midentity.PowerShell.Tests;

/// <summary>A runspace with both modules, whose cmdlets find the emulator's program by -Path.</summary>
internal static class EmulatorEngine
{
    internal static string Manifest => System.IO.Path.Combine(Engine.EmulatorModuleFolder, "Midentity.Emulator.psd1");

    internal static Engine New()
    {
        var engine = new Engine();
        engine.Run("Import-Module $path", ("path", Manifest));
        engine.Run("$start = @{ Path = $program; StateDir = $folder }", ("program", EmulatorProcess.Program), ("folder", Folder));
        return engine;
    }

    /// <summary>Keys are made once for all tests.</summary>
    private static string Folder { get; } = Made();

    internal static string Id(ErrorRecord error) => error.FullyQualifiedErrorId.Split(',')[0];

    internal static object? Property(this PSObject value, string name) => value.Properties[name]?.Value;

    internal static bool IsAlive(int process)
    {
        try
        {
            using var found = System.Diagnostics.Process.GetProcessById(process);
            return !found.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string Made()
    {
        var folder = System.IO.Directory.CreateTempSubdirectory("midentity").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => System.IO.Directory.Delete(folder, true);
        return folder;
    }
}
