using System.Management.Automation;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Reads one user-assigned identity, or lists those of a resource group or subscription.</summary>
[Cmdlet(VerbsCommon.Get, "MidUserIdentity", DefaultParameterSetName = NameSet)]
[OutputType(typeof(MidUserIdentity))]
public sealed class GetMidUserIdentityCommand : UserIdentityCmdlet
{
    /// <summary>The resource group; all of the subscription where it is left out.</summary>
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    public string? ResourceGroupName { get; set; }

    /// <summary>The identity's name; may have wildcards. All where it is left out.</summary>
    [Parameter(Position = 1, ParameterSetName = NameSet)]
    [SupportsWildcards]
    public string? Name { get; set; }

    private string? Target => ParameterSetName == ResourceIdSet ? ResourceId : Name ?? ResourceGroupName;

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForRecord(Target, () =>
    {
        var isOne = ParameterSetName == ResourceIdSet
            || (ResourceGroupName != null && Name != null && !WildcardPattern.ContainsWildcardCharacters(Name));
        if (isOne)
        {
            var identity = Named(ResourceGroupName ?? string.Empty, Name ?? string.Empty);
            WriteObject(new MidUserIdentity(Object(() => ArmCalls.UserIdentityGet(Client, identity))));
            return;
        }

        var (subscription, group) = (Subscription(SubscriptionId), ResourceGroupName ?? string.Empty);
        var pattern = new WildcardPattern(Name ?? "*", WildcardOptions.IgnoreCase);
        foreach (var item in Pages(continuation => ArmCalls.UserIdentityList(Client, subscription, group, continuation)))
        {
            var identity = new MidUserIdentity(item);
            if (pattern.IsMatch(identity.Name))
            {
                WriteObject(identity);
            }
        }
    });
}
