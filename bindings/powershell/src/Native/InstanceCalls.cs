using System;

namespace Midentity.PowerShell.Native;

/// <summary>Calls for instance metadata.</summary>
internal static unsafe class InstanceCalls
{
    internal static InstanceHandle New(MidSettings settings)
    {
        using var texts = new NativeTexts();
        var imds = texts.Add(settings.ImdsEndpoint);
        var options = new InstanceOptions
        {
            StructSize = (nuint)sizeof(InstanceOptions),
            ImdsEndpoint = imds.Bytes,
            ImdsEndpointLen = imds.Length,
            TimeoutMs = settings.Timeout,
        };
        NativeError.Check(NativeMethods.midentity_instance_new(&options, out var instance, out var error), error);
        return instance;
    }

    internal static OperationHandle Get(InstanceHandle instance, string? path, string? apiVersion)
    {
        using var texts = new NativeTexts();
        var (p, v) = (texts.Add(path), texts.Add(apiVersion));
        NativeError.Check(
            NativeMethods.midentity_instance_get(instance, p.Bytes, p.Length, v.Bytes, v.Length, out var operation, out var error),
            error);
        return operation;
    }

    internal static OperationHandle IdentityInfo(InstanceHandle instance)
    {
        NativeError.Check(NativeMethods.midentity_instance_identity_info(instance, out var operation, out var error), error);
        return operation;
    }

    internal static OperationHandle Versions(InstanceHandle instance)
    {
        NativeError.Check(NativeMethods.midentity_instance_versions(instance, out var operation, out var error), error);
        return operation;
    }

    /// <summary>Starts taking a token.</summary>
    internal static OperationHandle GetToken(CredentialHandle credential, string scope, bool forceRefresh, long timeout)
    {
        using var texts = new NativeTexts();
        var s = texts.Add(scope);
        var options = new TokenOptions
        {
            StructSize = (nuint)sizeof(TokenOptions),
            Flags = forceRefresh ? NativeConstants.TokenForceRefresh : 0,
            TimeoutMs = timeout,
        };
        NativeError.Check(
            NativeMethods.midentity_credential_get_token_start(credential, s.Bytes, s.Length, &options, out var operation, out var error),
            error);
        return operation;
    }
}
