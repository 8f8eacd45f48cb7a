using System;
using System.Linq;
using System.Management.Automation;
using Midentity.PowerShell.Json;

namespace Midentity.PowerShell;

/// <summary>Which kinds of identity a machine has.</summary>
[Flags]
public enum MidVMIdentityType
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The one that belongs to the machine.</summary>
    SystemAssigned = 1,

    /// <summary>Some that live by themselves.</summary>
    UserAssigned = 2,
}

/// <summary>A user-assigned identity that a machine has.</summary>
public sealed class MidAssignedIdentity
{
    internal MidAssignedIdentity(PSObject json)
    {
        Id = json.Text("id") ?? string.Empty;
        ClientId = json.Text("client_id");
        PrincipalId = json.Text("principal_id");
    }

    /// <summary>Its resource id.</summary>
    public string Id { get; }

    /// <summary>Its name.</summary>
    public string Name => Id.Substring(Id.LastIndexOf('/') + 1);

    /// <summary>Its client id; null for one that is deleted.</summary>
    public string? ClientId { get; }

    /// <summary>Its principal (object) id; null for one that is deleted.</summary>
    public string? PrincipalId { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>The identities of a virtual machine or scale set.</summary>
public sealed class MidVMIdentity
{
    internal MidVMIdentity(string machine, PSObject json)
    {
        ResourceId = machine;
        PrincipalId = json.Text("system_assigned");
        TenantId = json.Text("tenant_id");
        UserAssigned = [.. json.Objects("user_assigned").Select(item => new MidAssignedIdentity(item))];
        Warnings = json.Texts("warnings");
        Type = Enum.TryParse<MidVMIdentityType>(json.Text("kind"), true, out var type) ? type : MidVMIdentityType.None;
    }

    /// <summary>The machine's resource id.</summary>
    public string ResourceId { get; }

    /// <summary>The machine's name.</summary>
    public string VMName => ResourceId.Substring(ResourceId.LastIndexOf('/') + 1);

    /// <summary>The machine's resource group.</summary>
    public string? ResourceGroupName => ArmName.Part(ResourceId, "resourceGroups");

    /// <summary>The machine's subscription.</summary>
    public string? SubscriptionId => ArmName.Part(ResourceId, "subscriptions");

    /// <summary>Which kinds of identity it has.</summary>
    public MidVMIdentityType Type { get; }

    /// <summary>The system-assigned identity's principal (object) id; null where it has none.</summary>
    public string? PrincipalId { get; }

    /// <summary>The tenant of its identities.</summary>
    public string? TenantId { get; }

    /// <summary>Its user-assigned identities.</summary>
    public MidAssignedIdentity[] UserAssigned { get; }

    /// <summary>What the reader should know, such as a retired extension on the machine.</summary>
    public string[] Warnings { get; }
}
