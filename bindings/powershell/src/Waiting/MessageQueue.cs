using System;
using System.Collections.Concurrent;
using System.Management.Automation;

namespace Midentity.PowerShell.Waiting;

/// <summary>For which stream a message is.</summary>
internal enum MessageLevel
{
    Verbose,
    Debug,
    Warning,
}

/// <summary>
/// What other threads have to say. A cmdlet may write only on its pipeline's thread, so the messages wait here until
/// that thread takes them.
/// </summary>
internal sealed class MessageQueue
{
    /// <summary>More than this is kept by nobody who reads it; a broken connection may say much.</summary>
    internal const int Most = 10_000;

    private readonly ConcurrentQueue<(MessageLevel Level, string Text)> waiting = new();
    private int dropped;

    /// <summary>From any thread.</summary>
    internal void Add(MessageLevel level, string text)
    {
        if (waiting.Count >= Most)
        {
            System.Threading.Interlocked.Increment(ref dropped);
            return;
        }

        waiting.Enqueue((level, text));
    }

    /// <summary>On the pipeline's thread: writes all that waits.</summary>
    internal void Drain(Cmdlet cmdlet)
    {
        while (waiting.TryDequeue(out var message))
        {
            Write(cmdlet, message.Level, message.Text);
        }

        var lost = System.Threading.Interlocked.Exchange(ref dropped, 0);
        if (lost > 0)
        {
            cmdlet.WriteWarning($"{lost} messages more were not kept.");
        }
    }

    private static void Write(Cmdlet cmdlet, MessageLevel level, string text)
    {
        switch (level)
        {
            case MessageLevel.Warning:
                cmdlet.WriteWarning(text);
                break;
            case MessageLevel.Verbose:
                cmdlet.WriteVerbose(text);
                break;
            case MessageLevel.Debug:
                cmdlet.WriteDebug(text);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(level));
        }
    }
}
