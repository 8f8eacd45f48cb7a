using System.Management.Automation;

namespace Midentity.PowerShell.Commands;

/// <summary>A cmdlet that asks a service: where that is, and for how long.</summary>
public abstract class MidNetworkCmdlet : MidCmdlet
{
    private MidSettings? settings;

    private protected MidNetworkCmdlet()
    {
    }

    /// <summary>
    /// The cloud: AzureCloud, AzureUSGovernment, AzureChinaCloud, or the https origin of a private one. Else the session's, else
    /// the variable MIDENTITY_CLOUD, else AzureCloud.
    /// </summary>
    [Parameter]
    [ArgumentCompleter(typeof(CloudCompleter))]
    public string? Cloud { get; set; }

    /// <summary>
    /// A PEM file of the root certificates to trust, and no others. Else the session's, else the variable MIDENTITY_CA_FILE,
    /// else the system's roots.
    /// </summary>
    [Parameter]
    public string? CaFile { get; set; }

    /// <summary>
    /// Where the metadata service answers. Else the session's, else the variable AZURE_POD_IDENTITY_AUTHORITY_HOST, else
    /// http://169.254.169.254.
    /// </summary>
    [Parameter]
    public string? ImdsEndpoint { get; set; }

    /// <summary>The longest that a call may take, tries and waits included, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int TimeoutSec { get; set; }

    private protected MidSettings Settings => settings ??= new MidSettings(
        Cloud,
        CaFile == null ? null : SessionState.Path.GetUnresolvedProviderPathFromPSPath(CaFile),
        ImdsEndpoint,
        TimeoutSec * 1000L);
}
