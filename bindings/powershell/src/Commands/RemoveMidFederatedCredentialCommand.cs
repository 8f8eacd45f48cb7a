using System.Management.Automation;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Deletes a federated credential; one that is not there is as wanted.</summary>
[Cmdlet(
    VerbsCommon.Remove,
    "MidFederatedCredential",
    DefaultParameterSetName = NameSet,
    SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(bool))]
public sealed class RemoveMidFederatedCredentialCommand : FederatedCredentialCmdlet
{
    /// <summary>The credential's name. Not needed where the credential itself is piped in.</summary>
    [Parameter(Position = 2)]
    public string? Name { get; set; }

    /// <summary>Say whether it was there.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForRecord(Target, () =>
    {
        var identity = Owner();
        var name = CredentialName(Name) ?? throw MidentityException.Argument(
            ErrorIds.ArgumentName, "no federated credential was named", "give -Name, or pipe what Get-MidFederatedCredential returns");
        if (!ShouldProcess(identity.Id(ArmName.IdentityType), $"Delete federated credential {name}"))
        {
            return;
        }

        var wasThere = Value(() => ArmCalls.FederatedCredentialDelete(Client, identity, name)) is true;
        if (!wasThere)
        {
            WriteVerbose($"{name} was not there");
        }

        if (PassThru)
        {
            WriteObject(wasThere);
        }
    });
}
