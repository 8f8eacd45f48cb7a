using System;
using System.Management.Automation;
using Midentity.PowerShell.Json;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Says who a script on this machine is to Azure: tenant, subscription, machine, identity.</summary>
[Cmdlet(VerbsCommon.Get, "MidContext")]
[OutputType(typeof(MidContext))]
public sealed class GetMidContextCommand : IdentityCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord() => ForInput(Identity, () =>
    {
        // A token is enough to be somebody; what the machine says besides may be missing.
        var token = Take("arm", false);
        var claims = token.Claims();
        using var instance = Call(() => InstanceCalls.New(Settings));
        var compute = OrNothing(() => Value(() => InstanceCalls.Get(instance, "compute", null)) as PSObject);
        var tenant = claims?.TenantId ?? OrNothing(() => Object(() => InstanceCalls.IdentityInfo(instance))).Text("tenant_id");
        WriteObject(new MidContext
        {
            TenantId = tenant,
            SubscriptionId = compute.Text("subscriptionId"),
            ResourceGroupName = compute.Text("resourceGroupName"),
            VMName = compute.Text("name"),
            Location = compute.Text("location"),
            IdentityType = claims?.ResourceId is not { } id ? null : ArmName.IsIdentity(id) ? "UserAssigned" : "SystemAssigned",
            ClientId = claims?.ClientId,
            PrincipalId = claims?.ObjectId,
            ResourceId = claims?.ResourceId,
            Roles = claims?.Roles ?? [],
            ExpiresOn = token.ExpiresOn,
            Source = token.Source,
        });
    });

    private PSObject? OrNothing(Func<PSObject?> read)
    {
        try
        {
            return read();
        }
        catch (MidentityException error)
        {
            WriteVerbose($"not known: {error.Message} ({error.Id})");
            return null;
        }
    }
}
