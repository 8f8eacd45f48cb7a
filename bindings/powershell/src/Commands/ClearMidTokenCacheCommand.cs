using System.Management.Automation;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Forgets every token that this process keeps, and the Azure CLI's that were taken through it.</summary>
[Cmdlet(VerbsCommon.Clear, "MidTokenCache", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(void))]
public sealed class ClearMidTokenCacheCommand : PSCmdlet
{
    /// <summary>Does nothing: all tokens go without it. Taken so that scripts can say so.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (ShouldProcess("the tokens that this process keeps", "Forget"))
        {
            NativeMethods.midentity_token_cache_clear();
            ArmClients.Forget();
        }
    }
}
