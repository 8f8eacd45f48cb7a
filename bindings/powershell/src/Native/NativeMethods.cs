using System;
using System.Runtime.InteropServices;

namespace Midentity.PowerShell.Native;

/// <summary>The functions of midentity.h that the module calls: imports and nothing else. bool is a byte there.</summary>
internal static unsafe partial class NativeMethods
{
    /// <summary>Only a name: <see cref="NativeLoader"/> says which file it is.</summary>
    internal const string Library = "midentity";

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern uint midentity_abi_version();

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern byte* midentity_version();

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern byte* midentity_error_id(IntPtr error, out nuint length);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern byte* midentity_error_message(IntPtr error, out nuint length);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern byte* midentity_error_hint(IntPtr error, out nuint length);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_error_http_status(IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern byte* midentity_error_service_code(IntPtr error, out nuint length);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern byte* midentity_error_request_id(IntPtr error, out nuint length);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern byte* midentity_error_correlation_id(IntPtr error, out nuint length);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern byte* midentity_error_source(IntPtr error, out nuint length);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern long midentity_error_retry_after_ms(IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern uint midentity_error_attempts(IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern void midentity_error_free(IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern IntPtr midentity_value_get(IntPtr value, byte* path, nuint pathLength);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern byte* midentity_value_to_json(IntPtr value, out nuint length);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern void midentity_value_free(IntPtr value);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern byte* midentity_token_secret(TokenHandle token, out nuint length);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern long midentity_token_expires_on(TokenHandle token);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern long midentity_token_refresh_on(TokenHandle token);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern byte* midentity_token_type(TokenHandle token, out nuint length);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_token_source(TokenHandle token);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern byte midentity_token_identity_verified(TokenHandle token);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern byte midentity_token_from_cache(TokenHandle token);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern byte midentity_token_unchanged(TokenHandle token);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern void midentity_token_free(IntPtr token);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_operation_wait(OperationHandle operation, long timeoutMs, out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_operation_on_progress(
        OperationHandle operation,
        IntPtr callback,
        IntPtr context,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern void midentity_operation_cancel(OperationHandle operation);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern ulong midentity_operation_id(OperationHandle operation);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_operation_take_token(
        OperationHandle operation,
        out TokenHandle token,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_operation_take_value(
        OperationHandle operation,
        out ValueHandle value,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern void midentity_operation_free(IntPtr operation);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_credential_new(
        CredentialOptions* options,
        out CredentialHandle credential,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_credential_get_token_start(
        CredentialHandle credential,
        byte* scope,
        nuint scopeLength,
        TokenOptions* options,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern void midentity_credential_free(IntPtr credential);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern void midentity_credential_clear_tokens(CredentialHandle credential);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern void midentity_token_cache_clear();

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_token_provider_from_credential(
        CredentialHandle credential,
        out ProviderHandle provider,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_token_provider_new_static(
        byte* token,
        nuint tokenLength,
        long expiresOn,
        out ProviderHandle provider,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_token_provider_new_azure_cli(
        byte* tenant,
        nuint tenantLength,
        byte* program,
        nuint programLength,
        out ProviderHandle provider,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern void midentity_token_provider_free(IntPtr provider);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_instance_new(
        InstanceOptions* options,
        out InstanceHandle instance,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_instance_get(
        InstanceHandle instance,
        byte* path,
        nuint pathLength,
        byte* apiVersion,
        nuint apiVersionLength,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_instance_identity_info(
        InstanceHandle instance,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_instance_versions(
        InstanceHandle instance,
        out OperationHandle operation,
        out IntPtr error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern void midentity_instance_free(IntPtr instance);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern int midentity_log_set_callback(int level, IntPtr callback, IntPtr context, out IntPtr error);
}
