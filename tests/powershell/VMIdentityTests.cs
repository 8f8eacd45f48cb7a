using System;
using System.Linq;
using System.Management.Automation;
using Xunit;

namespace Midentity.PowerShell.Tests;

public sealed class VMIdentityTests : ArmFixture
{
    [Theory]
    [InlineData("Get-MidVMIdentity rg1 vm1 @s @a")]
    [InlineData("Get-MidVMIdentity -ResourceGroupName rg1 -VMName vm1 @s @a")]
    [InlineData("Get-MidVMIdentity -ResourceId $vm @a")]
    [InlineData("$vm | Get-MidVMIdentity @a")]
    [InlineData("Get-MidVMIdentity rg1 vm1 @a")]
    [InlineData("Get-MidVMIdentity rg1 vm1")]
    [InlineData("Get-MidVMIdentity rg1 vm1 -Identity $userClient")]
    [InlineData("Get-MidVMIdentity rg1 vm1 -TokenSource ManagedIdentity")]
    public void A_machine_is_named_in_each_way(string script)
    {
        var identity = Engine.One<MidVMIdentity>(script);
        Assert.Equal(("vm1", "rg1", Subscription), (identity.VMName, identity.ResourceGroupName, identity.SubscriptionId));
        Assert.Equal(MidVMIdentityType.SystemAssigned | MidVMIdentityType.UserAssigned, identity.Type);
        Assert.Equal(SystemPrincipal, identity.PrincipalId);
        var user = Assert.Single(identity.UserAssigned);
        Assert.Equal(("id1", UserClient, UserPrincipal), (user.Name, user.ClientId, user.PrincipalId));
    }

    [Fact]
    public void What_Get_AzVM_returns_binds_and_the_answer_of_New_AzVM_does_not()
    {
        var machine = BindingTests.Made(("ResourceGroupName", "rg1"), ("Id", VM), ("VmId", Guid.NewGuid().ToString()), ("Name", "vm1"), ("Type", "Microsoft.Compute/virtualMachines"), ("Location", "eastus"), ("Identity", null), ("RequestId", "x"), ("StatusCode", "OK"));
        machine.TypeNames.Insert(0, "Microsoft.Azure.Commands.Compute.Models.PSVirtualMachine");
        Assert.Equal("vm1", Engine.One<MidVMIdentity>("$machine | Add-MidVMIdentity -SystemAssigned @a", ("machine", machine)).VMName);
        Assert.Equal("vm1", Engine.One<MidVMIdentity>("$machine | Get-MidVMIdentity @a | Add-MidVMIdentity -SystemAssigned @a").VMName);
        Assert.Equal("vm1", Engine.One<MidVMIdentity>("Get-MidVMIdentity -InputObject $machine @a").VMName);

        var answer = BindingTests.Made(("RequestId", "x"), ("IsSuccessStatusCode", true), ("StatusCode", "OK"), ("ReasonPhrase", "OK"));
        answer.TypeNames.Insert(0, "Microsoft.Azure.Commands.Compute.Models.PSAzureOperationResponse");
        var error = Engine.Error("$answer | Add-MidVMIdentity -SystemAssigned @a", ("answer", answer));
        Assert.Equal("argument.name", Id(error));
        Assert.Contains("Get-AzVM", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);

        // New-AzVMConfig's object exists only here.
        var config = BindingTests.Made(("Name", "vm9"), ("Id", null), ("Identity", null));
        Assert.Equal("argument.name", Id(Engine.Error("$config | Add-MidVMIdentity -SystemAssigned @a", ("config", config))));
        Assert.Equal(0, Writes());
    }

    [Fact]
    public void Identities_come_and_all_others_stay()
    {
        Engine.Run("$new = New-MidUserIdentity rg1 id2 @s @a");
        var added = Engine.One<MidVMIdentity>("Add-MidVMIdentity rg1 vm1 -UserAssigned id2 @s @a");
        Assert.Equal(["id1", "id2"], added.UserAssigned.Select(user => user.Name).Order());
        Assert.Equal(SystemPrincipal, added.PrincipalId);
        var writes = Writes();
        Engine.Run("Add-MidVMIdentity rg1 vm1 -IdentityId $new.Id -SystemAssigned @s @a");
        Assert.Equal(writes, Writes());
        var removed = Engine.One<MidVMIdentity>("Remove-MidVMIdentity rg1 vm1 -UserAssigned $new @s @a -Confirm:$false");
        Assert.Equal(["id1"], removed.UserAssigned.Select(user => user.Name));
    }

    [Fact]
    public void Identities_that_are_piped_in_make_one_change()
    {
        Engine.Run("1..3 | ForEach-Object { New-MidUserIdentity rg1 \"more$_\" @s @a }");
        var writes = Writes();
        var added = Engine.One<MidVMIdentity>("Get-MidUserIdentity rg1 more* @s @a | Add-MidVMIdentity -ResourceGroupName rg1 -VMName vm1 @s @a");
        Assert.Equal(4, added.UserAssigned.Length);
        Assert.Equal(writes + 1, Writes());
        var az = BindingTests.Made(("Id", added.UserAssigned[^1].Id), ("Name", "x"), ("ResourceGroupName", "rg1"), ("ClientId", "c"), ("PrincipalId", "p"));
        Assert.Equal(3, Engine.One<MidVMIdentity>("$az | Remove-MidVMIdentity rg1 vm1 @s @a -Confirm:$false", ("az", az)).UserAssigned.Length);
        Assert.Equal("argument.name", Id(Engine.Error("$az | Remove-MidVMIdentity -SystemAssigned @a -Confirm:$false")));
    }

    [Theory]
    [InlineData("-SystemAssigned", "UserAssigned", 1)]
    [InlineData("-UserAssigned id1", "SystemAssigned", 0)]
    [InlineData("-AllUserAssigned", "SystemAssigned", 0)]
    [InlineData("-All", "None", 0)]
    [InlineData("-AllUserAssigned -SystemAssigned", "None", 0)]
    public void What_was_named_goes_and_no_other(string arguments, string type, int users)
    {
        var left = Engine.One<MidVMIdentity>($"Remove-MidVMIdentity rg1 vm1 {arguments} @s @a -Confirm:$false");
        Assert.Equal((type, users), (left.Type.ToString(), left.UserAssigned.Length));
    }

    [Fact]
    public void Exactly_these_identities_are_set()
    {
        Assert.Equal("SystemAssigned", Engine.One<MidVMIdentity>("Set-MidVMIdentity rg1 vm1 -Type SystemAssigned @s @a").Type.ToString());
        Assert.Equal("SystemAssigned, UserAssigned", Engine.One<MidVMIdentity>("Set-MidVMIdentity rg1 vm1 -Type SystemAssigned, UserAssigned -UserAssigned id1 @s @a").Type.ToString());
        Assert.Equal("UserAssigned", Engine.One<MidVMIdentity>("Set-MidVMIdentity rg1 vm1 -IdentityType UserAssigned -IdentityId $userId @s @a").Type.ToString());
        Assert.Equal("None", Engine.One<MidVMIdentity>("Set-MidVMIdentity rg1 vm1 -Type None @s @a").Type.ToString());
    }

    [Theory]
    [InlineData("Add-MidVMIdentity rg1 vm1 @s @a", "argument.identity")]
    [InlineData("Remove-MidVMIdentity rg1 vm1 @s @a", "argument.identity")]
    [InlineData("Remove-MidVMIdentity rg1 vm1 -All -UserAssigned id1 @s @a", "argument.identity")]
    [InlineData("Set-MidVMIdentity rg1 vm1 -Type UserAssigned @s @a", "argument.identity")]
    [InlineData("Set-MidVMIdentity rg1 vm1 -Type SystemAssigned -UserAssigned id1 @s @a", "argument.identity")]
    [InlineData("Add-MidVMIdentity rg1 vm1 -SystemAssigned -Role Reader @s @a", "argument.option")]
    [InlineData("Add-MidVMIdentity rg1 vm1 -UserAssigned nobody @s @a", "vm_identity.dangling")]
    [InlineData("Add-MidVMIdentity rg1 none -SystemAssigned @s @a", "arm.not_found")]
    [InlineData("Add-MidVMIdentity rg1 vm1 -SystemAssigned", "arm.forbidden")]
    [InlineData("Get-MidVMIdentity -ResourceId /subscriptions/x @a", "argument.path")]
    public void Each_failure_is_one_record_and_nothing_is_sent(string script, string id)
    {
        Emulator.ForgetRequests();

        // Where the machine has the identity already nothing is asked for that could be refused.
        var error = Engine.Error(id == "arm.forbidden" ? "Remove-MidVMIdentity rg1 vm1 -All -Confirm:$false" : script);
        Assert.Equal(id, Id(error));
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        Assert.NotNull(error.TargetObject ?? id);
    }

    [Fact]
    public void WhatIf_says_exactly_which_identities_stay_come_and_go()
    {
        Engine.Run("$null = New-MidUserIdentity rg1 id2 @s @a");
        var writes = Writes();
        var said = Engine.Show("Add-MidVMIdentity rg1 vm1 -UserAssigned id2 @s @a -WhatIf");
        Assert.Contains($"stays: [system], {UserId}; comes: {UserId[..^1]}2; goes: none", said, StringComparison.OrdinalIgnoreCase);
        said = Engine.Show("Remove-MidVMIdentity rg1 vm1 -SystemAssigned @s @a -WhatIf");
        Assert.Contains($"stays: {UserId}; comes: none; goes: [system]", said, StringComparison.OrdinalIgnoreCase);
        said = Engine.Show("Set-MidVMIdentity rg1 vm1 -Type None @s @a -WhatIf");
        Assert.Contains($"stays: none; comes: none; goes: [system], {UserId}", said, StringComparison.OrdinalIgnoreCase);
        said = Engine.Show("Add-MidVMIdentity rg1 vm1 -SystemAssigned -Role Contributor -Scope $r @s @a -WhatIf");
        Assert.Contains("the role Contributor at /subscriptions/", said, StringComparison.Ordinal);
        Assert.Equal(writes, Writes());
    }

    [Fact]
    public void A_role_comes_with_the_identity()
    {
        Engine.Run("$null = New-MidUserIdentity rg1 id2 @s @a; Add-MidVMIdentity rg1 vm1 -SystemAssigned -UserAssigned id2 -Role Contributor -Scope $r @s @a");
        var found = Engine.Run("Get-MidRoleAssignment $r -Role Contributor @a").Select(item => (MidRoleAssignment)item.BaseObject).ToList();
        Assert.Equal(2, found.Count);
        Assert.Contains(found, item => item.PrincipalId == SystemPrincipal);
    }

    [Fact]
    public void A_scale_set_works_as_a_machine()
    {
        Engine.Run(
            """
            $body = @{ location = 'eastus'; sku = @{ name = 'Standard_B1s'; capacity = 1 }; properties = @{ upgradePolicy = @{ mode = 'Manual' } } }
            $set = "$r/providers/Microsoft.Compute/virtualMachineScaleSets/set1"
            $null = Invoke-MidRestMethod $set -Method PUT -Body $body -ApiVersion 2024-07-01 -Wait @a
            """);
        Assert.Equal("SystemAssigned", Engine.One<MidVMIdentity>("Add-MidVMIdentity rg1 -VMScaleSetName set1 -SystemAssigned @s @a").Type.ToString());
        Assert.Equal("set1", Engine.One<MidVMIdentity>("Get-MidVMIdentity rg1 -VMSSName set1 @s @a").VMName);
        Assert.Equal("SystemAssigned, UserAssigned", Engine.One<MidVMIdentity>("$set | Add-MidVMIdentity -UserAssigned $userId @a").Type.ToString());
    }

    [Fact]
    public void Long_running_work_shows_progress_after_a_second()
    {
        Emulator.Settings("""{"lro": {"seconds": 2.5, "retry_after": 1}}""");
        var outcome = Engine.Try("Remove-MidVMIdentity rg1 vm1 -All @s @a -Confirm:$false");
        Assert.Empty(outcome.Errors);
        Assert.Contains(outcome.Progress, record => record.RecordType == ProgressRecordType.Processing);
        Assert.Equal(ProgressRecordType.Completed, outcome.Progress[^1].RecordType);
        Emulator.Settings("""{"lro": {"seconds": 0.05, "retry_after": 0}}""");
        Assert.Empty(Engine.Try("Add-MidVMIdentity rg1 vm1 -SystemAssigned @s @a").Progress);
    }
}
