using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Takes identities from a machine; all others stay.</summary>
[Cmdlet(
    VerbsCommon.Remove,
    "MidVMIdentity",
    DefaultParameterSetName = NameSet,
    SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(MidVMIdentity))]
public sealed class RemoveMidVMIdentityCommand : MachineChangeCmdlet
{
    /// <summary>Disable the system-assigned identity. Its roles go with it.</summary>
    [Parameter]
    public SwitchParameter SystemAssigned { get; set; }

    /// <summary>User-assigned identities: resource ids, names in the machine's group, or identity objects.</summary>
    [Parameter]
    [Alias("IdentityId")]
    [IdentityReferences]
    public string[] UserAssigned { get; set; } = [];

    /// <summary>All user-assigned identities; the system-assigned one stays.</summary>
    [Parameter]
    public SwitchParameter AllUserAssigned { get; set; }

    /// <summary>All identities.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    private protected override IdentityChange Wanted(IReadOnlyList<string> piped)
    {
        var users = UserAssigned.Concat(piped).ToList();
        if ((All || AllUserAssigned) && users.Count > 0)
        {
            throw MidentityException.Argument(
                ErrorIds.ArgumentIdentity, "identities are named, and all are to go", "name none, or leave -All and -AllUserAssigned out");
        }

        if (All || (AllUserAssigned && SystemAssigned))
        {
            return new IdentityChange(NativeConstants.ChangeRemoveAll, []);
        }

        if (AllUserAssigned)
        {
            return new IdentityChange(NativeConstants.ChangeRemoveAllUser, []);
        }

        if (SystemAssigned)
        {
            users.Insert(0, System);
        }

        return users.Count > 0
            ? new IdentityChange(NativeConstants.ChangeRemove, users)
            : throw MidentityException.Argument(
                ErrorIds.ArgumentIdentity,
                "no identity was named",
                "give -SystemAssigned, -UserAssigned, -AllUserAssigned or -All, or pipe identities in");
    }
}
