using System.Collections.Generic;

namespace Midentity.PowerShell.Native;

/// <summary>User-assigned identities and their federated credentials.</summary>
internal static unsafe partial class ArmCalls
{
    internal static OperationHandle UserIdentityCreate(
        ArmClientHandle client,
        ArmName identity,
        string? location,
        string? tags)
    {
        using var texts = new NativeTexts();
        var (s, g, n) = (texts.Add(identity.Subscription), texts.Add(identity.Group), texts.Add(identity.Name));
        var (l, t) = (texts.Add(location), texts.Add(tags));
        var status = NativeMethods.midentity_arm_user_identity_create(
            client, s.Bytes, s.Length, g.Bytes, g.Length, n.Bytes, n.Length, l.Bytes, l.Length, t.Bytes, t.Length,
            out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }

    internal static OperationHandle UserIdentityGet(ArmClientHandle client, ArmName identity)
    {
        using var texts = new NativeTexts();
        var (s, g, n) = (texts.Add(identity.Subscription), texts.Add(identity.Group), texts.Add(identity.Name));
        var status = NativeMethods.midentity_arm_user_identity_get(
            client, s.Bytes, s.Length, g.Bytes, g.Length, n.Bytes, n.Length, out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }

    internal static OperationHandle UserIdentityList(
        ArmClientHandle client,
        string subscription,
        string group,
        string? continuation)
    {
        using var texts = new NativeTexts();
        var (s, g, c) = (texts.Add(subscription), texts.Add(group), texts.Add(continuation));
        var status = NativeMethods.midentity_arm_user_identity_list(
            client, s.Bytes, s.Length, g.Bytes, g.Length, c.Bytes, c.Length, out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }

    internal static OperationHandle UserIdentityUpdate(ArmClientHandle client, ArmName identity, string tags)
    {
        using var texts = new NativeTexts();
        var (s, g, n) = (texts.Add(identity.Subscription), texts.Add(identity.Group), texts.Add(identity.Name));
        var t = texts.Add(tags);
        var status = NativeMethods.midentity_arm_user_identity_update(
            client, s.Bytes, s.Length, g.Bytes, g.Length, n.Bytes, n.Length, t.Bytes, t.Length,
            out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }

    internal static OperationHandle UserIdentityDelete(ArmClientHandle client, ArmName identity)
    {
        using var texts = new NativeTexts();
        var (s, g, n) = (texts.Add(identity.Subscription), texts.Add(identity.Group), texts.Add(identity.Name));
        var status = NativeMethods.midentity_arm_user_identity_delete(
            client, s.Bytes, s.Length, g.Bytes, g.Length, n.Bytes, n.Length, out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }

    internal static OperationHandle FederatedCredentialCreate(
        ArmClientHandle client,
        ArmName identity,
        string name,
        string issuer,
        string subject,
        IReadOnlyList<string> audiences)
    {
        using var texts = new NativeTexts();
        var (s, g, i) = (texts.Add(identity.Subscription), texts.Add(identity.Group), texts.Add(identity.Name));
        var (n, u, j) = (texts.Add(name), texts.Add(issuer), texts.Add(subject));
        var list = texts.Add(audiences);
        var status = NativeMethods.midentity_arm_federated_credential_create(
            client, s.Bytes, s.Length, g.Bytes, g.Length, i.Bytes, i.Length, n.Bytes, n.Length, u.Bytes, u.Length,
            j.Bytes, j.Length, list, (nuint)audiences.Count, out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }

    internal static OperationHandle FederatedCredentialGet(ArmClientHandle client, ArmName identity, string name)
    {
        using var texts = new NativeTexts();
        var (s, g, i) = (texts.Add(identity.Subscription), texts.Add(identity.Group), texts.Add(identity.Name));
        var n = texts.Add(name);
        var status = NativeMethods.midentity_arm_federated_credential_get(
            client, s.Bytes, s.Length, g.Bytes, g.Length, i.Bytes, i.Length, n.Bytes, n.Length,
            out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }

    internal static OperationHandle FederatedCredentialList(ArmClientHandle client, ArmName identity, string? continuation)
    {
        using var texts = new NativeTexts();
        var (s, g, i) = (texts.Add(identity.Subscription), texts.Add(identity.Group), texts.Add(identity.Name));
        var c = texts.Add(continuation);
        var status = NativeMethods.midentity_arm_federated_credential_list(
            client, s.Bytes, s.Length, g.Bytes, g.Length, i.Bytes, i.Length, c.Bytes, c.Length,
            out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }

    internal static OperationHandle FederatedCredentialDelete(ArmClientHandle client, ArmName identity, string name)
    {
        using var texts = new NativeTexts();
        var (s, g, i) = (texts.Add(identity.Subscription), texts.Add(identity.Group), texts.Add(identity.Name));
        var n = texts.Add(name);
        var status = NativeMethods.midentity_arm_federated_credential_delete(
            client, s.Bytes, s.Length, g.Bytes, g.Length, i.Bytes, i.Length, n.Bytes, n.Length,
            out var operation, out var error);
        NativeError.Check(status, error);
        return operation;
    }
}
