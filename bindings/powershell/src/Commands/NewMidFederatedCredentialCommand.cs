using System.Management.Automation;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Lets tokens from elsewhere be exchanged for those of a user-assigned identity.</summary>
[Cmdlet(
    VerbsCommon.New,
    "MidFederatedCredential",
    DefaultParameterSetName = NameSet,
    SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MidFederatedCredential))]
public sealed class NewMidFederatedCredentialCommand : FederatedCredentialCmdlet
{
    /// <summary>The credential's name.</summary>
    [Parameter(Mandatory = true)]
    public string Name { get; set; } = string.Empty;

    /// <summary>Who issues the other tokens, such as https://token.actions.githubusercontent.com.</summary>
    [Parameter(Mandatory = true)]
    public string Issuer { get; set; } = string.Empty;

    /// <summary>Whom they must be for, such as repo:organization/repository:ref:refs/heads/main.</summary>
    [Parameter(Mandatory = true)]
    public string Subject { get; set; } = string.Empty;

    /// <summary>The audience that they must name; else api://AzureADTokenExchange.</summary>
    [Parameter]
    public string[] Audience { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForRecord(Target, () =>
    {
        var identity = Owner();
        if (ShouldProcess(identity.Id(ArmName.IdentityType), $"Trust {Subject} of {Issuer} as federated credential {Name}"))
        {
            var made = Object(() => ArmCalls.FederatedCredentialCreate(Client, identity, Name, Issuer, Subject, Audience));
            WriteObject(new MidFederatedCredential(made));
        }
    });
}
