using System;
using System.Linq;
using System.Management.Automation;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Lists the subscriptions that the caller can see.</summary>
[Cmdlet(VerbsCommon.Get, "MidSubscription")]
[OutputType(typeof(MidSubscription))]
public sealed class GetMidSubscriptionCommand : ArmCmdlet
{
    /// <summary>Only the one with this id.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [Alias("Id")]
    public string? SubscriptionId { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForRecord(SubscriptionId, () =>
    {
        var wanted = SubscriptionId?.Substring(SubscriptionId.LastIndexOf('/') + 1);
        var isFound = wanted == null;
        foreach (var item in Pages(continuation => ArmCalls.SubscriptionList(Client, continuation)))
        {
            var subscription = new MidSubscription(item);
            if (wanted == null || string.Equals(subscription.SubscriptionId, wanted, StringComparison.OrdinalIgnoreCase))
            {
                isFound = true;
                WriteObject(subscription);
            }
        }

        if (!isFound)
        {
            throw new MidentityException(
                MidErrorKind.NotFound,
                ErrorIds.ArmNotFound,
                $"there is no subscription {wanted} that the caller can see",
                "check the id; or grant the caller a role in it");
        }
    });
}
