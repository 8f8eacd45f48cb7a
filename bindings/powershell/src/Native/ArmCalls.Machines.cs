using System;
using System.Collections.Generic;

namespace Midentity.PowerShell.Native;

/// <summary>A wanted change of a machine's identities: a MIDENTITY_CHANGE_ constant, and which identities.</summary>
internal sealed class IdentityChange
{
    internal IdentityChange(int kind, IReadOnlyList<string> identities)
    {
        Kind = kind;
        Identities = identities;
    }

    internal int Kind { get; }

    internal IReadOnlyList<string> Identities { get; }
}

/// <summary>The identities of virtual machines and scale sets.</summary>
internal static unsafe partial class ArmCalls
{
    internal static OperationHandle VMIdentityShow(ArmClientHandle client, string machine)
    {
        using var texts = new NativeTexts();
        var m = texts.Add(machine);
        var status = NativeMethods.midentity_arm_vm_identity_show(client, m.Bytes, m.Length, out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }

    internal static OperationHandle VMIdentityPlan(ArmClientHandle client, string machine, IdentityChange change)
    {
        using var texts = new NativeTexts();
        var m = texts.Add(machine);
        var list = texts.Add(change.Identities);
        var status = NativeMethods.midentity_arm_vm_identity_plan(
            client, m.Bytes, m.Length, change.Kind, list, (nuint)change.Identities.Count, out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }

    internal static OperationHandle VMIdentityApply(ArmClientHandle client, string machine, IdentityChange change)
    {
        using var texts = new NativeTexts();
        var m = texts.Add(machine);
        var list = texts.Add(change.Identities);
        var count = (nuint)change.Identities.Count;
        OperationHandle operation;
        IntPtr error;
        var status = change.Kind switch
        {
            NativeConstants.ChangeAdd =>
                NativeMethods.midentity_arm_vm_identity_add(client, m.Bytes, m.Length, list, count, out operation, out error),
            NativeConstants.ChangeRemove =>
                NativeMethods.midentity_arm_vm_identity_remove(client, m.Bytes, m.Length, list, count, out operation, out error),
            NativeConstants.ChangeRemoveAllUser =>
                NativeMethods.midentity_arm_vm_identity_remove_all_user(client, m.Bytes, m.Length, out operation, out error),
            NativeConstants.ChangeRemoveAll =>
                NativeMethods.midentity_arm_vm_identity_remove_all(client, m.Bytes, m.Length, out operation, out error),
            _ =>
                NativeMethods.midentity_arm_vm_identity_set(client, m.Bytes, m.Length, list, count, out operation, out error),
        };
        NativeError.Check(status, error);
        return operation;
    }
}
