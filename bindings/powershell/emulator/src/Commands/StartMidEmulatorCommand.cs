using System;
using System.Collections.Generic;
using System.Globalization;
using System.Management.Automation;
using Midentity.Emulator.Processes;

namespace Midentity.Emulator.Commands;

/// <summary>Starts an emulator and waits until it answers. It ends with this runspace, and with this process.</summary>
[Cmdlet(VerbsLifecycle.Start, "MidEmulator", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(MidEmulator))]
public sealed class StartMidEmulatorCommand : PSCmdlet
{
    private const string Activity = "Starting the emulator";
    private static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(1);

    private volatile bool isStopped;

    /// <summary>The state file; else one machine with both kinds of identity.</summary>
    [Parameter(Position = 0)]
    public string? Config { get; set; }

    /// <summary>The emulator's program; else the one that MIDENTITY_EMULATOR_BIN names, the package's, or the search path's.</summary>
    [Parameter]
    public string? Path { get; set; }

    /// <summary>The folder for its keys and certificates; else one for each state file in the user's state folder.</summary>
    [Parameter]
    public string? StateDir { get; set; }

    /// <summary>The machine that its port speaks for, NAME or GROUP/NAME; else the state's first.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? VMName { get; set; }

    /// <summary>Its port on 127.0.0.1; 0 for a free one.</summary>
    [Parameter]
    [ValidateRange(0, 65535)]
    public int Port { get; set; }

    /// <summary>Its port for https on 127.0.0.1; 0 for a free one.</summary>
    [Parameter]
    [ValidateRange(0, 65535)]
    public int TlsPort { get; set; }

    /// <summary>How long it may take until it answers, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue / 1000)]
    public int TimeoutSec { get; set; } = 60;

    /// <inheritdoc/>
    protected override void StopProcessing() => isStopped = true;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        try
        {
            var program = EmulatorProgram.Find(Resolved(Path));
            if (ShouldProcess(program, "Start the emulator"))
            {
                var emulator = Start(program);
                RunspaceEmulators.Current.Add(emulator);
                WriteObject(emulator);
            }
        }
        catch (MidEmulatorException error)
        {
            ThrowTerminatingError(error.ToRecord(Config ?? Path));
        }
    }

    private MidEmulator Start(string program)
    {
        var config = Resolved(Config);
        var folder = SessionState.Path.CurrentFileSystemLocation.ProviderPath;
        using var start = new EmulatorStart(program, Arguments(config), folder);
        var environment = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var isShown = false;
        try
        {
            var process = start.Wait(TimeSpan.FromSeconds(TimeoutSec), environment, elapsed =>
            {
                if (isStopped)
                {
                    throw new PipelineStoppedException();
                }

                if (elapsed >= QuietTime && !isShown)
                {
                    isShown = true;
                    WriteProgress(new ProgressRecord(1, Activity, "waiting until it answers"));
                }
            });
            return new MidEmulator(process, environment, program, config, VMName);
        }
        finally
        {
            if (isShown && !isStopped)
            {
                WriteProgress(new ProgressRecord(1, Activity, "done") { RecordType = ProgressRecordType.Completed });
            }
        }
    }

    private IEnumerable<string> Arguments(string? config)
    {
        List<string> arguments = ["serve", "--exit-with-parent"];
        Add("--config", config);
        Add("--state-dir", Resolved(StateDir));
        Add("--vm", VMName);
        Add("--port", Port.ToString(CultureInfo.InvariantCulture));
        Add("--tls-port", TlsPort.ToString(CultureInfo.InvariantCulture));
        return arguments;

        void Add(string name, string? value)
        {
            if (value != null)
            {
                arguments.Add(name);
                arguments.Add(value);
            }
        }
    }

    /// <summary>A path of PowerShell's as the system knows it.</summary>
    private string? Resolved(string? path) =>
        path == null ? null : SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);
}
