using System;
using System.Diagnostics;
using System.Management.Automation;
using System.Threading;
using Xunit;

namespace Midentity.PowerShell.Tests;

/// <summary>Stops a cmdlet while it waits.</summary>
internal static class Waiting
{
    /// <summary>Starts a script, stops it when the emulator has its request, and gives back how long the stop took.</summary>
    internal static TimeSpan Stop(Engine engine, Func<bool> waits, string script, params (string Name, object? Value)[] variables)
    {
        engine.Set(variables);
        using var shell = engine.Shell();
        shell.AddScript(script);
        var running = shell.BeginInvoke();
        Assert.True(SpinWait.SpinUntil(() => waits() || running.IsCompleted, TimeSpan.FromSeconds(20)), "it never waited");
        Assert.False(running.IsCompleted, "it ended by itself");
        var (errors, warnings, verbose) = (shell.Streams.Error.Count, shell.Streams.Warning.Count, shell.Streams.Verbose.Count);
        var elapsed = Stopwatch.StartNew();
        shell.Stop();
        var took = elapsed.Elapsed;
        Assert.Equal(PSInvocationState.Stopped, shell.InvocationStateInfo.State);
        Assert.Throws<PipelineStoppedException>(() => shell.EndInvoke(running));
        Assert.Equal((errors, warnings, verbose), (shell.Streams.Error.Count, shell.Streams.Warning.Count, shell.Streams.Verbose.Count));
        return took;
    }
}
