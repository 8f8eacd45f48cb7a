using System;
using System.Runtime.InteropServices;

namespace Midentity.Emulator.Processes;

/// <summary>What .NET Standard can't do outside Windows.</summary>
internal static class PosixCalls
{
    private const int Terminate = 15;

    private static bool IsPosix => !RuntimeInformation.IsOSPlatform(OSPlatform.Windows);

    /// <summary>Asks a process to end; false where there is no such signal.</summary>
    internal static bool AskToEnd(int process) => IsPosix && kill(process, Terminate) == 0;

    /// <summary>Packages of PowerShell's galleries keep no permissions: their programs must be made ones.</summary>
    internal static void AllowToRun(string file)
    {
        if (IsPosix)
        {
            _ = chmod(file, Convert.ToUInt32("755", 8));
        }
    }

    [DllImport("libc", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int process, int signal);

    [DllImport("libc", ExactSpelling = true, CharSet = CharSet.Ansi, BestFitMapping = false)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int chmod([MarshalAs(UnmanagedType.LPStr)] string file, uint mode);
}
