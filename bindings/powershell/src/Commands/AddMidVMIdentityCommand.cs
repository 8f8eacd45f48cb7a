using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Gives a machine identities; all others stay.</summary>
[Cmdlet(
    VerbsCommon.Add,
    "MidVMIdentity",
    DefaultParameterSetName = NameSet,
    SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MidVMIdentity))]
public sealed class AddMidVMIdentityCommand : MachineChangeCmdlet
{
    /// <summary>Enable the system-assigned identity.</summary>
    [Parameter]
    public SwitchParameter SystemAssigned { get; set; }

    /// <summary>User-assigned identities: resource ids, names in the machine's group, or identity objects.</summary>
    [Parameter]
    [Alias("IdentityId")]
    [IdentityReferences]
    public string[] UserAssigned { get; set; } = [];

    /// <summary>A role that each of these identities gets: its name or GUID. Needs -Scope.</summary>
    [Parameter]
    [Alias("RoleDefinitionName")]
    [ArgumentCompleter(typeof(RoleCompleter))]
    public string? Role { get; set; }

    /// <summary>Where the role holds: the id of a subscription, resource group or resource.</summary>
    [Parameter]
    public string? Scope { get; set; }

    private protected override string? Besides => Role == null ? null : $"then give those that were named the role {Role} at {Scope}";

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        OrThrow(null, () =>
        {
            if (string.IsNullOrEmpty(Role) != string.IsNullOrEmpty(Scope))
            {
                throw MidentityException.Argument(
                    ErrorIds.ArgumentOption, "-Role and -Scope belong together", "give both: which role, and where it holds");
            }
        });
    }

    private protected override IdentityChange Wanted(IReadOnlyList<string> piped)
    {
        var names = (SystemAssigned ? new[] { System } : []).Concat(UserAssigned).Concat(piped).ToList();
        return names.Count > 0
            ? new IdentityChange(NativeConstants.ChangeAdd, names)
            : throw MidentityException.Argument(
                ErrorIds.ArgumentIdentity, "no identity was named", "give -SystemAssigned, -UserAssigned, or pipe identities in");
    }

    private protected override void Then(MidVMIdentity machine, IdentityChange change)
    {
        if (Role == null)
        {
            return;
        }

        foreach (var name in change.Identities)
        {
            var user = machine.UserAssigned.FirstOrDefault(item =>
                item.Id.Equals(name, StringComparison.OrdinalIgnoreCase) || item.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            var principal = name == System ? machine.PrincipalId : user?.PrincipalId;
            if (principal == null)
            {
                WriteWarning($"{name} has no principal id yet; it did not get the role {Role}");
                continue;
            }

            Object(() => ArmCalls.RoleAssignmentCreate(Client, Scope!, Role, principal, null));
            WriteVerbose($"{name} has the role {Role} at {Scope}");
        }
    }
}
