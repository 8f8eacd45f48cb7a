using System.Collections;
using System.Management.Automation;
using Midentity.PowerShell.Json;

namespace Midentity.PowerShell;

/// <summary>A subscription that the caller can see.</summary>
public sealed class MidSubscription
{
    internal MidSubscription(PSObject json)
    {
        Id = json.Text("id") ?? string.Empty;
        SubscriptionId = json.Text("subscription_id");
        TenantId = json.Text("tenant_id");
        Name = json.Text("display_name");
        State = json.Text("state");
    }

    /// <summary>Its resource id, which is also its scope.</summary>
    public string Id { get; }

    /// <summary>Its id, a GUID.</summary>
    public string? SubscriptionId { get; }

    /// <summary>Its tenant.</summary>
    public string? TenantId { get; }

    /// <summary>Its display name.</summary>
    public string? Name { get; }

    /// <summary>Enabled, Disabled, …</summary>
    public string? State { get; }
}

/// <summary>A resource group.</summary>
public sealed class MidResourceGroup
{
    internal MidResourceGroup(PSObject json)
    {
        Id = json.Text("id") ?? string.Empty;
        ResourceGroupName = json.Text("name") ?? string.Empty;
        Location = json.Text("location");
        ProvisioningState = json.Text("provisioning_state");
        Tags = json.Table("tags");
    }

    /// <summary>Its resource id, which is also its scope.</summary>
    public string Id { get; }

    /// <summary>Its name.</summary>
    public string ResourceGroupName { get; }

    /// <summary>Its region.</summary>
    public string? Location { get; }

    /// <summary>Succeeded, Deleting, …</summary>
    public string? ProvisioningState { get; }

    /// <summary>Its tags.</summary>
    public Hashtable Tags { get; }
}
