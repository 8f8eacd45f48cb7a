using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Midentity.PowerShell.Native;

/// <summary>A line of the library's log.</summary>
internal readonly struct LogLine
{
    internal LogLine(int level, string text)
    {
        Level = level;
        Text = text;
    }

    internal int Level { get; }

    internal string Text { get; }
}

/// <summary>
/// Lines that the library's threads write, until the pipeline's thread takes them: no other thread may write to a stream.
/// </summary>
internal sealed unsafe class LogQueue
{
    private static readonly object Gate = new();
    private static readonly Dictionary<ulong, LogQueue> ByOperation = [];

    /// <summary>Lines of operations whose start has not returned yet.</summary>
    private static readonly Dictionary<ulong, List<LogLine>> Early = [];
    private static readonly LogCallback Callback = OnRecord;
    private static bool isInstalled;
    private static int starting;

    /// <summary>Takes what is logged by a call of this thread itself.</summary>
    [ThreadStatic]
    private static LogQueue? calling;

    private readonly ConcurrentQueue<LogLine> lines = new();

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void LogCallback(IntPtr context, LogRecord* record);

    internal bool TryTake(out LogLine line) => lines.TryDequeue(out line);

    /// <summary>Runs a call of the library, and takes what it logs on this thread.</summary>
    internal T Listen<T>(Func<T> call)
    {
        Install();
        var before = calling;
        calling = this;
        try
        {
            return call();
        }
        finally
        {
            calling = before;
        }
    }

    /// <summary>Starts an operation, and takes what is logged for it from its first line on.</summary>
    internal OperationHandle Follow(Func<OperationHandle> start)
    {
        Install();
        lock (Gate)
        {
            starting++;
        }

        try
        {
            var operation = Listen(start);
            var id = NativeMethods.midentity_operation_id(operation);
            lock (Gate)
            {
                ByOperation[id] = this;
                if (Early.TryGetValue(id, out var early))
                {
                    early.ForEach(lines.Enqueue);
                }
            }

            return operation;
        }
        finally
        {
            lock (Gate)
            {
                if (--starting == 0)
                {
                    Early.Clear();
                }
            }
        }
    }

    internal static void Leave(OperationHandle operation)
    {
        var id = NativeMethods.midentity_operation_id(operation);
        lock (Gate)
        {
            ByOperation.Remove(id);
        }
    }

    /// <summary>At first use, so that importing the module costs nothing.</summary>
    private static void Install()
    {
        lock (Gate)
        {
            if (isInstalled)
            {
                return;
            }

            isInstalled = true;
            var pointer = Marshal.GetFunctionPointerForDelegate(Callback);
            var status = NativeMethods.midentity_log_set_callback(NativeConstants.LogDebug, pointer, IntPtr.Zero, out var error);
            if (status != NativeConstants.Ok)
            {
                // Without its log the library works all the same.
                NativeMethods.midentity_error_free(error);
            }
        }
    }

    private static void OnRecord(IntPtr context, LogRecord* record)
    {
        // An exception may not cross into the library.
        try
        {
            var line = new LogLine(record->Level, NativeTexts.Read(record->Message, record->MessageLen) ?? string.Empty);
            if (record->Operation == 0)
            {
                calling?.lines.Enqueue(line);
                return;
            }

            lock (Gate)
            {
                if (ByOperation.TryGetValue(record->Operation, out var queue))
                {
                    queue.lines.Enqueue(line);
                }
                else if (starting > 0)
                {
                    if (!Early.TryGetValue(record->Operation, out var early))
                    {
                        Early[record->Operation] = early = [];
                    }

                    early.Add(line);
                }
            }
        }
        catch (OutOfMemoryException)
        {
            // The line is lost.
        }
    }
}
