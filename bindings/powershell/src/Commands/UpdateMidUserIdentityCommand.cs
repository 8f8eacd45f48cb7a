using System.Collections;
using System.Management.Automation;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Replaces the tags of a user-assigned identity.</summary>
[Cmdlet(
    VerbsData.Update,
    "MidUserIdentity",
    DefaultParameterSetName = NameSet,
    SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MidUserIdentity))]
public sealed class UpdateMidUserIdentityCommand : UserIdentityCmdlet
{
    /// <summary>The identity's resource group.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    public string ResourceGroupName { get; set; } = string.Empty;

    /// <summary>The identity's name.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = NameSet)]
    public string Name { get; set; } = string.Empty;

    /// <summary>All its tags from now on.</summary>
    [Parameter(Mandatory = true)]
    [Alias("Tags")]
    public Hashtable Tag { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForRecord(ParameterSetName == ResourceIdSet ? ResourceId : Name, () =>
    {
        var (identity, tags) = (Named(ResourceGroupName, Name), TagText(Tag));
        if (ShouldProcess(identity.Id(ArmName.IdentityType), $"Replace all tags by {tags}"))
        {
            WriteObject(new MidUserIdentity(Object(() => ArmCalls.UserIdentityUpdate(Client, identity, tags))));
        }
    });
}
