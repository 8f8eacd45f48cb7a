using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using Midentity.PowerShell.Json;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>A cmdlet that changes which identities a machine has.</summary>
public abstract class MachineChangeCmdlet : MachineCmdlet
{
    private protected const string System = "[system]";

    private readonly List<string> piped = [];

    private protected MachineChangeCmdlet()
    {
    }

    /// <summary>
    /// A machine, as Get-AzVM, Get-AzVmss or Get-MidVMIdentity return it, or its resource id. Where the machine is named by
    /// other parameters: user-assigned identities, as Get-MidUserIdentity or Get-AzUserAssignedIdentity return them.
    /// </summary>
    [Parameter(ValueFromPipeline = true, ParameterSetName = NameSet)]
    [Parameter(ValueFromPipeline = true, ParameterSetName = ScaleSetSet)]
    [Parameter(ValueFromPipeline = true, ParameterSetName = ResourceIdSet)]
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InputSet)]
    public PSObject? InputObject { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == InputSet)
        {
            ForRecord(InputObject, () => Change(Piped(InputObject!), Wanted([])));
        }
        else if (InputObject != null)
        {
            ForRecord(InputObject, () => piped.Add(PipedIdentity(InputObject)));
        }
    }

    /// <summary>Where the machine is named, all identities that were piped in make one change.</summary>
    protected override void EndProcessing()
    {
        if (ParameterSetName == InputSet || (MyInvocation.ExpectingInput && piped.Count == 0 && InputObject != null))
        {
            return;
        }

        object target = ParameterSetName == ResourceIdSet ? ResourceId : $"{VMName}{VMScaleSetName}";
        ForRecord(target, () => Change(Named()!, Wanted(piped)));
    }

    /// <summary>What the parameters, and the identities that were piped in, want.</summary>
    private protected abstract IdentityChange Wanted(IReadOnlyList<string> piped);

    /// <summary>What else is done with the identities that were named.</summary>
    private protected virtual string? Besides => null;

    /// <summary>Does what <see cref="Besides"/> says.</summary>
    private protected virtual void Then(MidVMIdentity machine, IdentityChange change)
    {
    }

    private static string PipedIdentity(PSObject given)
    {
        try
        {
            return IdentityReferencesAttribute.Name(given);
        }
        catch (ArgumentTransformationMetadataException error)
        {
            throw MidentityException.Argument(
                ErrorIds.ArgumentIdentity, error.Message, "pipe what Get-MidUserIdentity returns, or use -UserAssigned");
        }
    }

    private void Change(string machine, IdentityChange change)
    {
        var plan = Object(() => ArmCalls.VMIdentityPlan(Client, machine, change));
        foreach (var warning in plan.Texts("warnings"))
        {
            WriteWarning(warning);
        }

        var isChange = plan.Flag("changes");
        if (!isChange)
        {
            WriteVerbose($"{machine} is as wanted; nothing is sent");
        }

        if ((isChange || Besides != null) && !ShouldProcess(machine, Describe(plan)))
        {
            return;
        }

        var result = Object(() => isChange
            ? ArmCalls.VMIdentityApply(Client, machine, change)
            : ArmCalls.VMIdentityShow(Client, machine));
        var identity = new MidVMIdentity(machine, result);
        foreach (var warning in identity.Warnings.Except(plan.Texts("warnings")))
        {
            WriteWarning(warning);
        }

        Then(identity, change);
        WriteObject(identity);
    }

    private string Describe(PSObject plan)
    {
        string List(string name) => plan.Texts(name) is { Length: > 0 } ids ? string.Join(", ", ids) : "none";
        var text = $"Change identities: stays: {List("stays")}; comes: {List("comes")}; goes: {List("goes")}";
        return Besides == null ? text : $"{text}; {Besides}";
    }
}
