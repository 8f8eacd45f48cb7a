using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using Xunit;

namespace Midentity.PowerShell.Tests;

public sealed class RestTests : ArmFixture
{
    [Fact]
    public void A_resource_group_is_read_in_every_way()
    {
        Assert.Equal("rg1", Engine.One<string>("(Invoke-MidRestMethod -Path $r -ApiVersion 2021-04-01).name"));
        Assert.Equal("rg1", Engine.One<string>("(Invoke-MidRestMethod \"${r}?api-version=2021-04-01\").name"));
        Assert.Equal("rg1", Engine.One<string>("(Invoke-MidRestMethod -Uri \"$origin${r}?api-version=2021-04-01\").name", ("origin", Emulator.Cloud)));
        Assert.Contains("\"name\":\"rg1\"", Engine.One<string>("Invoke-MidRestMethod $r -ApiVersion 2021-04-01 -Raw"), StringComparison.Ordinal);
        Assert.Equal("rg1", Engine.One<MidResourceGroup>("Get-MidResourceGroup rg1").ResourceGroupName);
        Assert.Equal("rg1", Engine.One<MidResourceGroup>("Get-MidResourceGroup -Name rg* -SubscriptionId $subscription").ResourceGroupName);
        Assert.Equal(2, Engine.Run("Get-MidResourceGroup @a").Count);
        Assert.Equal("rg1", Engine.One<string>("(Get-MidResource -ResourceId $r).name"));
        Assert.Equal("rg1", Engine.One<string>("(Get-MidResourceGroup rg1 | Get-MidResource).name"));
        Assert.Equal("vm1", Engine.One<string>("(Get-MidResource -ResourceId $vm @a).name"));
    }

    [Fact]
    public void Resources_are_listed_and_narrowed()
    {
        Assert.Equal(2, Engine.Run("Get-MidResource rg1 @s @a").Count);
        Assert.Equal("vm1", Engine.One<string>("(Get-MidResource -ResourceGroupName rg1 -Type Microsoft.Compute/virtualMachines @s @a).name"));
        Assert.Equal("id1", Engine.One<string>("(Get-MidResource -Name id1 @s @a).name"));
        Assert.Equal(2, Engine.Run("Invoke-MidRestMethod \"/subscriptions/$subscription/resourceGroups\" -ApiVersion 2021-04-01 -Paginate @a").Count);
        var one = Engine.One<MidSubscription>("Get-MidSubscription");
        Assert.Equal((Subscription, "emulated"), (one.SubscriptionId, one.Name));
        Assert.Equal(Subscription, Engine.One<MidSubscription>("Get-MidSubscription $subscription @a").SubscriptionId);
        Assert.Equal(Subscription, Engine.One<MidSubscription>("Get-MidSubscription @a | Get-MidSubscription @a").SubscriptionId);
        Assert.Equal("arm.not_found", Id(Engine.Error("Get-MidSubscription 00000000-0000-4000-8000-00000000dead @a")));
    }

    [Fact]
    public void A_body_is_text_or_what_scripts_build()
    {
        const string Call = "Invoke-MidRestMethod \"/subscriptions/$subscription/resourceGroups/rg9\" -Method PUT -ApiVersion 2021-04-01 @a -Body";
        Assert.Equal("eastus", Engine.One<string>($"({Call} '{{\"location\": \"eastus\"}}').location"));
        Assert.Equal("ä", Engine.One<string>($"({Call} @{{ location = 'eastus'; tags = @{{ a = 'ä' }} }}).tags.a"));
        Assert.Equal("argument.option", Id(Engine.Error($"{Call} @{{ a = [Random]::new() }}")));
        Assert.Equal("argument.option", Id(Engine.Error($"{Call} '{{'")));
        Engine.Run("$gone = Invoke-MidRestMethod \"/subscriptions/$subscription/resourceGroups/rg9\" -Method DELETE -ApiVersion 2021-04-01 -Wait @a -Confirm:$false");
        Assert.Equal("arm.not_found", Id(Engine.Error("Get-MidResourceGroup rg9 @s @a")));
    }

    [Fact]
    public void A_machine_is_made_and_waited_for()
    {
        Engine.Run("$body = @{ location = 'eastus'; properties = @{ hardwareProfile = @{ vmSize = 'Standard_B1s' } } }");
        var made = Engine.Run("Invoke-MidRestMethod \"$r/providers/Microsoft.Compute/virtualMachines/vm9\" -Method PUT -Body $body -ApiVersion 2024-07-01 -Wait @a").Single();
        Assert.Equal("vm9", made.Properties["name"].Value);
        Assert.Equal("Succeeded", ((PSObject)made.Properties["properties"].Value).Properties["provisioningState"].Value);
    }

    [Fact]
    public void The_token_is_for_what_was_named()
    {
        const string Call = "(Invoke-MidRestMethod $r -ApiVersion 2021-04-01 -Resource $for).name";
        string Asked() => Emulator.TokenRequests()[^1]["query"]!["resource"]![0]!.ToString();
        Assert.Equal("rg1", Engine.One<string>(Call, ("for", "Arm")));
        Assert.Equal($"{Emulator.Cloud}/", Asked());
        // The same service under its other name: a token of its own.
        Assert.Equal("rg1", Engine.One<string>(Call, ("for", Emulator.Cloud)));
        Assert.Equal(Emulator.Cloud, Asked());
        Assert.Equal(2, Emulator.TokenRequests().Count);
        Assert.Equal("rg1", Engine.One<string>(Call));
        Assert.Equal(2, Emulator.TokenRequests().Count);
    }

    [Theory]
    [InlineData("Invoke-MidRestMethod $r -ApiVersion 2021-04-01 -Resource Graph", "argument.option")]
    [InlineData("Invoke-MidRestMethod $r -ApiVersion 2021-04-01 -Resource Grpah", "argument.scope")]
    [InlineData("Invoke-MidRestMethod $r -ApiVersion 2021-04-01 -Resource ''", "argument.option")]
    [InlineData("Invoke-MidRestMethod $r -ApiVersion 2021-04-01 -Resource https://management.azure.com/", "cloud.audience_refused")]
    [InlineData("Invoke-MidRestMethod $r -ApiVersion 2021-04-01 -Resource $origin -AccessToken $token", "argument.option")]
    public void A_resource_that_is_not_for_it_is_refused(string script, string id)
    {
        Engine.Set([("origin", Emulator.Cloud)]);
        Assert.Equal(id, Id(Engine.Error(script)));
        Assert.Empty(Emulator.Requests("arm"));
    }

    [Theory]
    [InlineData("Invoke-MidRestMethod subscriptions -ApiVersion 2022-12-01", "argument.path")]
    [InlineData("Invoke-MidRestMethod /subscriptions", "argument.option")]
    [InlineData("Invoke-MidRestMethod /a/../b -ApiVersion 1", "argument.path")]
    [InlineData("Invoke-MidRestMethod -Uri https://example.com/x -ApiVersion 1", "argument.path")]
    [InlineData("Invoke-MidRestMethod -Uri https://graph.microsoft.com/v1.0/me -ApiVersion 1", "argument.path")]
    [InlineData("Invoke-MidRestMethod -Uri /subscriptions -ApiVersion 1", "argument.path")]
    [InlineData("Invoke-MidRestMethod /subscriptions -ApiVersion 2022-12-01 -Paginate -Raw", "argument.option")]
    [InlineData("Invoke-MidRestMethod \"$r/providers/Microsoft.Compute/virtualMachines/none\" -ApiVersion 2024-07-01 @a", "arm.not_found")]
    public void What_can_t_be_sent_is_refused(string script, string id) => Assert.Equal(id, Id(Engine.Error(script)));

    [Theory]
    [InlineData("Get-MidSubscription -AccessToken $token -TokenSource AzureCli", "argument.option")]
    [InlineData("Get-MidSubscription -AccessToken $token -Identity $userClient", "argument.option")]
    [InlineData("Get-MidSubscription -TokenSource AzureCli -Identity $userClient", "argument.option")]
    [InlineData("Get-MidSubscription -CaFile nowhere.pem", "argument.ca_file")]
    [InlineData("Get-MidSubscription -Cloud AzureMars", "argument.cloud")]
    [InlineData("Get-MidSubscription -AccessToken abc", "arm.unauthorized")]
    public void Who_signs_in_is_said_once(string script, string id) => Assert.Equal(id, Id(Engine.Error(script)));

    [Fact]
    public void What_Get_AzAccessToken_returns_signs_in()
    {
        using var secret = Midentity.PowerShell.Tokens.SecretText.FromText(Token);
        var az = BindingTests.Made(("Token", secret), ("ExpiresOn", DateTimeOffset.UtcNow), ("TenantId", "t"), ("UserId", "u"), ("Type", "Bearer"));
        az.TypeNames.Insert(0, "Microsoft.Azure.Commands.Profile.Models.PSSecureAccessToken");
        Assert.NotEmpty(Engine.Run("Get-MidSubscription -AccessToken $az; Get-MidSubscription -AccessToken $az.Token; Get-MidSubscription -AccessToken (Get-MidToken Arm)", ("az", az)));
        Assert.StartsWith("ParameterArgumentTransformationError", Engine.Error("Get-MidSubscription -AccessToken ''").FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void The_Azure_CLI_s_login_signs_in()
    {
        var folder = Directory.CreateTempSubdirectory("midentity").FullName;
        var expires = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3600;
        var answer = $"{{\"accessToken\": \"{Token}\", \"expires_on\": {expires}, \"tokenType\": \"Bearer\"}}";
        if (OperatingSystem.IsWindows())
        {
            File.WriteAllText(Path.Combine(folder, "az.cmd"), $"@echo {answer}\r\n");
        }
        else
        {
            var az = Path.Combine(folder, "az");
            File.WriteAllText(az, $"#!/bin/sh\necho '{answer}'\n");
            File.SetUnixFileMode(az, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        var before = Environment.GetEnvironmentVariable("PATH");
        try
        {
            // As a script would: $env:PATH does not reach native code.
            Environment.SetEnvironmentVariable("PATH", $"{folder}{Path.PathSeparator}{before}");
            Assert.NotEmpty(Engine.Run("Get-MidSubscription -TokenSource AzureCli"));
            Assert.Equal("id1", Engine.One<MidUserIdentity>("Get-MidUserIdentity rg1 id1 -TokenSource AzureCli").Name);
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", before);
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void Settings_come_by_parameter_then_session_then_environment()
    {
        using var plain = new Engine();
        var names = new[] { MidSettings.CloudVariable, MidSettings.CaFileVariable, MidSettings.ImdsVariable };
        var before = names.ToDictionary(name => name, Environment.GetEnvironmentVariable);
        try
        {
            // As $env: sets them in a script.
            Environment.SetEnvironmentVariable(MidSettings.CloudVariable, Emulator.Cloud);
            Environment.SetEnvironmentVariable(MidSettings.CaFileVariable, Emulator.CaFile);
            Environment.SetEnvironmentVariable(MidSettings.ImdsVariable, Emulator.Imds);
            Assert.NotEmpty(plain.Run("Get-MidSubscription"));
            plain.Run("[Midentity.PowerShell.MidSession]::Current.ImdsEndpoint = 'nowhere'");
            Assert.Equal("argument.endpoint", Id(plain.Error("Get-MidToken Arm")));
            Assert.NotEmpty(plain.Run("Get-MidToken Arm -ImdsEndpoint $imds", ("imds", Emulator.Imds)));

            // Another runspace has its own.
            Assert.NotEmpty(Engine.Run("Get-MidToken Arm"));
            Assert.NotEmpty(plain.Run("Get-MidSubscription -Cloud $cloud -CaFile $ca -ImdsEndpoint $imds", ("cloud", Emulator.Cloud), ("ca", Emulator.CaFile)));
        }
        finally
        {
            foreach (var name in names)
            {
                Environment.SetEnvironmentVariable(name, before[name]);
            }
        }
    }

    [Fact]
    public void A_proxy_that_gets_metadata_requests_of_others_is_told_of_once()
    {
        var before = Environment.GetEnvironmentVariable("NO_PROXY");
        try
        {
            Environment.SetEnvironmentVariable("HTTPS_PROXY", "http://127.0.0.1:9");
            ProxyVariables.Forget();
            Assert.Null(ProxyVariables.Warning("http://127.0.0.1:8080"));
            Assert.Contains("NO_PROXY", ProxyVariables.Warning(MidSettings.DefaultImds), StringComparison.Ordinal);
            Assert.Null(ProxyVariables.Warning(MidSettings.DefaultImds));
            ProxyVariables.Forget();
            Environment.SetEnvironmentVariable("NO_PROXY", "localhost,169.254.169.254");
            Assert.Null(ProxyVariables.Warning(MidSettings.DefaultImds));
        }
        finally
        {
            Environment.SetEnvironmentVariable("HTTPS_PROXY", null);
            Environment.SetEnvironmentVariable("NO_PROXY", before);
        }
    }

    [Fact]
    public void Debug_has_the_answer_s_shape_and_hides_what_it_does_not_know()
    {
        Assert.Equal(
            "{\"id\":\"/x\",\"key\":\"(6 characters)\",\"n\":1,\"list\":[{\"value\":\"(1 characters)\",\"name\":\"y\"},\"(2 characters)\",null]}",
            Json.Redaction.Show("{\"id\":\"/x\",\"key\":\"secret\",\"n\":1,\"list\":[{\"value\":\"s\",\"name\":\"y\"},\"zz\",null]}"));
        // -Debug itself makes an engine with somebody before it ask after each line.
        using var shell = Engine.Shell();
        shell.AddScript("$DebugPreference = 'Continue'; Get-MidResourceGroup rg1 @a; $DebugPreference = 'SilentlyContinue'").Invoke();
        Assert.Empty(shell.Streams.Error);
        Assert.Contains("\"name\":\"rg1\"", string.Join('\n', shell.Streams.Debug), StringComparison.Ordinal);

        using var quiet = Engine.Shell();
        quiet.AddScript("Get-MidResourceGroup rg1 @a").Invoke();
        Assert.Empty(quiet.Streams.Debug);
    }

    [Fact]
    public void Verbose_has_one_line_for_each_attempt()
    {
        Emulator.Fault("""{"match": {"door": "arm"}, "times": 1, "status": 500, "body": {"error": {"code": "x", "message": "no"}}}""");
        var outcome = Engine.Try("Get-MidSubscription @a -Verbose");
        Assert.Empty(outcome.Errors);
        var attempts = outcome.Verbose.Where(line => line.StartsWith("asked Resource Manager", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, attempts.Count);
        Assert.Contains("attempt=1, method=GET, host=127.0.0.1, path=/subscriptions, status=500", attempts[0], StringComparison.Ordinal);
        Assert.Contains("attempt=2, method=GET, host=127.0.0.1, path=/subscriptions, status=200, milliseconds=", attempts[1], StringComparison.Ordinal);
        Assert.Contains("request_id=", attempts[1], StringComparison.Ordinal);
        var asked = Engine.Try("Get-MidToken Arm -NoCache -Verbose").Verbose;
        Assert.Single(asked, line => line.StartsWith("asked the metadata service (attempt=1, method=GET, host=127.0.0.1, status=200", StringComparison.Ordinal));
    }

    [Fact]
    public void The_machine_says_what_it_is()
    {
        var instance = Engine.One<MidInstance>("Get-MidInstance");
        Assert.Equal(("vm1", "rg1", Subscription, "eastus"), (instance.Name, instance.ResourceGroupName, instance.SubscriptionId, instance.Location));
        Assert.NotNull(instance.Network);
        Assert.Equal("eastus", Engine.One<string>("Get-MidInstance compute/location"));
        Assert.Equal("eastus", Engine.One<string>("(Get-MidInstance -Path /compute/).location"));
        Assert.StartsWith("{", Engine.One<string>("Get-MidInstance -Raw"), StringComparison.Ordinal);
        Assert.Equal("vm1", Engine.One<MidInstance>("Get-MidInstance -ApiVersion 2021-02-01").Name);
        Assert.Equal("imds.not_found", Id(Engine.Error("Get-MidInstance compute/nothing")));
    }

    [Fact]
    public void The_context_says_who_one_is()
    {
        var system = Engine.One<MidContext>("Get-MidContext");
        Assert.Equal((Subscription, "rg1", "vm1", "SystemAssigned", SystemPrincipal), (system.SubscriptionId, system.ResourceGroupName, system.VMName, system.IdentityType, system.PrincipalId));
        Assert.Equal(Emulator.Facts()["tenant_id"]!.ToString(), system.TenantId);
        var user = Engine.One<MidContext>("Get-MidContext -ClientId $userClient");
        Assert.Equal(("UserAssigned", UserPrincipal, UserClient), (user.IdentityType, user.PrincipalId, user.ClientId));
        Assert.Equal("imds.identity_not_found", Id(Engine.Error("Get-MidContext -ClientId 00000000-0000-4000-8000-00000000dead")));
    }

    [Fact]
    public void The_endpoint_is_tested_step_by_step()
    {
        List<MidDiagnostic> Look(string script) => [.. Engine.Run(script).Select(item => (MidDiagnostic)item.BaseObject)];
        var good = Look("Test-MidEndpoint -Detailed");
        Assert.Equal(["Source", "Proxy", "Reachability", "Identity", "Clock", "ResourceManager"], good.Select(item => item.Check));
        Assert.DoesNotContain(good, item => item.Status is MidDiagnosticStatus.Failed or MidDiagnosticStatus.Skipped);
        Assert.Contains("this session", good[0].Detail, StringComparison.Ordinal);
        var bad = Look("Test-MidEndpoint -Detailed -ImdsEndpoint http://127.0.0.1:9 -TimeoutSec 1");
        Assert.Equal(MidDiagnosticStatus.Failed, bad[2].Status);
        Assert.Contains("imds.unreachable", bad[2].Detail, StringComparison.Ordinal);
        Assert.NotEmpty(bad[2].Hint!);
        Assert.All(bad.Skip(3), item => Assert.Equal(MidDiagnosticStatus.Skipped, item.Status));
        Emulator.Reset();
        Emulator.Fault("""{"match": {"door": "imds", "path": "/metadata/identity"}, "status": 400, "body": {"error": "invalid_request", "error_description": "Identity not found"}}""");
        Assert.Equal(MidDiagnosticStatus.Failed, Look("Test-MidEndpoint").Single(item => item.Check == "Identity").Status);
    }
}
