using System;
using System.Collections;
using System.Linq;
using System.Management.Automation;
using Xunit;

namespace Midentity.PowerShell.Tests;

public sealed class UserIdentityTests : ArmFixture
{
    [Fact]
    public void An_identity_is_made_read_changed_and_deleted()
    {
        var made = Engine.One<MidUserIdentity>("New-MidUserIdentity rg1 id9 -Tag @{ team = 'ä'; n = 7 } @s @a");
        Assert.Equal(("id9", "rg1", "eastus", Subscription), (made.Name, made.ResourceGroupName, made.Location, made.SubscriptionId));
        Assert.True(Guid.TryParse(made.ClientId, out _) && Guid.TryParse(made.PrincipalId, out _) && Guid.TryParse(made.TenantId, out _));
        Assert.Equal(("ä", "7"), (made.Tags["TEAM"], made.Tags["n"]));
        Assert.Equal(made.ClientId, Engine.One<MidUserIdentity>("New-MidUserIdentity rg1 id9 @s @a").ClientId);
        Assert.Equal(made.Id, Engine.One<MidUserIdentity>("Get-MidUserIdentity -ResourceGroupName rg1 -Name id9 @s @a").Id);
        Assert.Equal(made.Id, Engine.One<MidUserIdentity>("Get-MidUserIdentity rg1 id9 @s @a | Get-MidUserIdentity @a").Id);
        Assert.Equal(made.Id, Engine.One<MidUserIdentity>("Get-MidUserIdentity -ResourceId $id @a", ("id", made.Id)).Id);
        Assert.Equal(made.Id, Engine.One<MidUserIdentity>("$id | Get-MidUserIdentity @a").Id);
        Assert.Equal("y", Engine.One<MidUserIdentity>("Update-MidUserIdentity rg1 id9 -Tag @{ x = 'y' } @s @a").Tags["x"]);
        Assert.Empty(Engine.One<MidUserIdentity>("Get-MidUserIdentity rg1 id9 @s @a | Update-MidUserIdentity -Tags @{} @a").Tags);
        Assert.True(Engine.One<bool>("Get-MidUserIdentity rg1 id9 @s @a | Remove-MidUserIdentity -PassThru @a -Confirm:$false"));
        Assert.False(Engine.One<bool>("Remove-MidUserIdentity rg1 id9 -PassThru @s @a -Confirm:$false"));
        Assert.Empty(Engine.Run("Remove-MidUserIdentity rg1 id9 @s @a -Confirm:$false"));
        Assert.Equal("arm.not_found", Id(Engine.Error("Get-MidUserIdentity rg1 id9 @s @a")));
    }

    [Fact]
    public void Lists_stream_page_by_page_and_take_wildcards()
    {
        Emulator.Settings("""{"page_size": 10}""");
        Emulator.Populate("""{"user_identities": 25, "resource_group": "rg2"}""");
        Assert.Equal(25, Engine.Run("Get-MidUserIdentity rg2 @s @a").Count);
        Assert.Equal(26, Engine.Run("Get-MidUserIdentity @s @a").Count);
        Assert.Equal("id1", Engine.One<MidUserIdentity>("Get-MidUserIdentity rg1 ID* @s @a").Name);
        Assert.Equal("id1", Engine.One<MidUserIdentity>("Get-MidUserIdentity -Name id1 @s @a").Name);
        Assert.Empty(Engine.Run("Get-MidUserIdentity rg1 x* @s @a"));
    }

    [Fact]
    public void A_missing_one_can_be_asked_for_quietly_and_one_bad_item_does_not_stop_the_rest()
    {
        Assert.Empty(Engine.Run("Get-MidUserIdentity rg1 none @s @a -ErrorAction SilentlyContinue"));
        var outcome = Engine.Try("$userId, '/subscriptions/x', $userId | Get-MidUserIdentity @a");
        Assert.Equal(2, outcome.Output.Count);
        var error = Assert.Single(outcome.Errors);
        Assert.Equal("argument.name,Midentity.PowerShell.Commands.GetMidUserIdentityCommand", error.FullyQualifiedErrorId);
        Assert.Equal("/subscriptions/x", error.TargetObject);
    }

    [Fact]
    public void Names_are_checked_before_anything_is_sent()
    {
        Emulator.ForgetRequests();
        Assert.Equal("argument.name", Id(Engine.Error("New-MidUserIdentity rg1 'a b' @s @a")));
        Assert.Equal("argument.name", Id(Engine.Error("New-MidUserIdentity rg1 ab @s @a")));
        Assert.Equal("argument.option", Id(Engine.Error("New-MidUserIdentity rg1 abc -Tag @{ a = 1, 2 } @s @a")));
        Assert.Empty(Emulator.Requests("arm"));
    }

    [Fact]
    public void Forbidden_says_action_scope_and_which_role_would_allow_it()
    {
        var error = Engine.Error("New-MidUserIdentity rg1 id9 @s");
        Assert.Equal(("arm.forbidden", ErrorCategory.PermissionDenied), (Id(error), error.CategoryInfo.Category));
        Assert.Contains("Microsoft.ManagedIdentity/userAssignedIdentities/write", error.Exception.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Managed Identity Contributor", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        var exception = Assert.IsType<MidentityException>(error.Exception);
        Assert.Equal((403, "AuthorizationFailed", 1), (exception.StatusCode, exception.Code, exception.Attempts));
        Assert.NotNull(exception.RequestId);
        Assert.NotNull(exception.CorrelationId);
    }

    [Fact]
    public void WhatIf_changes_nothing()
    {
        foreach (var script in new[]
        {
            "New-MidUserIdentity rg1 id9 @s @a -WhatIf", "Update-MidUserIdentity rg1 id1 -Tag @{ a = 'b' } @s @a -WhatIf",
            "Remove-MidUserIdentity rg1 id1 @s @a -WhatIf", "New-MidFederatedCredential rg1 id1 -Name fed -Issuer https://x -Subject y @s @a -WhatIf",
            "Remove-MidFederatedCredential rg1 id1 fed @s @a -WhatIf",
            "New-MidRoleAssignment -PrincipalId $systemPrincipal -Role Reader -Scope $r @a -WhatIf",
            "Remove-MidRoleAssignment -PrincipalId $systemPrincipal -Role Reader -Scope $r @a -WhatIf",
            "Invoke-MidRestMethod -Method DELETE $r -ApiVersion 2021-04-01 @a -WhatIf",
        })
        {
            Assert.Contains("What if: ", Engine.Show(script), StringComparison.Ordinal);
        }

        Assert.Equal(0, Writes());
    }

    [Fact]
    public void Removing_asks_first()
    {
        // The host of the tests answers no question.
        Assert.Contains("Delete user-assigned identity", Engine.Try("Remove-MidUserIdentity rg1 id1 @s @a").Errors.Single().ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, Writes());
        Engine.Run("$ConfirmPreference = 'None'; Remove-MidUserIdentity rg1 id1 @s @a");
        Assert.Equal(1, Writes());
    }

    [Fact]
    public void Federated_credentials_are_made_read_and_deleted()
    {
        var made = Engine.One<MidFederatedCredential>("New-MidFederatedCredential rg1 id1 -Name ci1 -Issuer https://token.example.com -Subject repo:a:b @s @a");
        Assert.Equal(("ci1", "id1", "rg1"), (made.Name, made.IdentityName, made.ResourceGroupName));
        Assert.Equal(["api://AzureADTokenExchange"], made.Audience);
        Engine.Run("Get-MidUserIdentity rg1 id1 @s @a | New-MidFederatedCredential -Name ci2 -Issuer https://token.example.com -Subject repo:a:c -Audience api://x @a");
        Assert.Equal(2, Engine.Run("Get-MidFederatedCredential rg1 id1 @s @a").Count);
        Assert.Equal(2, Engine.Run("$userId | Get-MidFederatedCredential @a").Count);
        Assert.Equal("ci2", Engine.One<MidFederatedCredential>("Get-MidFederatedCredential rg1 id1 ci2 @s @a").Name);
        Assert.Equal("ci2", Engine.One<MidFederatedCredential>("Get-MidFederatedCredential rg1 id1 ci2 @s @a | Get-MidFederatedCredential @a").Name);
        Assert.True(Engine.One<bool>("Get-MidFederatedCredential rg1 id1 ci2 @s @a | Remove-MidFederatedCredential -PassThru @a -Confirm:$false"));
        Assert.True(Engine.One<bool>("Remove-MidFederatedCredential rg1 id1 ci1 -PassThru @s @a -Confirm:$false"));
        Assert.False(Engine.One<bool>("Remove-MidFederatedCredential rg1 id1 ci1 -PassThru @s @a -Confirm:$false"));
        Assert.Equal("argument.name", Id(Engine.Error("Remove-MidFederatedCredential rg1 id1 @s @a -Confirm:$false")));
        Assert.Equal("arm.not_found", Id(Engine.Error("Get-MidFederatedCredential rg1 id1 ci1 @s @a")));
    }

    [Fact]
    public void Roles_are_given_listed_and_taken_back()
    {
        var made = Engine.One<MidRoleAssignment>("Get-MidUserIdentity rg1 id1 @s @a | New-MidRoleAssignment -Role Contributor -Scope $r @a");
        Assert.Equal((UserPrincipal, "ServicePrincipal", "Contributor"), (made.PrincipalId, made.PrincipalType, made.RoleDefinitionName));
        Assert.Equal(made.Id, Engine.One<MidRoleAssignment>("New-MidRoleAssignment -ObjectId $userPrincipal -RoleDefinitionName Contributor -Scope $r @a").Id);
        Assert.Equal(made.Id, Engine.One<MidRoleAssignment>("Get-MidRoleAssignment $r -PrincipalId $userPrincipal -Role Contributor @a").Id);
        Assert.Equal("Contributor", Engine.One<string>("(Get-MidRoleAssignment $r -Role contributor @a).RoleDefinitionName"));
        Assert.Equal(2, Engine.Run("Get-MidUserIdentity rg1 id1 @s @a | Get-MidRoleAssignment -Scope $r @a").Count);
        Assert.NotEmpty(Engine.Run("Get-MidRoleAssignment @s @a"));
        Assert.NotEmpty(Engine.Run("Get-MidRoleAssignment $r -AtScope @a"));
        Assert.Equal("Reader", Engine.One<string>("(Get-MidVMIdentity rg1 vm1 @s @a | New-MidRoleAssignment -Role Reader -Scope $r @a).RoleDefinitionName"));
        Assert.True(Engine.One<bool>("Get-MidRoleAssignment $r -Role Contributor @a | Remove-MidRoleAssignment -PassThru @a -Confirm:$false"));
        Assert.True(Engine.One<bool>("Get-MidUserIdentity rg1 id1 @s @a | Remove-MidRoleAssignment -Role Reader -Scope $r -PassThru @a -Confirm:$false"));
        Assert.False(Engine.One<bool>("Remove-MidRoleAssignment -PrincipalId $userPrincipal -Role Reader -Scope $r -PassThru @a -Confirm:$false"));
        Assert.Equal("argument.name", Id(Engine.Error("Get-MidUserIdentity rg1 id1 @s @a | Remove-MidRoleAssignment @a -Confirm:$false")));
        Assert.Equal("role.unknown", Id(Engine.Error("New-MidRoleAssignment -PrincipalId $userPrincipal -Role Readr -Scope $r @a")));
        Assert.Equal("argument.scope_path", Id(Engine.Error("New-MidRoleAssignment -PrincipalId $userPrincipal -Role Reader -Scope rg1 @a")));
    }

    [Fact]
    public void Waiting_for_propagation_says_what_it_waited_for()
    {
        Emulator.Settings("""{"role_delay_seconds": 0.3}""");
        var other = Engine.Try("New-MidRoleAssignment -PrincipalId $userPrincipal -Role Contributor -Scope $r -WaitForPropagation @a -Verbose");
        Assert.Empty(other.Errors);
        Assert.Contains(other.Verbose, line => line.Contains("only its principal can tell", StringComparison.Ordinal));

        // The machine's identity gives itself a role, which it may once it is Owner.
        Emulator.Settings("{}");
        Engine.Run("$null = New-MidRoleAssignment -PrincipalId $systemPrincipal -Role Owner -Scope $r -WaitForPropagation @a");
        var own = Engine.Try("New-MidRoleAssignment -PrincipalId $systemPrincipal -Role Contributor -Scope $r -WaitForPropagation -Verbose");
        Assert.Empty(own.Errors.Select(error => error.ToString()));
        Assert.Contains(own.Verbose, line => line.Contains("the caller may ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_thousand_items_go_through_a_pipeline()
    {
        Emulator.Populate("""{"user_identities": 1000, "resource_group": "rg2"}""");
        Engine.Run("$all = Get-MidUserIdentity rg2 @s @a; $ConfirmPreference = 'None'");
        var asked = Engine.Try("$all[0..1] + (Get-MidUserIdentity rg1 id1 @s @a) | Get-MidToken Arm");
        Assert.Equal((1, 2), (asked.Output.Count, asked.Errors.Count(error => Id(error) == "imds.identity_not_found")));
        Assert.Equal(1000, Engine.Run("$all | Remove-MidUserIdentity -PassThru @a").Count(item => item.BaseObject is true));
        Assert.Empty(Engine.Run("Get-MidUserIdentity rg2 @s @a"));
    }
}
