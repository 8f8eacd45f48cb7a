using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Reflection;
using Midentity.PowerShell.Commands;
using Xunit;

namespace Midentity.PowerShell.Tests;

/// <summary>What all cmdlets have in common: names, parameters, completion, formatting.</summary>
public sealed class ConventionTests : ArmFixture
{
    private static readonly string[] Verbs = [.. typeof(VerbsCommon).Assembly.GetTypes()
        .Where(type => type.Namespace == "System.Management.Automation" && type.Name.StartsWith("Verbs", StringComparison.Ordinal))
        .SelectMany(type => type.GetFields().Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!))];

    public static TheoryData<string> Cmdlets => [.. Types().Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void A_cmdlet_keeps_to_the_conventions(string type)
    {
        var command = Types().Single(candidate => candidate.Name == type);
        var cmdlet = command.GetCustomAttribute<CmdletAttribute>()!;
        Assert.Equal("Midentity.PowerShell.Commands", command.Namespace);
        Assert.Equal($"{cmdlet.VerbName}{cmdlet.NounName}Command", command.Name);
        Assert.Contains(cmdlet.VerbName, Verbs);
        Assert.StartsWith("Mid", cmdlet.NounName, StringComparison.Ordinal);
        Assert.False(cmdlet.NounName.EndsWith('s'));
        Assert.NotEmpty(command.GetCustomAttributes<OutputTypeAttribute>());
        var isWriter = cmdlet.VerbName is "New" or "Add" or "Set" or "Update" or "Remove" or "Clear" or "Invoke" || command == typeof(FindMidLegacyCallCommand);
        Assert.Equal(isWriter, cmdlet.SupportsShouldProcess);
        Assert.Equal(cmdlet.VerbName == "Remove", cmdlet.ConfirmImpact == ConfirmImpact.High);
        var isOfArm = typeof(ArmCmdlet).IsAssignableFrom(command);
        Assert.Equal(isOfArm, command.GetProperty("AccessToken") != null);
        Assert.Equal(isOfArm, command.GetProperty("TokenSource") != null);
        if (typeof(MidCmdlet).IsAssignableFrom(command))
        {
            foreach (var name in new[] { "Cloud", "CaFile", "ImdsEndpoint", "TimeoutSec" })
            {
                Assert.NotNull(command.GetProperty(name)?.GetCustomAttribute<ParameterAttribute>());
            }
        }
    }

    [Theory]
    [InlineData("Get-MidToken ", "Arm,Graph,KeyVault,Storage,Sql,AzureDevOps")]
    [InlineData("Get-MidToken -Resource key", "KeyVault")]
    [InlineData("Get-MidToken Arm -Source ", "Auto,Imds")]
    [InlineData("New-MidRoleAssignment -Role Rea", "Reader")]
    [InlineData("Add-MidVMIdentity -Role 'Virtual", "'Virtual Machine Contributor'")]
    [InlineData("Get-MidSubscription -TokenSource A", "AzureCli")]
    [InlineData("Get-MidSubscription -Cloud AzureU", "AzureUSGovernment")]
    [InlineData("Invoke-MidRestMethod /x -Method P", "PATCH,POST,PUT")]
    [InlineData("Set-MidVMIdentity rg vm -Type S", "SystemAssigned")]
    public void Completion_asks_no_network(string text, string expected)
    {
        Emulator.ForgetRequests();
        using var shell = Engine.Shell();
        var found = CommandCompletion.CompleteInput(text, text.Length, null, shell).CompletionMatches;
        Assert.Equal(
            expected.Split(',').Order(StringComparer.Ordinal),
            found.Where(match => match.ResultType == CompletionResultType.ParameterValue).Select(match => match.CompletionText).Order(StringComparer.Ordinal));
        Assert.Empty(Emulator.Requests("imds").Concat(Emulator.Requests("arm")));
    }

    [Theory]
    [InlineData("Get-MidToken Arm", "Resource Identity ExpiresIn Source", "default Imds")]
    [InlineData("Get-MidContext", "TenantId SubscriptionId VMName IdentityType", "SystemAssigned vm1 rg1")]
    [InlineData("Get-MidInstance", "Name ResourceGroupName Location", "vm1 rg1 eastus")]
    [InlineData("Test-MidEndpoint", "Check Status Detail", "Reachability Passed")]
    [InlineData("Get-MidVMIdentity rg1 vm1 @s @a", "VMName Type UserAssigned", "vm1 SystemAssigned, id1")]
    [InlineData("(Get-MidVMIdentity rg1 vm1 @s @a).UserAssigned", "Name ClientId PrincipalId", "id1")]
    [InlineData("Get-MidUserIdentity rg1 @s @a", "Name ResourceGroupName Location ClientId", "id1 eastus")]
    [InlineData("Get-MidRoleAssignment $r @a", "RoleDefinitionName PrincipalId Scope", "Reader ServicePrincipal")]
    [InlineData("Get-MidSubscription @a", "Name SubscriptionId State", "emulated Enabled")]
    [InlineData("Get-MidResourceGroup @s @a", "ResourceGroupName Location ProvisioningState", "rg1 rg2 westeurope Succeeded")]
    [InlineData("New-MidFederatedCredential rg1 id1 -Name fed -Issuer https://token.example.com -Subject repo:a @s @a", "Name IdentityName Issuer Subject", "fed id1 repo:a")]
    [InlineData("Get-MidToken Arm | ConvertFrom-MidToken", "Audience ObjectId TenantId Verified", "False")]
    public void What_people_see_has_the_view_s_words(string script, string labels, string words)
    {
        var shown = Engine.Show(script);
        Assert.All(labels.Split(' ').Concat(words.Split(' ')), word => Assert.Contains(word, shown, StringComparison.Ordinal));
        Assert.DoesNotContain("eyJ", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Removing_and_importing_again_works_on()
    {
        Engine.Run("Get-MidToken Arm; Remove-Module Midentity; Import-Module $manifest; Import-Module $manifest -Force", ("manifest", Engine.Manifest));
        Assert.NotEmpty(Engine.Run("Get-MidToken Arm; Get-MidSubscription @a"));
    }

    [Fact]
    public void Importing_sends_nothing()
    {
        Emulator.ForgetRequests();
        using var other = new Engine(Emulator);
        Assert.Empty(Emulator.Requests("imds"));
    }

    private static IEnumerable<Type> Types() => typeof(MidErrorKind).Assembly.GetExportedTypes()
        .Where(type => type.GetCustomAttribute<CmdletAttribute>() != null);
}
