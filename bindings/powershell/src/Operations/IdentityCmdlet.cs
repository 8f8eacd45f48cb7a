using System.Management.Automation;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>A cmdlet that takes tokens for one of the machine's identities: at most one parameter names which.</summary>
public abstract class IdentityCmdlet : MidNetworkCmdlet
{
    private protected const string DefaultSet = "Default";
    private protected const string IdentitySet = "Identity";
    private protected const string ClientIdSet = "ClientId";
    private protected const string ObjectIdSet = "ObjectId";
    private protected const string ResourceIdSet = "ResourceId";
    private protected const string SystemAssignedSet = "SystemAssigned";

    private protected IdentityCmdlet()
    {
    }

    /// <summary>
    /// Which identity: a client id, a resource id, or an object that Get-MidUserIdentity or Get-AzUserAssignedIdentity returned.
    /// </summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = IdentitySet)]
    [IdentityTransformation]
    public MidIdentity? Identity { get; set; }

    /// <summary>The client (application) id of a user-assigned identity.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ClientIdSet)]
    [AllowEmptyString]
    public string? ClientId { get; set; }

    /// <summary>The object (principal) id of an identity.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ObjectIdSet)]
    [Alias("PrincipalId")]
    [AllowEmptyString]
    public string? ObjectId { get; set; }

    /// <summary>The resource id of a user-assigned identity.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ResourceIdSet)]
    [AllowEmptyString]
    public string? ResourceId { get; set; }

    /// <summary>The system-assigned identity and no other: a token that can't be shown to be its is refused.</summary>
    [Parameter(Mandatory = true, ParameterSetName = SystemAssignedSet)]
    public SwitchParameter SystemAssigned { get; set; }

    /// <summary>Where tokens come from.</summary>
    [Parameter]
    public MidTokenSource Source { get; set; }

    /// <summary>The identity that the parameters name. An empty id goes to the library, which refuses it.</summary>
    private protected MidIdentity Chosen => ParameterSetName switch
    {
        IdentitySet => Identity ?? MidIdentity.Default,
        ClientIdSet => new MidIdentity(MidIdentityKind.ClientId, ClientId),
        ObjectIdSet => new MidIdentity(MidIdentityKind.ObjectId, ObjectId),
        ResourceIdSet => new MidIdentity(MidIdentityKind.ResourceId, ResourceId),
        SystemAssignedSet when SystemAssigned => MidIdentity.SystemAssigned,
        _ => MidIdentity.Default,
    };

    /// <summary>Takes a token.</summary>
    private protected MidToken Take(string scope, bool forceRefresh)
    {
        var (identity, settings) = (Chosen, Settings);
        var credential = Call(() => Credentials.Get(identity, Source, settings));
        using var token = Token(() => InstanceCalls.GetToken(credential, scope, forceRefresh, 0));
        return new MidToken(token, scope, identity);
    }
}
