using System;
using System.Diagnostics;
using System.IO;

namespace Midentity.Emulator.Processes;

/// <summary>How an emulator is ended.</summary>
internal static class EmulatorEnd
{
    private const int Patience = 5000;

    /// <summary>
    /// By SIGTERM, on Windows by the end of its input, and by force where that does not help; whether it ended by itself.
    /// </summary>
    internal static bool Stop(Process process)
    {
        if (process.HasExited)
        {
            return true;
        }

        PosixCalls.AskToEnd(process.Id);
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has just ended.
        }

        if (process.WaitForExit(Patience))
        {
            return true;
        }

        Kill(process);
        return false;
    }

    internal static void Kill(Process process)
    {
        try
        {
            if (!process.HasExited)
            {
                process.Kill();
                process.WaitForExit(Patience);
            }
        }
        catch (Exception error) when (error is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It ended in between.
        }
    }
}
