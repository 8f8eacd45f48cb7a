using System;
using System.Linq;
using System.Management.Automation;
using Xunit;

namespace Midentity.PowerShell.Tests;

public sealed class IdentityTests : IDisposable
{
    private const string Client = "c1000000-0000-4000-8000-000000000011";
    private const string Principal = "a0000000-0000-4000-8000-000000000010";
    private const string Resource =
        "/subscriptions/8d1c0000-0000-4000-8000-000000000001/resourcegroups/rg1"
        + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id1";

    private readonly Engine engine = new(typeof(TestIdentityCommand));

    public void Dispose() => engine.Dispose();

    [Theory]
    [InlineData("''")]
    [InlineData("' '")]
    [InlineData("'id1'")]
    [InlineData("'/subscriptions/8d1c0000-0000-4000-8000-000000000001/resourceGroups/rg1'")]
    [InlineData("@{}")]
    [InlineData("@{ClientId=''}")]
    [InlineData("@{ClientId='a';ObjectId='b'}")]
    [InlineData("@{Default='a'}")]
    [InlineData("@('a','b')")]
    [InlineData("42")]
    [InlineData("[pscustomobject]@{Name='x'}")]
    public void What_names_no_identity_is_refused(string argument)
    {
        var error = Assert.Single(engine.Try($"Test-Identity {argument}").Errors);
        Assert.Contains("No identity:", error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_is_told_apart()
    {
        var machine = new PSObject();
        machine.TypeNames.Insert(0, "Microsoft.Azure.Commands.Compute.Models.PSVirtualMachine");
        machine.Properties.Add(new PSNoteProperty(
            "Id", "/subscriptions/s/resourceGroups/rg1/providers/Microsoft.Compute/virtualMachines/vm1"));
        Assert.Contains(
            "-VMName",
            Assert.Single(engine.Try("Test-Identity -Identity $vm", ("vm", machine)).Errors).Exception.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "none")]
    [InlineData("$null", "none")]
    [InlineData($"'{Client}'", $"ClientId {Client}")]
    [InlineData($"([guid]'{Client}')", $"ClientId {Client}")]
    [InlineData($"'{Resource}'", $"ResourceId {Resource}")]
    [InlineData("systemassigned", "SystemAssigned")]
    [InlineData("'[system]'", "SystemAssigned")]
    [InlineData($"@{{ObjectId='{Principal}'}}", $"ObjectId {Principal}")]
    [InlineData($"@{{clientid=[guid]'{Client}'}}", $"ClientId {Client}")]
    [InlineData($"@('{Client}')", $"ClientId {Client}")]
    [InlineData($"([pscustomobject]@{{PrincipalId='{Principal}'}})", $"ObjectId {Principal}")]
    [InlineData($"([pscustomobject]@{{Id='{Resource}';PrincipalId='{Principal}'}})", $"ResourceId {Resource}")]
    public void Identities_are_read(string argument, string identity) =>
        Assert.Equal(identity, Assert.Single(engine.Run($"Test-Identity {argument}")).ToString());

    [Theory]
    [InlineData("Microsoft.Azure.PowerShell.Cmdlets.ManagedServiceIdentity.Models.Identity")]
    [InlineData("Midentity.PowerShell.MidUserIdentity")]
    public void What_Az_and_midentity_return_can_be_given_and_piped(string type)
    {
        var identity = new PSObject();
        identity.TypeNames.Insert(0, type);
        identity.Properties.Add(new PSNoteProperty("Id", Resource));
        identity.Properties.Add(new PSNoteProperty("Name", "id1"));
        identity.Properties.Add(new PSNoteProperty("ClientId", Client));
        identity.Properties.Add(new PSNoteProperty("PrincipalId", Principal));
        identity.Properties.Add(new PSNoteProperty("TenantId", Guid.Empty.ToString()));
        var expected = $"ClientId {Client}";
        Assert.Equal(expected, Assert.Single(engine.Run("Test-Identity -Identity $id", ("id", identity))).ToString());
        Assert.Equal(expected, Assert.Single(engine.Run("$id | Test-Identity", ("id", identity))).ToString());
    }

    [Theory]
    [InlineData("Test-Identity -Resource ", "Arm,Graph,KeyVault,Storage,Sql,AzureDevOps")]
    [InlineData("Test-Identity -Resource key", "KeyVault")]
    [InlineData("Test-Identity -Source ", "Auto,Imds")]
    [InlineData("Test-Identity -Role rea", "Reader")]
    [InlineData("Test-Identity -Role 'managed i", "'Managed Identity Contributor','Managed Identity Operator'")]
    public void Arguments_are_completed_without_asking_anyone(string line, string completions)
    {
        using var shell = engine.Shell();
        var found = CommandCompletion.CompleteInput(line, line.Length, null, shell);
        Assert.Equal(completions, string.Join(',', found.CompletionMatches.Select(match => match.CompletionText)));
        Assert.All(found.CompletionMatches, match => Assert.NotEmpty(match.ToolTip));
    }

    [Theory]
    [InlineData("arm", "arm")]
    [InlineData("KeyVault", "keyvault")]
    [InlineData("AzureDevOps", "azure-devops")]
    [InlineData("azure-devops", "azure-devops")]
    [InlineData("https://vault.azure.net", "https://vault.azure.net")]
    [InlineData("api://x", "api://x")]
    [InlineData("499b84ac-1321-427f-aa17-267ca6975798", "499b84ac-1321-427f-aa17-267ca6975798")]
    [InlineData("", "")]
    public void Short_names_become_the_core_s(string given, string asked) =>
        Assert.Equal(asked, ResourceNames.Resolve(given));

    [Theory]
    [InlineData("gaprh", "did you mean Graph?")]
    [InlineData("Keyvualt", "did you mean KeyVault?")]
    [InlineData("nonsense", "give one of Arm, Graph")]
    public void A_name_that_is_none_gets_the_nearest(string given, string hint)
    {
        var error = Assert.Throws<MidentityException>(() => ResourceNames.Resolve(given));
        Assert.Equal((MidErrorKind.InvalidArgument, "argument.scope"), (error.Kind, error.Id));
        Assert.StartsWith(hint, error.Hint, StringComparison.Ordinal);
    }
}
