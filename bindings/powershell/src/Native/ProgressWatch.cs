using System;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Threading;

namespace Midentity.PowerShell.Native;

/// <summary>What long-running work last told of itself.</summary>
internal sealed unsafe class ProgressWatch : IDisposable
{
    private static readonly ConcurrentDictionary<IntPtr, ProgressWatch> ById = new();
    private static readonly ProgressCallback Callback = OnProgress;
    private static int last;

    private readonly IntPtr id;

    private ProgressWatch(IntPtr id) => this.id = id;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void ProgressCallback(IntPtr context, Progress* progress);

    /// <summary>What is being done; null until the first word.</summary>
    internal volatile string? What;

    /// <summary>The service's word for its state.</summary>
    internal volatile string? Status;

    /// <summary>Percent that are done; negative where the service does not say.</summary>
    internal volatile int Percent = -1;

    public void Dispose() => ById.TryRemove(id, out _);

    internal static ProgressWatch On(OperationHandle operation)
    {
        var watch = new ProgressWatch((IntPtr)Interlocked.Increment(ref last));
        ById[watch.id] = watch;
        var pointer = Marshal.GetFunctionPointerForDelegate(Callback);
        var status = NativeMethods.midentity_operation_on_progress(operation, pointer, watch.id, out var error);
        if (status != NativeConstants.Ok)
        {
            NativeMethods.midentity_error_free(error);
        }

        return watch;
    }

    private static void OnProgress(IntPtr context, Progress* progress)
    {
        if (!ById.TryGetValue(context, out var watch))
        {
            return;
        }

        watch.Percent = progress->Percent is >= 0 and <= 100 ? (int)progress->Percent : -1;
        watch.Status = NativeTexts.Read(progress->Status);
        watch.What = NativeTexts.Read(progress->What);
    }
}
