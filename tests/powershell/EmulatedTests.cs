using System;
using System.Collections;
using System.Linq;
using System.Management.Automation;
using System.Net.Http;
using System.Text.Json;
using System.Threading.Tasks;
using Midentity.PowerShell.Native;
using Xunit;
using static Midentity.PowerShell.Tests.EmulatorEngine;

namespace Midentity.PowerShell.Tests;

/// <summary>Invoke-MidEmulated, Get-MidEmulatorRequest and Set-MidEmulatorFault.</summary>
public sealed class EmulatedTests : IDisposable
{
    /// <summary>With its folder: under Wine the engine finds no program on the search path.</summary>
    private static readonly string Shell = System.IO.Path.Combine(Environment.SystemDirectory, "cmd.exe");

    private readonly Engine engine = EmulatorEngine.New();

    public EmulatedTests()
    {
        NativeLoader.Load();
        NativeMethods.midentity_token_cache_clear();
    }

    public void Dispose() => engine.Dispose();

    private void Start() => engine.Run("$e = Start-MidEmulator @start");

    [Fact]
    public void Without_an_emulator_the_block_does_not_run()
    {
        Assert.Equal("emulator.not_running", Id(engine.Error("$ran = $false; Invoke-MidEmulated { $script:ran = $true }")));
        Assert.Equal(false, engine.Run("$ran").Single().BaseObject);
        Assert.Equal("emulator.not_running", Id(engine.Error("Set-MidEmulatorFault -Status 500")));
    }

    [Fact]
    public void Inside_the_block_cmdlets_go_to_the_emulator_and_afterwards_not()
    {
        Start();
        var token = engine.Run("Invoke-MidEmulated { (Get-MidToken Arm).Resource; [Midentity.PowerShell.MidSession]::Current.ImdsEndpoint }");
        Assert.Equal("Arm", token[0].ToString());
        Assert.Equal(engine.Run("$e.ImdsEndpoint").Single().ToString(), token[1].ToString());
        Assert.Empty(Session());
        Assert.Single(engine.Run("Get-MidEmulatorRequest Imds -Path *token* -Status 200 -Method get"));
        Assert.Null(Environment.GetEnvironmentVariable("MIDENTITY_CLOUD"));
    }

    [Fact]
    public void What_comes_after_it_in_the_pipeline_is_not_redirected()
    {
        Start();
        var seen = engine.Run("Invoke-MidEmulated { 1; 2 } | ForEach-Object { \"$_$([Midentity.PowerShell.MidSession]::Current.Cloud)\" }");
        Assert.Equal(["1", "2"], seen.Select(one => one.ToString()));
    }

    [Fact]
    public void A_block_that_fails_leaves_the_session_as_it_was_and_gives_what_it_gave()
    {
        Start();
        var outcome = engine.Try("Invoke-MidEmulated { 1; throw 'no' }");
        Assert.Contains("no", Assert.Single(outcome.Errors).ToString(), StringComparison.Ordinal);
        Assert.Empty(Session());
        Assert.Equal("1", engine.Run("try { Invoke-MidEmulated { 1; throw 'no' } } catch { }").Single().ToString());
        Assert.Empty(Session());
        outcome = engine.Try("Invoke-MidEmulated { Get-MidToken Nonsens -ErrorAction Continue; 2 }");
        Assert.NotEmpty(outcome.Errors);
        Assert.Empty(Session());
    }

    [Fact]
    public void A_stop_inside_the_block_leaves_the_session_as_it_was()
    {
        Start();
        engine.Run("Set-MidEmulatorFault Imds -Path /metadata/identity -Hang");
        var control = engine.Run("$e.ControlEndpoint").Single().ToString();
        var took = Waiting.Stop(engine, () => Control("requests?door=imds", control).ToString().Contains("/oauth2/token", StringComparison.Ordinal), "Invoke-MidEmulated { Get-MidToken Arm }");
        Assert.True(took < TimeSpan.FromSeconds(1), $"{took}");
        Assert.Empty(Session());
    }

    [Fact]
    public void Blocks_can_be_nested()
    {
        Start();
        engine.Run("$inner = Start-MidEmulator @start");
        var seen = engine.Run(
            """
            Invoke-MidEmulated -Emulator $e {
                [Midentity.PowerShell.MidSession]::Current.ImdsEndpoint
                $inner | Invoke-MidEmulated { [Midentity.PowerShell.MidSession]::Current.ImdsEndpoint }
                [Midentity.PowerShell.MidSession]::Current.ImdsEndpoint
            }
            $e.ImdsEndpoint; $inner.ImdsEndpoint
            """).Select(one => one.ToString()).ToList();
        Assert.Equal([seen[3], seen[4], seen[3]], seen.Take(3));
        Assert.NotEqual(seen[3], seen[4]);
    }

    [Fact]
    public async Task Two_runspaces_have_an_emulator_each()
    {
        using var other = EmulatorEngine.New();
        var both = new[] { engine, other }.Select(one => Task.Run(() => one.Run(
            """
            $e = Start-MidEmulator @start
            foreach ($i in 1..5) { Invoke-MidEmulated { $null = Get-MidToken Arm -NoCache; [Midentity.PowerShell.MidSession]::Current.ImdsEndpoint } }
            $e.ImdsEndpoint
            """).Select(line => line.ToString()).Distinct().Single()));
        var endpoints = await Task.WhenAll(both);
        Assert.NotEqual(endpoints[0], endpoints[1]);
        foreach (var one in new[] { engine, other })
        {
            Assert.Equal(5, one.Run("Get-MidEmulatorRequest Imds -Path */oauth2/token").Count);
        }
    }

    [Fact]
    public void A_program_gets_the_emulator_s_environment_and_this_process_keeps_its_own()
    {
        Start();
        // Any program that shows its environment will do.
        var (file, arguments) = OperatingSystem.IsWindows() ? (Shell, new[] { "/c", "set" }) : ("/usr/bin/env", []);
        Environment.SetEnvironmentVariable("IDENTITY_ENDPOINT", "http://127.0.0.1:1/");
        try
        {
            var lines = engine.Run(
                "Invoke-MidEmulated -FilePath $file -ArgumentList $arguments; \"LAST=$LASTEXITCODE\"",
                ("file", file),
                ("arguments", arguments)).Select(line => line.ToString()).ToList();
            Assert.Contains($"MIDENTITY_CLOUD={engine.Run("$e.Cloud").Single()}", lines);
            Assert.Contains($"AZURE_POD_IDENTITY_AUTHORITY_HOST={engine.Run("$e.ImdsEndpoint").Single()}", lines);
            Assert.DoesNotContain(lines, line => line!.StartsWith("IDENTITY_ENDPOINT=", StringComparison.Ordinal));
            Assert.Contains("LAST=0", lines);
        }
        finally
        {
            Environment.SetEnvironmentVariable("IDENTITY_ENDPOINT", null);
        }

        Assert.Null(Environment.GetEnvironmentVariable("MIDENTITY_CLOUD"));
    }

    [Fact]
    public void A_program_that_is_not_there_or_fails_is_an_error()
    {
        Start();
        var missing = engine.Error("Invoke-MidEmulated -FilePath no-such-program-anywhere");
        Assert.Equal(("emulator.command", ErrorCategory.ObjectNotFound), (Id(missing), missing.CategoryInfo.Category));
        var (file, arguments) = OperatingSystem.IsWindows() ? (Shell, new[] { "/c", "exit 3" }) : ("/bin/sh", ["-c", "exit 3"]);
        var failed = engine.Error(
            "Invoke-MidEmulated -FilePath $file -ArgumentList $arguments", ("file", file), ("arguments", arguments));
        Assert.Contains("exit code 3", failed.ErrorDetails.Message, StringComparison.Ordinal);
        Assert.Equal("3", engine.Run("$LASTEXITCODE").Single().ToString());
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("with space")]
    [InlineData("")]
    [InlineData("quote\"in")]
    [InlineData("end\\")]
    [InlineData("space end\\")]
    [InlineData("\\\"both\\\\\" x")]
    public void Arguments_arrive_as_they_were_given(string argument)
    {
        Start();
        using var part = ChildProgram.Shows();
        var command = OperatingSystem.IsWindows()
            ? "Invoke-MidEmulated -FilePath $file -ArgumentList $argument, 'last'"
            : "Invoke-MidEmulated -FilePath /bin/sh -ArgumentList '-c', 'printf \"[%s]\\n\" \"$@\"', 'x', $argument, 'last'";
        var lines = engine.Run(command, ("file", Environment.ProcessPath), ("argument", argument));
        Assert.Equal([$"[{argument}]", "[last]"], lines.Select(line => line.ToString()));
    }

    [Fact]
    public void Requests_are_objects_with_what_a_test_asks_for()
    {
        Start();
        engine.Run("Invoke-MidEmulated { $null = Get-MidToken Arm }");
        var request = engine.Run("Get-MidEmulatorRequest -Door Imds -Path */oauth2/token").Single();
        Assert.Equal(("imds", "GET", 200), (request.Property("Door"), request.Property("Method"), request.Property("Status")));
        Assert.Equal(engine.Run("$e.Cloud + '/'").Single().ToString(), ((Hashtable)request.Property("Query")!)["resource"]);
        Assert.Equal("true", ((Hashtable)request.Property("Headers")!)["metadata"]);
        Assert.Empty(engine.Run("Get-MidEmulatorRequest -After $n", ("n", request.Property("Number"))));
        Assert.Empty(engine.Run("Get-MidEmulatorRequest -Status 500; Get-MidEmulatorRequest -Method PUT; Get-MidEmulatorRequest Login"));
        Assert.Contains("/metadata/identity/oauth2/token", engine.Show("Get-MidEmulatorRequest Imds"), StringComparison.Ordinal);
        engine.Run("$e.ForgetRequests()");
        Assert.Empty(engine.Run("Get-MidEmulatorRequest"));
    }

    [Fact]
    public void A_fault_is_met_as_often_as_it_says()
    {
        Start();
        var id = (long)engine.Run("Set-MidEmulatorFault Imds -Path /metadata/identity -Status 429 -RetryAfterSec 0 -Times 1 -PassThru")
            .Single().BaseObject;
        engine.Run("Invoke-MidEmulated { $null = Get-MidToken Arm }");
        var met = engine.Run("Get-MidEmulatorRequest Imds -Path */oauth2/token");
        Assert.Equal([429, 200], met.Select(request => request.Property("Status")));
        Assert.Equal(id, met[0].Property("Fault"));
        Assert.Null(met[1].Property("Fault"));
    }

    [Theory]
    [InlineData("-Status 400 -Body @{ error = 'invalid_request'; error_description = 'Identity not found' }", "imds.no_identity")]
    [InlineData("-Status 200 -Body 'text' -ContentType text/plain", null)]
    [InlineData("-Body $null -Status 200", null)]
    [InlineData("-Omit access_token", null)]
    [InlineData("-Echo @{ resource = 'https://other.test/' }", null)]
    public void What_a_fault_does_is_given_by_typed_parameters(string fault, string? id)
    {
        Start();
        engine.Run($"Set-MidEmulatorFault Imds -Path /metadata/identity {fault}");
        var error = engine.Error("Invoke-MidEmulated { Get-MidToken Arm -TimeoutSec 5 }");
        if (id != null)
        {
            Assert.Equal(id, Id(error));
        }

        engine.Run("Set-MidEmulatorFault -Clear; Invoke-MidEmulated { $null = Get-MidToken Arm }");
    }

    [Fact]
    public void Contradictions_are_refused_by_the_emulator()
    {
        Start();
        var error = engine.Error("Set-MidEmulatorFault -Truncate 5 -Drop Before");
        Assert.Equal(("emulator.refused", ErrorCategory.InvalidArgument), (Id(error), error.CategoryInfo.Category));
    }

    [Fact]
    public void WhatIf_changes_nothing()
    {
        Start();
        engine.Run("Set-MidEmulatorFault Imds -Status 500 -WhatIf; Set-MidEmulatorFault -ClockOffset 1:00:00 -WhatIf");
        engine.Run("Invoke-MidEmulated { $null = Get-MidToken Arm }");
    }

    [Fact]
    public void Clock_and_pace_are_set()
    {
        Start();
        var script = "(Invoke-MidEmulated { Get-MidToken Arm -NoCache | ConvertFrom-MidToken }).ExpiresOn";
        var now = (DateTimeOffset)engine.Run(script).Single().BaseObject;
        var later = (DateTimeOffset)engine.Run("Set-MidEmulatorFault -ClockOffset 2.00:00:00; " + script).Single().BaseObject;
        Assert.InRange(later - now, TimeSpan.FromHours(47), TimeSpan.FromHours(49));
        engine.Run("Set-MidEmulatorFault -RoleDelay 0:0:2; Set-MidEmulatorFault -Burst 3 -PerSecond 0.5");
        var settings = Control("settings");
        Assert.Equal(2, settings.GetProperty("role_delay_seconds").GetDouble());
        Assert.Equal(0, settings.GetProperty("imds_delay_seconds").GetDouble());
        Assert.All(
            ["reads", "writes", "deletes"],
            kind => Assert.Equal("{\"burst\":3,\"per_second\":0.5}", settings.GetProperty("rate_limits").GetProperty(kind).GetRawText()));
    }

    /// <summary>Asks the control past the runspace, which may be busy.</summary>
    private JsonElement Control(string path, string? endpoint = null)
    {
        endpoint ??= engine.Run("$e.ControlEndpoint").Single().ToString();
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        client.DefaultRequestHeaders.Add("Midentity-Emulator", "true");
        var answer = client.GetStringAsync(new Uri($"{endpoint}/_emulator/{path}")).GetAwaiter().GetResult();
        return JsonDocument.Parse(answer).RootElement;
    }

    private string Session() =>
        engine.Run("$s = [Midentity.PowerShell.MidSession]::Current; \"$($s.Cloud)$($s.CaFile)$($s.ImdsEndpoint)\"").Single().ToString();
}
