using System.Management.Automation;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Reads one federated credential of a user-assigned identity, or lists them.</summary>
[Cmdlet(VerbsCommon.Get, "MidFederatedCredential", DefaultParameterSetName = NameSet)]
[OutputType(typeof(MidFederatedCredential))]
public sealed class GetMidFederatedCredentialCommand : FederatedCredentialCmdlet
{
    /// <summary>The credential's name; all where it is left out.</summary>
    [Parameter(Position = 2)]
    public string? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForRecord(Target, () =>
    {
        var identity = Owner();
        if (CredentialName(Name) is { } name)
        {
            WriteObject(new MidFederatedCredential(Object(() => ArmCalls.FederatedCredentialGet(Client, identity, name))));
            return;
        }

        foreach (var item in Pages(continuation => ArmCalls.FederatedCredentialList(Client, identity, continuation)))
        {
            WriteObject(new MidFederatedCredential(item));
        }
    });
}
