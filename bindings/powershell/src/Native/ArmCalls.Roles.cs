namespace Midentity.PowerShell.Native;

/// <summary>Roles and who has them.</summary>
internal static unsafe partial class ArmCalls
{
    internal static OperationHandle RoleDefinitionFind(ArmClientHandle client, string scope, string role)
    {
        using var texts = new NativeTexts();
        var (s, r) = (texts.Add(scope), texts.Add(role));
        var status = NativeMethods.midentity_arm_role_definition_find(
            client, s.Bytes, s.Length, r.Bytes, r.Length, out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }

    internal static OperationHandle RoleDefinitionList(ArmClientHandle client, string scope, string? continuation)
    {
        using var texts = new NativeTexts();
        var (s, c) = (texts.Add(scope), texts.Add(continuation));
        var status = NativeMethods.midentity_arm_role_definition_list(
            client, s.Bytes, s.Length, c.Bytes, c.Length, out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }

    internal static OperationHandle RoleAssignmentCreate(
        ArmClientHandle client,
        string scope,
        string role,
        string principal,
        string? principalType)
    {
        using var texts = new NativeTexts();
        var (s, r, p, t) = (texts.Add(scope), texts.Add(role), texts.Add(principal), texts.Add(principalType));
        var status = NativeMethods.midentity_arm_role_assignment_create(
            client, s.Bytes, s.Length, r.Bytes, r.Length, p.Bytes, p.Length, t.Bytes, t.Length,
            out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }

    internal static OperationHandle RoleAssignmentList(
        ArmClientHandle client,
        string scope,
        int filter,
        string? principal,
        string? continuation)
    {
        using var texts = new NativeTexts();
        var (s, p, c) = (texts.Add(scope), texts.Add(principal), texts.Add(continuation));
        var status = NativeMethods.midentity_arm_role_assignment_list(
            client, s.Bytes, s.Length, p.Bytes, p.Length, c.Bytes, c.Length, filter, out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }

    internal static OperationHandle RoleAssignmentDelete(ArmClientHandle client, string scope, string assignment)
    {
        using var texts = new NativeTexts();
        var (s, a) = (texts.Add(scope), texts.Add(assignment));
        var status = NativeMethods.midentity_arm_role_assignment_delete(
            client, s.Bytes, s.Length, a.Bytes, a.Length, out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }

    /// <summary>Waits until an assignment can be read: what can be known for any principal.</summary>
    internal static OperationHandle RoleAssignmentVisible(ArmClientHandle client, string scope, string assignment, long timeout)
    {
        using var texts = new NativeTexts();
        var (s, a) = (texts.Add(scope), texts.Add(assignment));
        var status = NativeMethods.midentity_arm_role_assignment_wait_until_visible(
            client, s.Bytes, s.Length, a.Bytes, a.Length, timeout, out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }

    /// <summary>Waits until the caller itself may do an action.</summary>
    internal static OperationHandle RoleAssignmentAllowed(ArmClientHandle client, string scope, string action, long timeout)
    {
        using var texts = new NativeTexts();
        var (s, a) = (texts.Add(scope), texts.Add(action));
        var status = NativeMethods.midentity_arm_role_assignment_wait_until_allowed(
            client, s.Bytes, s.Length, a.Bytes, a.Length, timeout, out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }
}
