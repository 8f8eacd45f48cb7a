using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Xunit;

namespace Midentity.PowerShell.Tests;

public sealed class ConcurrencyTests : ArmFixture
{
    [Fact]
    public void Fifty_runspaces_at_once_make_one_request()
    {
        Emulator.Fault("""{"match": {"door": "imds"}, "delay_ms": 300}""");
        var state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows())
        {
            state.ExecutionPolicy = Microsoft.PowerShell.ExecutionPolicy.Bypass;
        }

        state.ImportPSModule([Engine.Manifest]);
        using var pool = RunspaceFactory.CreateRunspacePool(state);
        pool.SetMaxRunspaces(50);
        pool.Open();
        var running = new List<(System.Management.Automation.PowerShell Shell, IAsyncResult Result)>();
        for (var i = 0; i < 50; i++)
        {
            var shell = System.Management.Automation.PowerShell.Create();
            shell.RunspacePool = pool;
            shell.AddScript("param($imds, $cloud) (Get-MidToken Arm -ImdsEndpoint $imds -Cloud $cloud -AsPlainText)").AddArgument(Emulator.Imds).AddArgument(Emulator.Cloud);
            running.Add((shell, shell.BeginInvoke()));
        }

        var tokens = running.Select(item => item.Shell.EndInvoke(item.Result).Single().ToString()).ToList();
        Assert.All(running, item => Assert.Empty(item.Shell.Streams.Error));
        running.ForEach(item => item.Shell.Dispose());
        Assert.Equal(50, tokens.Count);
        Assert.Single(tokens.Distinct());
        Assert.Single(Emulator.TokenRequests());
    }

    [Fact]
    public void Two_runspaces_go_to_two_places()
    {
        using var elsewhere = new EmulatorProcess();
        using var other = new Engine(elsewhere);
        var here = Engine.One<string>("(Get-MidToken Arm | ConvertFrom-MidToken).Issuer");
        var there = other.One<string>("(Get-MidToken Arm | ConvertFrom-MidToken).Issuer");
        Assert.NotEqual(here, there);
        Assert.Equal(here, Engine.One<string>("(Get-MidToken Arm | ConvertFrom-MidToken).Issuer"));
        Assert.Single(elsewhere.TokenRequests());
    }

    [Fact]
    public void Messages_go_to_the_runspace_whose_call_they_belong_to()
    {
        using var other = new Engine(Emulator);
        Emulator.Fault("""{"match": {"door": "imds", "path": "/metadata/identity"}, "times": 1, "status": 500, "body": {}}""");
        using var shell = Engine.Shell();
        shell.AddScript("Get-MidToken Arm -Verbose");
        var running = shell.BeginInvoke();
        var quiet = other.Try("1..20 | ForEach-Object { Get-MidInstance -Verbose }");
        shell.EndInvoke(running);
        Assert.Contains(shell.Streams.Verbose, record => record.Message.Contains("500", StringComparison.Ordinal));
        Assert.DoesNotContain(quiet.Verbose, line => line.Contains("500", StringComparison.Ordinal));
    }
}
