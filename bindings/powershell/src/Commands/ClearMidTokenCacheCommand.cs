using System.Management.Automation;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Forgets tokens that this process keeps: one identity's, or every one and the Azure CLI's that were taken through it.</summary>
[Cmdlet(VerbsCommon.Clear, "MidTokenCache", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(void))]
public sealed class ClearMidTokenCacheCommand : MidNetworkCmdlet
{
    /// <summary>
    /// Only this identity's: a client id, a resource id, SystemAssigned, or an object that Get-MidUserIdentity or
    /// Get-AzUserAssignedIdentity returned; named as where its tokens were taken.
    /// </summary>
    [Parameter(Position = 0)]
    [IdentityTransformation]
    public MidIdentity? Identity { get; set; }

    /// <summary>Does nothing: all tokens go where no identity is named. Taken so that scripts can say so.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing() => OrThrow(Identity, () =>
    {
        if (All && Identity != null)
        {
            throw MidentityException.Argument(
                ErrorIds.ArgumentOption, "-All and -Identity say which tokens are meant", "give one of them");
        }

        if (Identity is { } identity)
        {
            if (ShouldProcess($"the tokens that this process keeps for {identity}", "Forget"))
            {
                NativeMethods.midentity_credential_clear_tokens(
                    Call(() => Credentials.Get(identity, MidTokenSource.Auto, Settings)));
            }
        }
        else if (ShouldProcess("the tokens that this process keeps", "Forget"))
        {
            NativeMethods.midentity_token_cache_clear();
            ArmClients.Forget();
        }
    });
}
