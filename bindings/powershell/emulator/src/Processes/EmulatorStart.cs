using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.Management.Automation;
using System.Text;

namespace Midentity.Emulator.Processes;

/// <summary>An emulator that was started and is not ready yet.</summary>
internal sealed class EmulatorStart : IDisposable
{
    private const string Ready = "ready";
    private const int Slice = 50;
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly Process process;
    private readonly BlockingCollection<string> lines = new();
    private readonly StringBuilder complaints = new();
    private readonly string program;
    private bool isHandedOver;

    internal EmulatorStart(string program, IEnumerable<string> arguments, string folder)
    {
        this.program = program;
        process = new Process
        {
            StartInfo = new ProcessStartInfo(program, CommandLine.Join(arguments))
            {
                UseShellExecute = false,
                CreateNoWindow = true,
                WorkingDirectory = folder,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        process.OutputDataReceived += (_, said) =>
        {
            if (said.Data == null)
            {
                lines.CompleteAdding();
            }
            else if (!lines.IsAddingCompleted)
            {
                lines.Add(said.Data);
            }
        };
        process.ErrorDataReceived += (_, said) =>
        {
            lock (complaints)
            {
                // What a long run logs is not kept.
                if (said.Data != null && complaints.Length < 4096)
                {
                    complaints.AppendLine(said.Data);
                }
            }
        };
        try
        {
            process.Start();
        }
        catch (Exception error) when (error is Win32Exception or InvalidOperationException)
        {
            process.Dispose();
            throw Failed($"{program} can't be started: {error.Message}");
        }

        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Reads what it prints until it is ready. Between two looks the caller may say something, or leave.</summary>
    internal Process Wait(TimeSpan limit, IDictionary<string, string> environment, Action<TimeSpan> meanwhile)
    {
        var elapsed = Stopwatch.StartNew();
        while (true)
        {
            meanwhile(elapsed.Elapsed);
            if (lines.TryTake(out var line, Slice))
            {
                if (line == Ready)
                {
                    isHandedOver = true;
                    return process;
                }

                var at = line.IndexOf('=');
                if (at > 0)
                {
                    environment[line.Substring(0, at)] = line.Substring(at + 1);
                }
            }
            else if (lines.IsCompleted)
            {
                throw Ended();
            }
            else if (elapsed.Elapsed >= limit)
            {
                throw new MidEmulatorException(
                    ErrorIds.Slow,
                    ErrorCategory.OperationTimeout,
                    $"the emulator {program} was not ready within {limit.TotalSeconds:0} s",
                    "look whether the program is the emulator, or allow more by -TimeoutSec");
            }
        }
    }

    public void Dispose()
    {
        if (isHandedOver)
        {
            return;
        }

        EmulatorEnd.Kill(process);
        process.Dispose();
    }

    private MidEmulatorException Ended()
    {
        if (!process.WaitForExit((int)LastWords.TotalMilliseconds))
        {
            return Failed($"{program} closed its output and was never ready");
        }

        // Without a limit it waits for the end of what is read as well.
        process.WaitForExit();
        string said;
        lock (complaints)
        {
            said = complaints.ToString().Trim();
        }

        var why = said.Length == 0 ? "it said nothing" : said;
        return Failed($"the emulator ended with exit code {process.ExitCode}: {why}");
    }

    private static MidEmulatorException Failed(string message) => new(
        ErrorIds.Failed,
        ErrorCategory.OpenError,
        message,
        "put right what the message says; midentity-emulator serve in a console shows the same");
}
