using System.Management.Automation;

namespace Midentity.PowerShell.Commands;

/// <summary>A cmdlet for the federated credentials of one identity.</summary>
public abstract class FederatedCredentialCmdlet : UserIdentityCmdlet
{
    private protected FederatedCredentialCmdlet()
    {
    }

    /// <summary>The identity's resource group.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    public string ResourceGroupName { get; set; } = string.Empty;

    /// <summary>The identity's name.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = NameSet)]
    public string IdentityName { get; set; } = string.Empty;

    /// <summary>What errors are about.</summary>
    private protected string Target => ParameterSetName == ResourceIdSet ? ResourceId : IdentityName;

    /// <summary>The identity that the parameters name, or the credential that was piped in.</summary>
    private protected ArmName Owner() => Named(ResourceGroupName, IdentityName);

    /// <summary>The credential's name: the one that was given, else that of the credential's own id.</summary>
    private protected string? CredentialName(string? given) => given
        ?? (ParameterSetName == ResourceIdSet ? ArmName.Part(ResourceId, "federatedIdentityCredentials") : null);
}
