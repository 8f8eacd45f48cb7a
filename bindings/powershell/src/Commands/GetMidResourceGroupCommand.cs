using System.Management.Automation;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Reads one resource group, or lists those of a subscription.</summary>
[Cmdlet(VerbsCommon.Get, "MidResourceGroup")]
[OutputType(typeof(MidResourceGroup))]
public sealed class GetMidResourceGroupCommand : ArmCmdlet
{
    /// <summary>Its name; may have wildcards. All where it is left out.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("ResourceGroupName")]
    [SupportsWildcards]
    public string? Name { get; set; }

    /// <summary>The subscription; else the machine's, else the only one that can be seen.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? SubscriptionId { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForRecord(Name, () =>
    {
        var subscription = Subscription(SubscriptionId);
        if (Name != null && !WildcardPattern.ContainsWildcardCharacters(Name))
        {
            WriteObject(new MidResourceGroup(Object(() => ArmCalls.ResourceGroupGet(Client, subscription, Name))));
            return;
        }

        var pattern = new WildcardPattern(Name ?? "*", WildcardOptions.IgnoreCase);
        foreach (var item in Pages(continuation => ArmCalls.ResourceGroupList(Client, subscription, continuation)))
        {
            var group = new MidResourceGroup(item);
            if (pattern.IsMatch(group.ResourceGroupName))
            {
                WriteObject(group);
            }
        }
    });
}
