using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Runtime.InteropServices;

namespace Midentity.Emulator.Processes;

/// <summary>Where the emulator's program is.</summary>
internal static class EmulatorProgram
{
    internal const string Variable = "MIDENTITY_EMULATOR_BIN";

    private static readonly bool IsWindows = RuntimeInformation.IsOSPlatform(OSPlatform.Windows);
    private static readonly string FileName = IsWindows ? "midentity-emulator.exe" : "midentity-emulator";

    /// <summary>
    /// The file that was given, else the one that the variable names, else the one of the module's package, else the first
    /// on the search path. One that is named and is not there is an error: another would surprise.
    /// </summary>
    internal static string Find(string? given)
    {
        if (given != null)
        {
            return File.Exists(given) ? given : throw Missing($"there is no emulator at {given}");
        }

        var named = Environment.GetEnvironmentVariable(Variable);
        if (!string.IsNullOrEmpty(named))
        {
            return File.Exists(named) ? named : throw Missing($"there is no emulator at {named}, which {Variable} names");
        }

        var packaged = Packaged();
        if (File.Exists(packaged))
        {
            PosixCalls.AllowToRun(packaged);
            return packaged;
        }

        return OnPath().FirstOrDefault(File.Exists)
            ?? throw Missing($"the program {FileName} is neither in {Path.GetDirectoryName(packaged)} nor on the search path");
    }

    private static string Packaged()
    {
        var system = IsWindows ? "win" : RuntimeInformation.IsOSPlatform(OSPlatform.OSX) ? "osx" : "linux";
        var processor = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
        var module = Path.GetDirectoryName(typeof(EmulatorProgram).Assembly.Location)!;
        return Path.Combine(module, $"{system}-{processor}", FileName);
    }

    private static IEnumerable<string> OnPath() =>
        from folder in (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator)
        where Path.IsPathRooted(folder) && folder.IndexOfAny(Path.GetInvalidPathChars()) < 0
        select Path.Combine(folder, FileName);

    private static MidEmulatorException Missing(string message) => new(
        ErrorIds.Missing,
        ErrorCategory.ObjectNotFound,
        message,
        $"give its file by -Path or the variable {Variable}, put it on the search path (cargo install midentity-emulator, "
        + "pip install midentity-emulator), or install the module from its package, which holds it");
}
