using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Net.Http;
using Xunit;

namespace Midentity.PowerShell.Tests;

/// <summary>The tutorials run as they stand, as the administrator and as the machine.</summary>
public sealed class TutorialTests : ArmFixture
{
    private const string Place = "-SubscriptionId $subscription -ResourceGroupName rg1";

    public static TheoryData<int> Numbers => [1, 2, 3, 4, 5];

    [Fact]
    public void Tutorial_1_says_who_the_step_is()
    {
        var said = Said(1, "-ClientId $userClient");
        Assert.Contains($"identity: UserAssigned {UserPrincipal}", said);
        Assert.Contains("machine: vm1 in rg1", said);
        Assert.Contains("can see: rg1", said);
        Assert.Contains($"identity: SystemAssigned {SystemPrincipal}", Said(1, string.Empty));
    }

    [Fact]
    public void Tutorial_2_makes_a_machine_with_a_role()
    {
        Engine.Run("$body = @{ location = 'eastus'; properties = @{ hardwareProfile = @{ vmSize = 'Standard_B1s' } } }");
        var said = Said(2, $"{Place} -VMName vm9 -IdentityName id9 -Machine $body -AccessToken $token");
        Assert.Equal(["made: vm9", "enabled: SystemAssigned"], said.Take(2));
        Assert.StartsWith("made: id9 in eastus, client id ", said[2], StringComparison.Ordinal);
        Assert.Equal("assigned: SystemAssigned, UserAssigned", said[3]);
        Assert.Equal("Contributor", Engine.One<string>("(Get-MidVMIdentity rg1 vm9 @s @a | Get-MidRoleAssignment -Scope $r @a).RoleDefinitionName"));
        Assert.Equal("enabled: SystemAssigned, UserAssigned", Said(2, $"{Place} -VMName vm1 -IdentityName id9 -AccessToken $token")[0]);
    }

    [Fact]
    public void Tutorial_3_changes_one_identity_after_the_other() => Assert.Equal(
        [
            "enabled: SystemAssigned, UserAssigned id1",
            $"principal: {SystemPrincipal}",
            "assigned: SystemAssigned, UserAssigned id1 one",
            "assigned: SystemAssigned, UserAssigned id1 one two",
            "removed: SystemAssigned, UserAssigned id1 two",
            "disabled: UserAssigned id1 two",
            "enabled: SystemAssigned, UserAssigned id1 two",
            "user-assigned ones removed: SystemAssigned",
            "all removed: None",
        ],
        Said(3, $"{Place} -VMName vm1 -First one -Second two -AccessToken $token"));

    [Fact]
    public void Tutorial_4_reads_the_group_once_it_may()
    {
        Engine.Run("Get-MidRoleAssignment $r -PrincipalId $systemPrincipal @a | Remove-MidRoleAssignment @a -Confirm:$false");
        Assert.Equal("arm.forbidden", Id(Engine.Try(Call(4, string.Empty)).Errors[^1]));
        Assert.Equal([$"{SystemPrincipal} has the role Reader at /subscriptions/{Subscription}/resourceGroups/rg1"], Said(4, $"-Grant {Place} -VMName vm1 -AccessToken $token"));
        Assert.Equal(["rg1 in eastus: Succeeded"], Said(4, string.Empty));
    }

    [Fact]
    public void Tutorial_5_reads_the_group_with_an_identity_of_its_own()
    {
        var prepared = Said(5, $"-Prepare {Place} -VMName vm1 -IdentityName ID1b -AccessToken $token").Single();
        var client = prepared["client id: ".Length..];
        Assert.Equal(["rg1 in eastus: Succeeded"], Said(5, $"-ClientId {client}"));
        Assert.Equal("imds.identity_not_found", Id(Engine.Try(Call(5, "-ClientId 00000000-0000-0000-0000-00000000dead")).Errors[^1]));
    }

    /// <summary>
    /// The web cmdlets are not in the hosted engine: a stand-in of that name sends the request.
    /// </summary>
    [Fact]
    public void A_script_that_keeps_its_own_web_request_works_with_one_line_changed()
    {
        var said = Engine.One<string>(
            """
            function Invoke-WebRequest {
                param($Uri, $Method, $ContentType, [hashtable] $Headers, [switch] $UseBasicParsing)
                [pscustomobject] @{ Content = $web.Get($Uri, $Headers['Authorization']) }
            }
            $ArmToken = Get-MidToken Arm -AsPlainText
            (Invoke-WebRequest -UseBasicParsing -Uri "$cloud${r}?api-version=2016-06-01" -Method GET -ContentType "application/json" -Headers @{ Authorization = "Bearer $ArmToken" }).Content
            """,
            ("web", new StandInWeb()),
            ("cloud", Emulator.Cloud));
        Assert.Contains("\"provisioningState\": \"Succeeded\"".Replace(" ", string.Empty, StringComparison.Ordinal), said.Replace(" ", string.Empty, StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_login_the_error_says_what_to_do()
    {
        var before = Environment.GetEnvironmentVariable("PATH");
        try
        {
            Environment.SetEnvironmentVariable("PATH", Path.GetTempPath());
            var error = Engine.Try(Call(3, $"{Place} -VMName vm1 -First one -Second two")).Errors[^1];
            Assert.StartsWith("azure_cli.", Id(error), StringComparison.Ordinal);
            Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", before);
        }
    }

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_tutorial_uses_the_language_the_core_cmdlets_and_ours_only(int number)
    {
        var tree = Parser.ParseFile(Script(number), out _, out var errors);
        Assert.Empty(errors);
        var own = tree.FindAll(node => node is FunctionDefinitionAst, true).Cast<FunctionDefinitionAst>().Select(function => function.Name);
        var used = tree.FindAll(node => node is CommandAst, true).Cast<CommandAst>().Select(command => command.GetCommandName());
        var known = Engine.Run("(Get-Command -Module Midentity, Microsoft.PowerShell.Core -CommandType Cmdlet).Name").Select(name => name.ToString()).Concat(own);
        Assert.All(used, name => Assert.Contains(name, known, StringComparer.OrdinalIgnoreCase));
        Assert.NotEmpty(used);
    }

    private static string Script(int number) => Path.Combine(Engine.RepositoryRoot, "examples", "powershell", $"tutorial-{number}.ps1");

    private static string Call(int number, string arguments) => $"& '{Script(number)}' {arguments}";

    private List<string> Said(int number, string arguments) => [.. Engine.Run(Call(number, arguments)).Select(line => line.ToString())];

    /// <summary>What stands in for Invoke-WebRequest's own client; the emulator's certificate is not looked at.</summary>
    public sealed class StandInWeb
    {
        public string Get(string uri, string authorization)
        {
            using var handler = new HttpClientHandler
            {
                UseProxy = false,
                ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator,
            };
            using var client = new HttpClient(handler);
            using var request = new HttpRequestMessage(HttpMethod.Get, uri);
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
            using var response = client.Send(request);
            response.EnsureSuccessStatusCode();
            using var reader = new StreamReader(response.Content.ReadAsStream());
            return reader.ReadToEnd();
        }
    }
}
