using System;
using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.Management.Automation;
using System.Threading;

namespace Midentity.Emulator.Processes;

/// <summary>A program in whose environment the emulator stands for Azure.</summary>
internal sealed class EmulatedProgram : IDisposable
{
    /// <summary>What would name another source of tokens, and go before the emulator.</summary>
    private static readonly string[] Others =
    [
        "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_TENANT_ID", "AZURE_TOKEN_CREDENTIALS",
        "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IDENTITY_SERVER_THUMBPRINT", "IMDS_ENDPOINT", "MSI_ENDPOINT", "MSI_SECRET",
    ];

    private readonly Process process;
    private readonly BlockingCollection<(string Line, bool IsError)> lines = new();
    private int open = 2;

    internal EmulatedProgram(string file, IEnumerable<string> arguments, string folder, IDictionary environment)
    {
        process = new Process
        {
            StartInfo = new ProcessStartInfo(file, CommandLine.Join(arguments))
            {
                UseShellExecute = false,
                CreateNoWindow = true,
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        var variables = process.StartInfo.Environment;
        foreach (var name in Others)
        {
            variables.Remove(name);
        }

        foreach (DictionaryEntry variable in environment)
        {
            variables[(string)variable.Key] = (string?)variable.Value;
        }

        process.OutputDataReceived += (_, said) => Take(said.Data, false);
        process.ErrorDataReceived += (_, said) => Take(said.Data, true);
        try
        {
            process.Start();
        }
        catch (Win32Exception error)
        {
            process.Dispose();
            throw new MidEmulatorException(
                ErrorIds.Command, ErrorCategory.OpenError, $"{file} can't be started: {error.Message}", "see whether it is a program");
        }

        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>What it writes, until it has closed both of its outputs.</summary>
    internal IEnumerable<(string Line, bool IsError)> Lines() => lines.GetConsumingEnumerable();

    internal int ExitCode()
    {
        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>Ends it, and so the enumeration of what it writes.</summary>
    internal void Stop()
    {
        EmulatorEnd.Kill(process);
        lines.CompleteAdding();
    }

    public void Dispose()
    {
        EmulatorEnd.Kill(process);
        process.Dispose();
    }

    private void Take(string? line, bool isError)
    {
        try
        {
            if (line != null)
            {
                lines.Add((line, isError));
            }
            else if (Interlocked.Decrement(ref open) == 0)
            {
                lines.CompleteAdding();
            }
        }
        catch (InvalidOperationException)
        {
            // It was stopped: nobody reads on.
        }
    }
}
