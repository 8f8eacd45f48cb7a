using System.Management.Automation;
using Midentity.PowerShell.Json;

namespace Midentity.PowerShell;

/// <summary>Whose tokens from elsewhere may be exchanged for those of a user-assigned identity.</summary>
public sealed class MidFederatedCredential
{
    internal MidFederatedCredential(PSObject json)
    {
        Id = json.Text("id") ?? string.Empty;
        Name = json.Text("name") ?? string.Empty;
        Issuer = json.Text("issuer");
        Subject = json.Text("subject");
        Audience = json.Texts("audiences");
    }

    /// <summary>Its resource id.</summary>
    public string Id { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The identity that it belongs to.</summary>
    public string? IdentityName => ArmName.Part(Id, "userAssignedIdentities");

    /// <summary>The identity's resource group.</summary>
    public string? ResourceGroupName => ArmName.Part(Id, "resourceGroups");

    /// <summary>Who issues the other tokens.</summary>
    public string? Issuer { get; }

    /// <summary>Whom they must be for.</summary>
    public string? Subject { get; }

    /// <summary>The audience that they must name.</summary>
    public string[] Audience { get; }
}
