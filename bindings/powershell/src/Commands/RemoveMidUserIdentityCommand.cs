using System.Management.Automation;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Deletes a user-assigned identity; one that is not there is as wanted.</summary>
[Cmdlet(
    VerbsCommon.Remove,
    "MidUserIdentity",
    DefaultParameterSetName = NameSet,
    SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(bool))]
public sealed class RemoveMidUserIdentityCommand : UserIdentityCmdlet
{
    /// <summary>The identity's resource group.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    public string ResourceGroupName { get; set; } = string.Empty;

    /// <summary>The identity's name.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = NameSet)]
    public string Name { get; set; } = string.Empty;

    /// <summary>Say whether it was there.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForRecord(ParameterSetName == ResourceIdSet ? ResourceId : Name, () =>
    {
        var identity = Named(ResourceGroupName, Name);
        var id = identity.Id(ArmName.IdentityType);
        if (!ShouldProcess(id, "Delete user-assigned identity (machines that have it keep a dangling reference)"))
        {
            return;
        }

        var wasThere = Value(() => ArmCalls.UserIdentityDelete(Client, identity)) is true;
        if (!wasThere)
        {
            WriteVerbose($"{id} was not there");
        }

        if (PassThru)
        {
            WriteObject(wasThere);
        }
    });
}
