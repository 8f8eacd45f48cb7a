using System;
using System.Linq;
using System.Management.Automation;
using System.Security;
using Midentity.PowerShell.Tokens;
using Xunit;

namespace Midentity.PowerShell.Tests;

public sealed class BindingTests
{
    private const string Client = "c1000000-0000-4000-8000-000000000011";
    private const string Id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id1";

    [Fact]
    public void An_identity_is_named_by_client_id_resource_id_or_as_the_system_s()
    {
        Assert.Equal((MidIdentityKind.ClientId, Client), Named(Client));
        Assert.Equal((MidIdentityKind.ClientId, Client), Named(Guid.Parse(Client)));
        Assert.Equal((MidIdentityKind.ResourceId, Id), Named($" {Id} "));
        Assert.Equal((MidIdentityKind.SystemAssigned, null), Named("systemassigned"));
        Assert.Equal((MidIdentityKind.SystemAssigned, null), Named("[System]"));
        Assert.Equal((MidIdentityKind.ClientId, Client), Named(MidIdentity.From(Client)));
        foreach (var wrong in new object?[] { null, string.Empty, " ", "id1", "c1000000", 7 })
        {
            Assert.Throws<ArgumentException>(() => MidIdentity.From(wrong));
        }
    }

    [Fact]
    public void An_identity_is_named_by_the_objects_that_cmdlets_return()
    {
        // Get-AzUserAssignedIdentity's and Get-MidUserIdentity's have all three ids.
        Assert.Equal((MidIdentityKind.ClientId, Client), Named(Made(("Id", Id), ("PrincipalId", "p"), ("ClientId", Client))));
        Assert.Equal((MidIdentityKind.ClientId, Client), Named(Made(("Id", Id), ("ClientId", Guid.Parse(Client)))));
        Assert.Equal((MidIdentityKind.ObjectId, "p"), Named(Made(("Id", Id), ("PrincipalId", "p"), ("ClientId", null))));
        Assert.Equal((MidIdentityKind.ResourceId, Id), Named(Made(("Id", Id))));
        Assert.Throws<ArgumentException>(() => MidIdentity.From(Made(("Id", "/subscriptions/s/resourceGroups/g"))));
        Assert.Throws<ArgumentException>(() => MidIdentity.From(Made(("Name", "id1"))));
    }

    [Fact]
    public void A_token_is_taken_in_every_form_that_it_comes_in()
    {
        using var secret = SecretText.FromText("a.b.c");
        foreach (var given in new object[]
        {
            secret, PSObject.AsPSObject(secret), "a.b.c", "Bearer a.b.c", " bearer  a.b.c ",
            Made(("Token", secret), ("ExpiresOn", DateTimeOffset.UtcNow)), Made(("Token", "a.b.c")), Made(("access_token", "a.b.c")),
        })
        {
            Assert.Equal("a.b.c", SecretText.Reveal(GivenToken.Of(given)!));
        }

        foreach (var given in new object?[] { null, string.Empty, "Bearer ", new SecureString(), 7, Made(("Name", "x")), Made(("Token", 7)) })
        {
            Assert.Null(GivenToken.Of(given));
        }
    }

    [Theory]
    [InlineData("arm", "arm")]
    [InlineData("Arm", "arm")]
    [InlineData("AzureDevOps", "azure-devops")]
    [InlineData("azure-devops", "azure-devops")]
    [InlineData("KEYVAULT", "keyvault")]
    [InlineData("https://vault.azure.net", "https://vault.azure.net")]
    [InlineData("api://my-app", "api://my-app")]
    [InlineData("c1000000-0000-4000-8000-000000000011", "c1000000-0000-4000-8000-000000000011")]
    public void A_resource_is_a_name_or_an_address(string given, string core) => Assert.Equal(core, TokenResource.Resolve(given));

    [Theory]
    [InlineData("Amr", "Arm")]
    [InlineData("keyvalut", "KeyVault")]
    [InlineData("grph", "Graph")]
    [InlineData("devops", "AzureDevOps")]
    [InlineData("storages", "Storage")]
    public void The_nearest_name_is_suggested(string given, string nearest)
    {
        var error = Assert.Throws<MidentityException>(() => TokenResource.Resolve(given));
        Assert.Equal("argument.scope", error.Id);
        Assert.EndsWith(nearest, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public unsafe void Secrets_pass_through_native_memory_unchanged()
    {
        foreach (var text in new[] { string.Empty, "a", "ä漢😀", new string('x', 4096) })
        {
            using var secret = SecretText.FromText(text);
            var copy = SecretText.WithUtf8(secret, static (bytes, length) => SecretText.FromUtf8(bytes, length));
            Assert.True(copy.IsReadOnly());
            Assert.Equal(text, SecretText.Reveal(copy));
        }
    }

    [Fact]
    public void Ids_are_read()
    {
        var name = ArmName.OfIdentity(Id.Replace("resourceGroups", "resourcegroups", StringComparison.Ordinal) + "/federatedIdentityCredentials/f");
        Assert.Equal(("s", "g", "id1"), (name.Subscription, name.Group, name.Name));
        Assert.Equal(Id, name.Id(ArmName.IdentityType));
        Assert.Equal("argument.name", Assert.Throws<MidentityException>(() => ArmName.OfIdentity("/subscriptions/s")).Id);
        Assert.True(ArmName.IsIdentity(Id));
        Assert.False(ArmName.IsMachine(Id));
        Assert.True(ArmName.IsMachine("/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachineScaleSets/x"));
        Assert.False(ArmName.IsMachine(null));
    }

    private static (MidIdentityKind Kind, string? Value) Named(object given)
    {
        var identity = MidIdentity.From(given);
        return (identity.Kind, identity.Value);
    }

    internal static PSObject Made(params (string Name, object? Value)[] members)
    {
        var made = new PSObject();
        foreach (var (name, value) in members)
        {
            made.Properties.Add(new PSNoteProperty(name, value));
        }

        return made;
    }
}
