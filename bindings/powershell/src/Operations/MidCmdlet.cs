using System;
using System.Diagnostics;
using System.Management.Automation;
using Midentity.PowerShell.Json;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>
/// A cmdlet that waits for calls of the library: it can be stopped at any time, and shows what the library's threads say.
/// </summary>
public abstract class MidCmdlet : PSCmdlet
{
    /// <summary>How long the pipeline's thread waits before it looks whether there is something to show.</summary>
    private const long Slice = 50;

    private static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(1);

    private readonly object gate = new();
    private readonly LogQueue log = new();
    private OperationHandle? waitingFor;
    private bool isStopped;
    private bool? isDebugShown;

    private protected MidCmdlet()
    {
    }

    /// <summary>Waits in slices; the stop itself is at once, as the library ends the wait.</summary>
    protected override void StopProcessing()
    {
        lock (gate)
        {
            isStopped = true;
            if (waitingFor is { } operation)
            {
                NativeMethods.midentity_operation_cancel(operation);
            }
        }
    }

    /// <summary>
    /// Runs the cmdlet's work. What goes wrong with one record does not stop the others: it is an error with the record as its
    /// target. What no record could do better ends the cmdlet.
    /// </summary>
    private protected void ForRecord(object? target, Action work)
    {
        try
        {
            work();
        }
        catch (MidentityException error)
        {
            ThrowIfStopped();
            WriteError(error.ToRecord(target));
        }
    }

    /// <summary>As <see cref="ForRecord"/>, for work without which the cmdlet is of no use.</summary>
    private protected void OrThrow(object? target, Action work)
    {
        try
        {
            work();
        }
        catch (MidentityException error)
        {
            ThrowIfStopped();
            ThrowTerminatingError(error.ToRecord(target));
        }
    }

    /// <summary>One of several that were piped in must not stop the others; a single one ends the cmdlet.</summary>
    private protected void ForInput(object? target, Action work)
    {
        if (MyInvocation.ExpectingInput)
        {
            ForRecord(target, work);
        }
        else
        {
            OrThrow(target, work);
        }
    }

    /// <summary>Runs a call of the library that starts nothing, and shows what it says.</summary>
    private protected T Call<T>(Func<T> call)
    {
        try
        {
            return log.Listen(call);
        }
        finally
        {
            Show();
        }
    }

    /// <summary>Starts an operation and waits for the value that it gives.</summary>
    private protected object? Value(Func<OperationHandle> start) => JsonReader.Parse(ValueText(start));

    /// <summary>As <see cref="Value"/>, where it must be an object.</summary>
    private protected PSObject Object(Func<OperationHandle> start) => Value(start) as PSObject
        ?? throw new MidentityException(MidErrorKind.Protocol, ErrorIds.ArmBadAnswer, "the answer is no JSON object");

    /// <summary>As <see cref="Value"/>, as JSON text; only the part at a JSON pointer where one is given.</summary>
    private protected unsafe string ValueText(Func<OperationHandle> start, string pointer = "")
    {
        using var operation = Run(start);
        NativeError.Check(NativeMethods.midentity_operation_take_value(operation, out var value, out var error), error);
        using var texts = new NativeTexts();
        using (value)
        {
            var path = texts.Add(pointer);
            var part = NativeMethods.midentity_value_get(value.DangerousGetHandle(), path.Bytes, path.Length);
            var json = NativeTexts.Read(NativeMethods.midentity_value_to_json(part, out var length), length) ?? "null";
            if (IsDebugShown)
            {
                WriteDebug($"answer: {Redaction.Show(json)}");
            }

            return json;
        }
    }

    /// <summary>The engine would throw the line away itself; making it costs more than reading the answer.</summary>
    private bool IsDebugShown => isDebugShown ??= MyInvocation.BoundParameters.TryGetValue("Debug", out var given)
        ? given is SwitchParameter { IsPresent: true }
        : LanguagePrimitives.TryConvertTo<ActionPreference>(GetVariableValue("DebugPreference"), out var preference)
            && preference is not (ActionPreference.SilentlyContinue or ActionPreference.Ignore);

    /// <summary>Starts an operation and waits for the token that it gives.</summary>
    private protected TokenHandle Token(Func<OperationHandle> start)
    {
        using var operation = Run(start);
        NativeError.Check(NativeMethods.midentity_operation_take_token(operation, out var token, out var error), error);
        return token;
    }

    /// <summary>Waits for an operation's success. It is freed, and so cancelled, in whatever way the wait ends.</summary>
    private OperationHandle Run(Func<OperationHandle> start)
    {
        ThrowIfStopped();
        var operation = log.Follow(start);
        try
        {
            WaitFor(operation);
            return operation;
        }
        catch
        {
            operation.Dispose();
            throw;
        }
    }

    private void WaitFor(OperationHandle operation)
    {
        try
        {
            lock (gate)
            {
                waitingFor = operation;
                if (isStopped)
                {
                    NativeMethods.midentity_operation_cancel(operation);
                }
            }

            Wait(operation);
        }
        finally
        {
            lock (gate)
            {
                waitingFor = null;
            }

            LogQueue.Leave(operation);
        }
    }

    private void Wait(OperationHandle operation)
    {
        // A kept token is there already: there is nothing to watch.
        if (IsOver(operation, 0, null))
        {
            return;
        }

        using var progress = ProgressWatch.On(operation);
        var elapsed = Stopwatch.StartNew();
        ProgressRecord? shown = null;
        while (!IsOver(operation, Slice, shown))
        {
            if (elapsed.Elapsed >= QuietTime && progress.What is { } what)
            {
                shown = new ProgressRecord(1, what, progress.Status is { Length: > 0 } word ? word : "waiting")
                {
                    PercentComplete = progress.Percent,
                };
                WriteProgress(shown);
            }
        }
    }

    /// <summary>Whether it has succeeded within so many milliseconds; throws what it failed with.</summary>
    private bool IsOver(OperationHandle operation, long limit, ProgressRecord? shown)
    {
        var status = NativeMethods.midentity_operation_wait(operation, limit, out var error);
        var isPending = status == NativeConstants.Pending;
        var failure = isPending || status == NativeConstants.Ok ? null : NativeError.Take(status, error);
        ThrowIfStopped();
        Show();
        if (!isPending)
        {
            Complete(shown);
        }

        return failure == null ? !isPending : throw failure;
    }

    private void Complete(ProgressRecord? shown)
    {
        if (shown != null)
        {
            WriteProgress(new ProgressRecord(shown.ActivityId, shown.Activity, shown.StatusDescription)
            {
                RecordType = ProgressRecordType.Completed,
            });
        }
    }

    /// <summary>On the pipeline's thread: the engine takes messages from no other.</summary>
    private void Show()
    {
        while (log.TryTake(out var line))
        {
            ThrowIfStopped();
            if (line.Level <= NativeConstants.LogWarning)
            {
                WriteWarning(line.Text);
            }
            else
            {
                WriteVerbose(line.Text);
            }
        }
    }

    /// <summary>After a stop nothing may be written, not even that it was stopped.</summary>
    private void ThrowIfStopped()
    {
        lock (gate)
        {
            if (isStopped)
            {
                throw new PipelineStoppedException();
            }
        }
    }
}
