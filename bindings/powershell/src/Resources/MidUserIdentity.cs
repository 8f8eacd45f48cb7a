using System.Collections;
using System.Management.Automation;
using Midentity.PowerShell.Json;

namespace Midentity.PowerShell;

/// <summary>A user-assigned identity.</summary>
public sealed class MidUserIdentity
{
    internal MidUserIdentity(PSObject json)
    {
        Id = json.Text("id") ?? string.Empty;
        Name = json.Text("name") ?? string.Empty;
        Location = json.Text("location");
        ClientId = json.Text("client_id");
        PrincipalId = json.Text("principal_id");
        TenantId = json.Text("tenant_id");
        ClientSecretUrl = json.Text("client_secret_url");
        Tags = json.Table("tags");
    }

    /// <summary>Its resource id.</summary>
    public string Id { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its resource group.</summary>
    public string? ResourceGroupName => ArmName.Part(Id, "resourceGroups");

    /// <summary>Its subscription.</summary>
    public string? SubscriptionId => ArmName.Part(Id, "subscriptions");

    /// <summary>Its region.</summary>
    public string? Location { get; }

    /// <summary>Its client (application) id, which names it to token services.</summary>
    public string? ClientId { get; }

    /// <summary>Its principal (object) id, which roles are given to.</summary>
    public string? PrincipalId { get; }

    /// <summary>Its tenant.</summary>
    public string? TenantId { get; }

    /// <summary>An address that Azure's own services use; no secret.</summary>
    public string? ClientSecretUrl { get; }

    /// <summary>Its tags.</summary>
    public Hashtable Tags { get; }

    /// <inheritdoc/>
    public override string ToString() => Id;
}
