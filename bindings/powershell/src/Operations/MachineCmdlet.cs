using System;
using System.Management.Automation;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>
/// A cmdlet for one virtual machine or scale set, named by group and name, by resource id, or piped in. One parameter takes
/// what is piped, and the code looks at it: objects of Azure's modules have so many properties that several by-name
/// parameters would meet.
/// </summary>
public abstract class MachineCmdlet : ArmCmdlet
{
    private protected const string NameSet = "Name";
    private protected const string ScaleSetSet = "ScaleSet";
    private protected const string ResourceIdSet = "ResourceId";
    private protected const string InputSet = "InputObject";

    private protected MachineCmdlet()
    {
    }

    /// <summary>The machine's resource group.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ScaleSetSet)]
    public string ResourceGroupName { get; set; } = string.Empty;

    /// <summary>The virtual machine's name.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = NameSet)]
    [Alias("Name")]
    public string VMName { get; set; } = string.Empty;

    /// <summary>The scale set's name.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ScaleSetSet)]
    [Alias("VMSSName")]
    public string VMScaleSetName { get; set; } = string.Empty;

    /// <summary>The resource id of the virtual machine or scale set.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ResourceIdSet)]
    [Alias("Id", "VMId")]
    public string ResourceId { get; set; } = string.Empty;

    /// <summary>The subscription; else the machine's own, else the only one that can be seen.</summary>
    [Parameter(ParameterSetName = NameSet)]
    [Parameter(ParameterSetName = ScaleSetSet)]
    public string? SubscriptionId { get; set; }

    /// <summary>The resource id of the machine that the parameters name; null where it is piped in.</summary>
    private protected string? Named() => ParameterSetName switch
    {
        NameSet => new ArmName(Subscription(SubscriptionId), ResourceGroupName, VMName).Id(ArmName.MachineType),
        ScaleSetSet => new ArmName(Subscription(SubscriptionId), ResourceGroupName, VMScaleSetName).Id(ArmName.ScaleSetType),
        ResourceIdSet => ResourceId,
        _ => null,
    };

    /// <summary>The resource id of a machine that was piped in.</summary>
    private protected static string Piped(PSObject given)
    {
        var text = given.BaseObject as string
            ?? given.Properties["Id"]?.Value as string
            ?? given.Properties["ResourceId"]?.Value as string;
        if (ArmName.IsMachine(text))
        {
            return text!;
        }

        if (given.Properties["IsSuccessStatusCode"] != null
            || given.TypeNames[0].EndsWith("PSAzureOperationResponse", StringComparison.Ordinal))
        {
            throw MidentityException.Argument(
                ErrorIds.ArgumentName,
                "this is the answer to New-AzVM or Update-AzVM, which does not name the machine",
                "pipe the machine itself: Get-AzVM -ResourceGroupName … -Name … | …");
        }

        throw ArmName.IsIdentity(text)
            ? MidentityException.Argument(
                ErrorIds.ArgumentName,
                "a user-assigned identity was piped in, and no machine was named",
                "name the machine: -ResourceGroupName … -VMName …")
            : MidentityException.Argument(
                ErrorIds.ArgumentName,
                text == null
                    ? "the object that was piped in has no resource id: the machine may not exist yet"
                    : $"'{text}' is no id of a machine",
                "pipe what Get-AzVM or Get-MidVMIdentity returns, or name -ResourceGroupName and -VMName");
    }
}
