using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Gives a machine exactly these identities; all others go.</summary>
[Cmdlet(
    VerbsCommon.Set,
    "MidVMIdentity",
    DefaultParameterSetName = NameSet,
    SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MidVMIdentity))]
public sealed class SetMidVMIdentityCommand : MachineChangeCmdlet
{
    /// <summary>Which kinds of identity it is to have: None, SystemAssigned, UserAssigned, or the last two with a comma.</summary>
    [Parameter(Mandatory = true)]
    [Alias("IdentityType")]
    public MidVMIdentityType Type { get; set; }

    /// <summary>Its user-assigned identities: resource ids, names in the machine's group, or identity objects.</summary>
    [Parameter]
    [Alias("IdentityId")]
    [IdentityReferences]
    public string[] UserAssigned { get; set; } = [];

    private protected override IdentityChange Wanted(IReadOnlyList<string> piped)
    {
        var names = UserAssigned.Concat(piped).ToList();
        if (Type.HasFlag(MidVMIdentityType.UserAssigned) != names.Count > 0)
        {
            throw MidentityException.Argument(
                ErrorIds.ArgumentIdentity,
                $"the type is {Type}, and {(names.Count > 0 ? "user-assigned identities are" : "no user-assigned identity is")} named",
                "let -Type and -UserAssigned say the same");
        }

        if (Type.HasFlag(MidVMIdentityType.SystemAssigned))
        {
            names.Insert(0, System);
        }

        return new IdentityChange(NativeConstants.ChangeSet, names);
    }
}
