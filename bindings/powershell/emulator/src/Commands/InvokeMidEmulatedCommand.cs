using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Management.Automation;
using Midentity.Emulator.Processes;

namespace Midentity.Emulator.Commands;

/// <summary>
/// Runs a script block in which this runspace's Midentity cmdlets go to an emulator, or a program with the emulator's
/// environment.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "MidEmulated", DefaultParameterSetName = BlockSet)]
[OutputType(typeof(PSObject), typeof(string))]
public sealed class InvokeMidEmulatedCommand : EmulatorCmdlet
{
    private const string BlockSet = "ScriptBlock";
    private const string ProgramSet = "FilePath";

    /// <summary>Keeps what the block gives as it comes, also where the block then fails.</summary>
    private static readonly ScriptBlock Collecting = ScriptBlock.Create(
        "param($block, $found) & $block | Microsoft.PowerShell.Core\\ForEach-Object { $found.Add($_) }");

    private volatile EmulatedProgram? running;

    /// <summary>What to run.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = BlockSet)]
    public ScriptBlock ScriptBlock { get; set; } = ScriptBlock.Create(string.Empty);

    /// <summary>The program to start.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ProgramSet)]
    [ValidateNotNullOrEmpty]
    public string FilePath { get; set; } = string.Empty;

    /// <summary>The program's arguments, each as it is to arrive.</summary>
    [Parameter(ParameterSetName = ProgramSet)]
    [AllowEmptyString]
    public string[] ArgumentList { get; set; } = [];

    /// <inheritdoc/>
    protected override void StopProcessing() => running?.Stop();

    /// <inheritdoc/>
    protected override void ProcessRecord() => OrThrow(ParameterSetName == BlockSet ? Emulator : FilePath, () =>
    {
        var emulator = Chosen;
        emulator.Control();
        if (ParameterSetName == BlockSet)
        {
            RunBlock(emulator);
        }
        else
        {
            RunProgram(emulator);
        }
    });

    /// <summary>
    /// What the block gives is written when the session is as it was: else the cmdlets that come after this one in a pipeline
    /// would go to the emulator as well.
    /// </summary>
    private void RunBlock(MidEmulator emulator)
    {
        var found = new List<object?>();
        try
        {
            using (SessionRedirection.To(emulator, ImportMidentity))
            {
                InvokeCommand.InvokeScript(true, Collecting, null, ScriptBlock, found);
            }
        }
        catch (PipelineStoppedException)
        {
            throw;
        }
        catch (RuntimeException)
        {
            WriteObject(found, true);
            throw;
        }

        WriteObject(found, true);
    }

    /// <summary>As the engine does for a cmdlet of a module that is not imported yet.</summary>
    private void ImportMidentity() => InvokeCommand.InvokeScript(
        "Microsoft.PowerShell.Core\\Import-Module Midentity -ErrorAction Ignore -Global");

    private void RunProgram(MidEmulator emulator)
    {
        var command = InvokeCommand.GetCommand(FilePath, CommandTypes.Application) as ApplicationInfo
            ?? throw new MidEmulatorException(
                ErrorIds.Command, ErrorCategory.ObjectNotFound, $"there is no program {FilePath}", "give its full path");
        var folder = SessionState.Path.CurrentFileSystemLocation.ProviderPath;
        using var program = new EmulatedProgram(command.Path, ArgumentList, folder, emulator.Environment);
        running = program;
        foreach (var (line, isError) in program.Lines())
        {
            if (isError)
            {
                Host.UI.WriteErrorLine(line);
            }
            else
            {
                WriteObject(line);
            }
        }

        running = null;
        var code = program.ExitCode();
        SessionState.PSVariable.Set("global:LASTEXITCODE", code);
        if (code != 0)
        {
            WriteError(new MidEmulatorException(
                ErrorIds.Command,
                ErrorCategory.FromStdErr,
                $"{FilePath} ended with exit code {code.ToString(CultureInfo.InvariantCulture)}",
                "see what it wrote").ToRecord(FilePath));
        }
    }
}
