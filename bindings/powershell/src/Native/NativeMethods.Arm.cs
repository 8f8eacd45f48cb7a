using System;
using System.Runtime.InteropServices;

namespace Midentity.PowerShell.Native;

/// <summary>The functions of midentity.h for Resource Manager.</summary>
internal static unsafe partial class NativeMethods
{
    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_client_new(
        ProviderHandle provider,
        ArmClientOptions* options,
        out ArmClientHandle client,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern void midentity_arm_client_free(IntPtr client);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_request(
        ArmClientHandle client,
        byte* method,
        nuint methodLength,
        byte* path,
        nuint pathLength,
        byte* apiVersion,
        nuint apiVersionLength,
        byte* body,
        nuint bodyLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_request_and_wait(
        ArmClientHandle client,
        byte* method,
        nuint methodLength,
        byte* path,
        nuint pathLength,
        byte* apiVersion,
        nuint apiVersionLength,
        byte* body,
        nuint bodyLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_list(
        ArmClientHandle client,
        byte* path,
        nuint pathLength,
        byte* apiVersion,
        nuint apiVersionLength,
        byte* continuation,
        nuint continuationLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_resource_get(
        ArmClientHandle client,
        byte* resourceId,
        nuint resourceIdLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_subscription_list(
        ArmClientHandle client,
        byte* continuation,
        nuint continuationLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_resource_group_get(
        ArmClientHandle client,
        byte* subscription,
        nuint subscriptionLength,
        byte* name,
        nuint nameLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_resource_group_list(
        ArmClientHandle client,
        byte* subscription,
        nuint subscriptionLength,
        byte* continuation,
        nuint continuationLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_user_identity_create(
        ArmClientHandle client,
        byte* subscription,
        nuint subscriptionLength,
        byte* group,
        nuint groupLength,
        byte* name,
        nuint nameLength,
        byte* location,
        nuint locationLength,
        byte* tags,
        nuint tagsLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_user_identity_get(
        ArmClientHandle client,
        byte* subscription,
        nuint subscriptionLength,
        byte* group,
        nuint groupLength,
        byte* name,
        nuint nameLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_user_identity_list(
        ArmClientHandle client,
        byte* subscription,
        nuint subscriptionLength,
        byte* group,
        nuint groupLength,
        byte* continuation,
        nuint continuationLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_user_identity_update(
        ArmClientHandle client,
        byte* subscription,
        nuint subscriptionLength,
        byte* group,
        nuint groupLength,
        byte* name,
        nuint nameLength,
        byte* tags,
        nuint tagsLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_user_identity_delete(
        ArmClientHandle client,
        byte* subscription,
        nuint subscriptionLength,
        byte* group,
        nuint groupLength,
        byte* name,
        nuint nameLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_federated_credential_create(
        ArmClientHandle client,
        byte* subscription,
        nuint subscriptionLength,
        byte* group,
        nuint groupLength,
        byte* identity,
        nuint identityLength,
        byte* name,
        nuint nameLength,
        byte* issuer,
        nuint issuerLength,
        byte* subject,
        nuint subjectLength,
        byte** audiences,
        nuint audienceCount,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_federated_credential_get(
        ArmClientHandle client,
        byte* subscription,
        nuint subscriptionLength,
        byte* group,
        nuint groupLength,
        byte* identity,
        nuint identityLength,
        byte* name,
        nuint nameLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_federated_credential_list(
        ArmClientHandle client,
        byte* subscription,
        nuint subscriptionLength,
        byte* group,
        nuint groupLength,
        byte* identity,
        nuint identityLength,
        byte* continuation,
        nuint continuationLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_federated_credential_delete(
        ArmClientHandle client,
        byte* subscription,
        nuint subscriptionLength,
        byte* group,
        nuint groupLength,
        byte* identity,
        nuint identityLength,
        byte* name,
        nuint nameLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_vm_identity_show(
        ArmClientHandle client,
        byte* machine,
        nuint machineLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_vm_identity_plan(
        ArmClientHandle client,
        byte* machine,
        nuint machineLength,
        int change,
        byte** identities,
        nuint identityCount,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_vm_identity_add(
        ArmClientHandle client,
        byte* machine,
        nuint machineLength,
        byte** identities,
        nuint identityCount,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_vm_identity_remove(
        ArmClientHandle client,
        byte* machine,
        nuint machineLength,
        byte** identities,
        nuint identityCount,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_vm_identity_remove_all_user(
        ArmClientHandle client,
        byte* machine,
        nuint machineLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_vm_identity_remove_all(
        ArmClientHandle client,
        byte* machine,
        nuint machineLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_vm_identity_set(
        ArmClientHandle client,
        byte* machine,
        nuint machineLength,
        byte** identities,
        nuint identityCount,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_role_definition_list(
        ArmClientHandle client,
        byte* scope,
        nuint scopeLength,
        byte* continuation,
        nuint continuationLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_role_definition_find(
        ArmClientHandle client,
        byte* scope,
        nuint scopeLength,
        byte* role,
        nuint roleLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_role_assignment_create(
        ArmClientHandle client,
        byte* scope,
        nuint scopeLength,
        byte* role,
        nuint roleLength,
        byte* principalId,
        nuint principalIdLength,
        byte* principalType,
        nuint principalTypeLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_role_assignment_list(
        ArmClientHandle client,
        byte* scope,
        nuint scopeLength,
        byte* principalId,
        nuint principalIdLength,
        byte* continuation,
        nuint continuationLength,
        int filter,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_role_assignment_delete(
        ArmClientHandle client,
        byte* scope,
        nuint scopeLength,
        byte* assignment,
        nuint assignmentLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_role_assignment_wait_until_visible(
        ArmClientHandle client,
        byte* scope,
        nuint scopeLength,
        byte* assignment,
        nuint assignmentLength,
        long timeoutMs,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_arm_role_assignment_wait_until_allowed(
        ArmClientHandle client,
        byte* scope,
        nuint scopeLength,
        byte* action,
        nuint actionLength,
        long timeoutMs,
        out OperationHandle operation,
        out IntPtr error);
}
