using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using Xunit;
using static Midentity.PowerShell.Tests.EmulatorEngine;

namespace Midentity.PowerShell.Tests;

/// <summary>Start-, Get- and Stop-MidEmulator.</summary>
public sealed class EmulatorLifeTests : IDisposable
{
    private readonly Engine engine = EmulatorEngine.New();
    private readonly string folder = Directory.CreateTempSubdirectory("midentity").FullName;

    public void Dispose()
    {
        engine.Dispose();
        Directory.Delete(folder, true);
    }

    [Fact]
    public void A_program_that_is_not_there_is_one_clear_error()
    {
        var missing = Path.Combine(folder, "none");
        var error = engine.Error("Start-MidEmulator -Path $path", ("path", missing));
        Assert.Equal("emulator.missing,Midentity.Emulator.Commands.StartMidEmulatorCommand", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.Contains(missing, error.ErrorDetails.Message, StringComparison.Ordinal);
        Assert.Contains("-Path", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void The_variable_s_program_is_the_only_one_that_is_tried()
    {
        var before = Environment.GetEnvironmentVariable("MIDENTITY_EMULATOR_BIN");
        try
        {
            Environment.SetEnvironmentVariable("MIDENTITY_EMULATOR_BIN", Path.Combine(folder, "none"));
            var error = engine.Error("Start-MidEmulator");
            Assert.Equal("emulator.missing", Id(error));
            Assert.Contains("MIDENTITY_EMULATOR_BIN", error.ErrorDetails.Message, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("MIDENTITY_EMULATOR_BIN", before);
        }
    }

    [Fact]
    public void The_search_path_comes_last()
    {
        var (variable, path) = (Environment.GetEnvironmentVariable("MIDENTITY_EMULATOR_BIN"), Environment.GetEnvironmentVariable("PATH"));
        var program = Path.GetFullPath(EmulatorProcess.Program);
        try
        {
            Environment.SetEnvironmentVariable("MIDENTITY_EMULATOR_BIN", null);
            Environment.SetEnvironmentVariable("PATH", folder);
            Assert.Equal("emulator.missing", Id(engine.Error("Start-MidEmulator")));
            Environment.SetEnvironmentVariable("PATH", $"{folder}{Path.PathSeparator}{Path.GetDirectoryName(program)}");
            var found = engine.Run("Start-MidEmulator -StateDir $start.StateDir | ForEach-Object Program").Single().ToString();
            Assert.Equal(program, Path.GetFullPath(found!));
        }
        finally
        {
            Environment.SetEnvironmentVariable("MIDENTITY_EMULATOR_BIN", variable);
            Environment.SetEnvironmentVariable("PATH", path);
        }
    }

    [Fact]
    public void A_file_that_is_no_program_can_t_be_started()
    {
        var file = Path.Combine(folder, "text");
        File.WriteAllText(file, "text");
        Assert.Equal("emulator.failed", Id(engine.Error("Start-MidEmulator -Path $path", ("path", file))));
    }

    [Fact]
    public void A_program_that_dies_says_why()
    {
        // It knows none of the arguments.
        var error = engine.Error("Start-MidEmulator -Path $path", ("path", Environment.ProcessPath));
        Assert.Equal("emulator.failed", Id(error));
        Assert.Contains("exit code", error.ErrorDetails.Message, StringComparison.Ordinal);
        Assert.Empty(engine.Run("Get-MidEmulator"));
    }

    [Fact]
    public void A_wrong_state_file_is_named_with_its_line()
    {
        var file = Path.Combine(folder, "state with spaces.yaml");
        File.WriteAllText(file, "schema: 1\ntenants:\n  - nmae: contoso\n");
        var error = engine.Error("Start-MidEmulator $file @start", ("file", file));
        Assert.Equal("emulator.failed", Id(error));
        Assert.Contains("exit code 2", error.ErrorDetails.Message, StringComparison.Ordinal);
        Assert.Contains("state with spaces.yaml:3", error.ErrorDetails.Message, StringComparison.Ordinal);
        Assert.Contains("nmae", error.ErrorDetails.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_that_is_taken_is_said()
    {
        engine.Run("$first = Start-MidEmulator @start; $port = ([uri]$first.ImdsEndpoint).Port");
        var error = engine.Error("Start-MidEmulator @start -Port $port");
        Assert.Equal("emulator.failed", Id(error));
        Assert.Contains("cannot listen", error.ErrorDetails.Message, StringComparison.Ordinal);
        Assert.Single(engine.Run("Get-MidEmulator"));
    }

    [Fact]
    public void A_start_can_be_stopped()
    {
        // A program that never is ready.
        var started = Path.Combine(folder, "waits.pid");
        using var part = ChildProgram.Waits(started);
        var program = Environment.ProcessPath!;
        if (!OperatingSystem.IsWindows())
        {
            program = Path.Combine(folder, "waits");
            File.WriteAllText(program, "#!/bin/sh\necho started > \"$0.pid\"\nexec sleep 60\n");
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var took = Waiting.Stop(engine, () => File.Exists(started), "Start-MidEmulator -Path $path", ("path", program));
        Assert.True(took < TimeSpan.FromSeconds(5), $"{took}");
        var error = engine.Error("Start-MidEmulator -Path $path -TimeoutSec 1", ("path", program));
        Assert.Equal(("emulator.timeout", ErrorCategory.OperationTimeout), (Id(error), error.CategoryInfo.Category));
    }

    [Fact]
    public void What_is_started_runs_until_it_is_stopped_and_may_be_stopped_twice()
    {
        var emulator = engine.Run("$e = Start-MidEmulator @start; $e").Single();
        var process = (int)emulator.Property("ProcessId")!;
        Assert.True(IsAlive(process));
        Assert.StartsWith("http://127.0.0.1:", emulator.Property("ImdsEndpoint") as string, StringComparison.Ordinal);
        Assert.StartsWith("https://", emulator.Property("Cloud") as string, StringComparison.Ordinal);
        Assert.True(File.Exists(emulator.Property("CaFile") as string));
        Assert.Equal(process, (int)engine.Run("Get-MidEmulator").Single().Property("ProcessId")!);
        Assert.Contains("IsRunning", engine.Show("Get-MidEmulator"), StringComparison.Ordinal);

        var stopped = engine.Try("$e | Stop-MidEmulator");
        Assert.Empty(stopped.Errors);
        Assert.Empty(stopped.Warnings);
        Assert.False(IsAlive(process));
        Assert.Empty(engine.Run("Get-MidEmulator"));
        engine.Run("$e | Stop-MidEmulator; Stop-MidEmulator");
        Assert.Equal("emulator.not_running", Id(engine.Error("Get-MidEmulatorRequest")));
        Assert.Equal("emulator.not_running", Id(engine.Error("$e | Get-MidEmulatorRequest")));
    }

    [Fact]
    public void Nothing_happens_with_WhatIf()
    {
        engine.Run("Start-MidEmulator @start -WhatIf");
        Assert.Empty(engine.Run("Get-MidEmulator"));
        engine.Run("Start-MidEmulator @start; Stop-MidEmulator -WhatIf");
        Assert.Equal(true, engine.Run("Get-MidEmulator").Single().Property("IsRunning"));
    }

    [Fact]
    public void The_machine_that_the_port_speaks_for_can_be_chosen()
    {
        var facts = engine.Run("(Start-MidEmulator @start -VMName vm1).GetFacts()").Single();
        Assert.EndsWith("/vm1", (string)facts.Property("vm_resource_id")!, StringComparison.Ordinal);
        Assert.Equal("emulator.failed", Id(engine.Error("Start-MidEmulator @start -VMName none")));
    }

    [Fact]
    public void It_ends_with_its_runspace_and_with_its_module()
    {
        var other = EmulatorEngine.New();
        var process = (int)other.Run("(Start-MidEmulator @start).ProcessId").Single().BaseObject;
        Assert.Empty(engine.Run("Get-MidEmulator"));
        other.Dispose();
        Assert.False(IsAlive(process));

        var own = (int)engine.Run("(Start-MidEmulator @start).ProcessId").Single().BaseObject;
        engine.Run("Remove-Module Midentity.Emulator");
        Assert.False(IsAlive(own));
    }
}
