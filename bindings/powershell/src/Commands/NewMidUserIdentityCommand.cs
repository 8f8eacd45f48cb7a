using System.Collections;
using System.Management.Automation;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Creates a user-assigned identity; one that is there already is as wanted.</summary>
[Cmdlet(VerbsCommon.New, "MidUserIdentity", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MidUserIdentity))]
public sealed class NewMidUserIdentityCommand : ArmCmdlet
{
    /// <summary>The resource group to create it in.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    public string ResourceGroupName { get; set; } = string.Empty;

    /// <summary>Its name: letters, digits, _ and -, 3 to 128 of them.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    public string Name { get; set; } = string.Empty;

    /// <summary>Its region; else the resource group's.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? Location { get; set; }

    /// <summary>Its tags.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("Tags")]
    public Hashtable? Tag { get; set; }

    /// <summary>The subscription; else the machine's, else the only one that can be seen.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? SubscriptionId { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForRecord(Name, () =>
    {
        var tags = Tag == null ? null : UserIdentityCmdlet.TagText(Tag);
        var identity = new ArmName(Subscription(SubscriptionId), ResourceGroupName, Name);
        var where = Location == null ? "the group's region" : Location;
        if (ShouldProcess(identity.Id(ArmName.IdentityType), $"Create user-assigned identity in {where}"))
        {
            WriteObject(new MidUserIdentity(Object(() => ArmCalls.UserIdentityCreate(Client, identity, Location, tags))));
        }
    });
}
