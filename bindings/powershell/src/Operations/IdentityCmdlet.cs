using System.Linq;
using System.Management.Automation;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>A cmdlet that takes tokens for one of the machine's identities: at most one parameter names which.</summary>
public abstract class IdentityCmdlet : MidNetworkCmdlet
{
    private static readonly string[] Names =
        [nameof(Identity), nameof(ClientId), nameof(ObjectId), nameof(ResourceId), nameof(SystemAssigned)];

    private protected IdentityCmdlet()
    {
    }

    /// <summary>
    /// Which identity: a client id, a resource id, or an object that Get-MidUserIdentity or Get-AzUserAssignedIdentity returned.
    /// </summary>
    [Parameter(ValueFromPipeline = true)]
    [IdentityTransformation]
    public MidIdentity? Identity { get; set; }

    /// <summary>The client (application) id of a user-assigned identity.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? ClientId { get; set; }

    /// <summary>The object (principal) id of an identity.</summary>
    [Parameter]
    [Alias("PrincipalId")]
    [AllowEmptyString]
    public string? ObjectId { get; set; }

    /// <summary>The resource id of a user-assigned identity.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? ResourceId { get; set; }

    /// <summary>The system-assigned identity and no other: a token that can't be shown to be its is refused.</summary>
    [Parameter]
    public SwitchParameter SystemAssigned { get; set; }

    /// <summary>Where tokens come from.</summary>
    [Parameter]
    public MidTokenSource Source { get; set; }

    /// <summary>
    /// The identity that the parameters name. An empty id goes to the library, which refuses it. No parameter sets keep the
    /// parameters apart: the engine's words on two sets tell nobody what to do.
    /// </summary>
    private protected MidIdentity Chosen
    {
        get
        {
            var named = Names.Where(MyInvocation.BoundParameters.ContainsKey).ToList();
            if (named.Count > 1)
            {
                throw MidentityException.Argument(
                    ErrorIds.ArgumentIdentity,
                    $"{string.Join(" and ", named.Select(name => "-" + name))} each name the identity",
                    "give one of them");
            }

            return named.SingleOrDefault() switch
            {
                nameof(Identity) => Identity ?? throw MidentityException.Argument(
                    ErrorIds.ArgumentIdentity, "-Identity was given, and it is null", "look at where it should have come from"),
                nameof(ClientId) => new MidIdentity(MidIdentityKind.ClientId, ClientId),
                nameof(ObjectId) => new MidIdentity(MidIdentityKind.ObjectId, ObjectId),
                nameof(ResourceId) => new MidIdentity(MidIdentityKind.ResourceId, ResourceId),
                nameof(SystemAssigned) when SystemAssigned => MidIdentity.SystemAssigned,
                _ => MidIdentity.Default,
            };
        }
    }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (ProxyVariables.Warning(Settings.ImdsEndpoint) is { } warning)
        {
            WriteWarning(warning);
        }
    }

    /// <summary>Takes a token.</summary>
    private protected MidToken Take(string scope, bool forceRefresh)
    {
        var (identity, settings) = (Chosen, Settings);
        var credential = Call(() => Credentials.Get(identity, Source, settings));
        using var token = Token(() => InstanceCalls.GetToken(credential, scope, forceRefresh, 0));
        return new MidToken(token, scope, identity);
    }
}
