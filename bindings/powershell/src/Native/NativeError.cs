using System;

namespace Midentity.PowerShell.Native;

/// <summary>The library's errors as exceptions.</summary>
internal static unsafe class NativeError
{
    /// <summary>Throws where a call failed; frees its error.</summary>
    internal static void Check(int status, IntPtr error)
    {
        if (status != NativeConstants.Ok)
        {
            throw Take(status, error);
        }
    }

    /// <summary>The exception of an error, which is freed.</summary>
    internal static MidentityException Take(int status, IntPtr error)
    {
        try
        {
            var id = NativeTexts.Read(NativeMethods.midentity_error_id(error, out var length), length) ?? "internal";
            var message = NativeTexts.Read(NativeMethods.midentity_error_message(error, out length), length)
                ?? "the native library failed without saying why";
            var hint = NativeTexts.Read(NativeMethods.midentity_error_hint(error, out length), length);
            var http = NativeMethods.midentity_error_http_status(error);
            var after = error == IntPtr.Zero ? -1 : NativeMethods.midentity_error_retry_after_ms(error);
            return new MidentityException((MidErrorKind)status, id, message, hint)
            {
                StatusCode = http == 0 ? null : http,
                Code = NativeTexts.Read(NativeMethods.midentity_error_service_code(error, out length), length),
                RequestId = NativeTexts.Read(NativeMethods.midentity_error_request_id(error, out length), length),
                CorrelationId = NativeTexts.Read(NativeMethods.midentity_error_correlation_id(error, out length), length),
                Source = NativeTexts.Read(NativeMethods.midentity_error_source(error, out length), length),
                RetryAfter = after < 0 ? null : TimeSpan.FromMilliseconds(after),
                Attempts = (int)NativeMethods.midentity_error_attempts(error),
            };
        }
        finally
        {
            NativeMethods.midentity_error_free(error);
        }
    }
}
