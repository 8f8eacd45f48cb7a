using System.Management.Automation;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Reads which identities a virtual machine or scale set has.</summary>
[Cmdlet(VerbsCommon.Get, "MidVMIdentity", DefaultParameterSetName = NameSet)]
[OutputType(typeof(MidVMIdentity))]
public sealed class GetMidVMIdentityCommand : MachineCmdlet
{
    /// <summary>A machine, as Get-AzVM or Get-AzVmss return it, or its resource id.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    public PSObject? InputObject { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        object? named = ParameterSetName == ResourceIdSet ? ResourceId : $"{VMName}{VMScaleSetName}";
        ForRecord(ParameterSetName == InputSet ? InputObject : named, () =>
        {
            var machine = Named() ?? Piped(InputObject!);
            var identity = new MidVMIdentity(machine, Object(() => ArmCalls.VMIdentityShow(Client, machine)));
            foreach (var warning in identity.Warnings)
            {
                WriteWarning(warning);
            }

            WriteObject(identity);
        });
    }
}
