using System;
using System.Collections.Generic;

namespace Midentity.PowerShell.Native;

/// <summary>Calls of Resource Manager; each starts an operation.</summary>
internal static unsafe partial class ArmCalls
{
    internal static OperationHandle Request(
        ArmClientHandle client,
        string method,
        string path,
        string? apiVersion,
        string? body,
        bool wait)
    {
        using var texts = new NativeTexts();
        var (m, p, v, b) = (texts.Add(method), texts.Add(path), texts.Add(apiVersion), texts.Add(body));
        OperationHandle operation;
        IntPtr error;
        var status = wait
            ? NativeMethods.midentity_arm_request_and_wait(
                client, m.Bytes, m.Length, p.Bytes, p.Length, v.Bytes, v.Length, b.Bytes, b.Length, out operation, out error)
            : NativeMethods.midentity_arm_request(
                client, m.Bytes, m.Length, p.Bytes, p.Length, v.Bytes, v.Length, b.Bytes, b.Length, out operation, out error);
        NativeError.Check(status, error);
        return operation;
    }

    internal static OperationHandle List(ArmClientHandle client, string path, string? apiVersion, string? continuation)
    {
        using var texts = new NativeTexts();
        var (p, v, c) = (texts.Add(path), texts.Add(apiVersion), texts.Add(continuation));
        var status = NativeMethods.midentity_arm_list(
            client, p.Bytes, p.Length, v.Bytes, v.Length, c.Bytes, c.Length, out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }

    internal static OperationHandle ResourceGet(ArmClientHandle client, string id)
    {
        using var texts = new NativeTexts();
        var i = texts.Add(id);
        var status = NativeMethods.midentity_arm_resource_get(client, i.Bytes, i.Length, out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }

    internal static OperationHandle SubscriptionList(ArmClientHandle client, string? continuation)
    {
        using var texts = new NativeTexts();
        var c = texts.Add(continuation);
        var status = NativeMethods.midentity_arm_subscription_list(client, c.Bytes, c.Length, out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }

    internal static OperationHandle ResourceGroupGet(ArmClientHandle client, string subscription, string name)
    {
        using var texts = new NativeTexts();
        var (s, n) = (texts.Add(subscription), texts.Add(name));
        var status = NativeMethods.midentity_arm_resource_group_get(
            client, s.Bytes, s.Length, n.Bytes, n.Length, out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }

    internal static OperationHandle ResourceGroupList(ArmClientHandle client, string subscription, string? continuation)
    {
        using var texts = new NativeTexts();
        var (s, c) = (texts.Add(subscription), texts.Add(continuation));
        var status = NativeMethods.midentity_arm_resource_group_list(
            client, s.Bytes, s.Length, c.Bytes, c.Length, out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }
}
