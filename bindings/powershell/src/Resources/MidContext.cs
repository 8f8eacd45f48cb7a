using System;

namespace Midentity.PowerShell;

/// <summary>Who a script on this machine is to Azure. A field that can't be known is null.</summary>
public sealed class MidContext
{
    /// <summary>The tenant.</summary>
    public string? TenantId { get; internal set; }

    /// <summary>The machine's subscription.</summary>
    public string? SubscriptionId { get; internal set; }

    /// <summary>The machine's resource group.</summary>
    public string? ResourceGroupName { get; internal set; }

    /// <summary>The machine's name.</summary>
    public string? VMName { get; internal set; }

    /// <summary>The machine's region.</summary>
    public string? Location { get; internal set; }

    /// <summary>SystemAssigned or UserAssigned, as the token says; null where it does not.</summary>
    public string? IdentityType { get; internal set; }

    /// <summary>The identity's client id.</summary>
    public string? ClientId { get; internal set; }

    /// <summary>The identity's object (principal) id.</summary>
    public string? PrincipalId { get; internal set; }

    /// <summary>The resource whose identity it is: the machine, or the user-assigned identity.</summary>
    public string? ResourceId { get; internal set; }

    /// <summary>The application roles that the token names; roles in Resource Manager are not among them.</summary>
    public string[] Roles { get; internal set; } = [];

    /// <summary>When the token expires, UTC.</summary>
    public DateTimeOffset ExpiresOn { get; internal set; }

    /// <summary>Where the token came from.</summary>
    public string Source { get; internal set; } = string.Empty;
}
