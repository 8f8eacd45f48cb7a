using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using Microsoft.PowerShell;
using Xunit;

namespace Midentity.PowerShell.Tests;

/// <summary>One runspace of the real engine with the module as it is laid out, and what it was given to show.</summary>
public sealed class Engine : IDisposable
{
    private readonly RecordingHost host = new();
    private readonly Runspace runspace;

    /// <summary>A runspace whose cmdlets ask an emulator, by its own session values.</summary>
    public Engine(EmulatorProcess emulator)
        : this()
    {
        Run(
            """
            $session = [Midentity.PowerShell.MidSession]::Current
            $session.Cloud = $cloud; $session.CaFile = $caFile; $session.ImdsEndpoint = $imds
            """,
            ("cloud", emulator.Cloud),
            ("caFile", emulator.CaFile),
            ("imds", emulator.Imds));
    }

    public Engine()
    {
        var state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows())
        {
            // The default policy there refuses the manifest and the format file.
            state.ExecutionPolicy = ExecutionPolicy.Bypass;
        }

        state.ImportPSModule([Manifest]);
        runspace = RunspaceFactory.CreateRunspace(host, state);
        runspace.Open();
    }

    public static string RepositoryRoot => Folder("RepositoryRoot");

    public static string ModuleFolder => Folder("ModuleFolder");

    public static string EmulatorModuleFolder => Folder("EmulatorModuleFolder");

    public static string Target => Folder("MidentityTarget");

    public static string Version => Metadata("MidentityVersion");

    public static string Manifest => System.IO.Path.Combine(ModuleFolder, "Midentity.psd1");

    /// <summary>Every line that the host was given.</summary>
    public IReadOnlyList<string> Lines => host.Lines;

    public void Dispose() => runspace.Dispose();

    public System.Management.Automation.PowerShell Shell()
    {
        var shell = System.Management.Automation.PowerShell.Create();
        shell.Runspace = runspace;
        return shell;
    }

    internal void Set((string Name, object? Value)[] variables)
    {
        foreach (var (name, value) in variables)
        {
            runspace.SessionStateProxy.SetVariable(name, value);
        }
    }

    /// <summary>The one thing that a script gives, which must write no error.</summary>
    internal T One<T>(string script, params (string Name, object? Value)[] variables) =>
        Assert.IsType<T>(Assert.Single(Run(script, variables)).BaseObject);

    /// <summary>The one error that a script ends with.</summary>
    internal ErrorRecord Error(string script, params (string Name, object? Value)[] variables) =>
        Assert.Single(Try(script, variables).Errors);

    /// <summary>Runs a script that must write no error.</summary>
    public IReadOnlyList<PSObject> Run(string script, params (string Name, object? Value)[] variables)
    {
        var outcome = Try(script, variables);
        Assert.Empty(outcome.Errors.Select(error => error.ToString()));
        return outcome.Output;
    }

    /// <summary>Runs a script; terminating errors are among the errors.</summary>
    public Outcome Try(string script, params (string Name, object? Value)[] variables)
    {
        Set(variables);
        using var shell = Shell();
        shell.AddScript(script);
        var output = new List<PSObject>();
        var errors = new List<ErrorRecord>();
        try
        {
            output.AddRange(shell.Invoke());
        }
        catch (RuntimeException error)
        {
            errors.Add(error.ErrorRecord);
        }

        errors.InsertRange(0, shell.Streams.Error);
        return new Outcome(
            output,
            errors,
            [.. shell.Streams.Warning.Select(record => record.Message)],
            [.. shell.Streams.Verbose.Select(record => record.Message)],
            [.. shell.Streams.Progress]);
    }

    /// <summary>What a person would see of the script's output.</summary>
    public string Show(string script, params (string Name, object? Value)[] variables)
    {
        var before = host.Lines.Count;
        Set(variables);
        using var shell = Shell();
        shell.AddScript(script).AddCommand("Out-Default");
        shell.Invoke();
        Assert.Empty(shell.Streams.Error);
        return string.Join('\n', host.Lines.Skip(before));
    }

    /// <summary>A folder as it was at the build. Under Wine that was on Linux, and is on the current drive.</summary>
    private static string Folder(string key) => System.IO.Path.GetFullPath(Metadata(key));

    private static string Metadata(string key) =>
        typeof(Engine).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == key).Value!;
}

/// <summary>What a script wrote to its streams.</summary>
public sealed record Outcome(
    IReadOnlyList<PSObject> Output,
    IReadOnlyList<ErrorRecord> Errors,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<string> Verbose,
    IReadOnlyList<ProgressRecord> Progress);
