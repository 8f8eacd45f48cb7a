using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Management.Automation;
using Midentity.PowerShell.Json;

namespace Midentity.Emulator.Commands;

/// <summary>Makes an emulator fail on purpose, slows it down, or sets its clock.</summary>
[Cmdlet(VerbsCommon.Set, "MidEmulatorFault", DefaultParameterSetName = FaultSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(long))]
public sealed class SetMidEmulatorFaultCommand : EmulatorCmdlet
{
    private const string FaultSet = "Fault";
    private const string ClearSet = "Clear";
    private const string ClockSet = "Clock";
    private const string PaceSet = "Pace";

    /// <summary>Only for requests that come in here.</summary>
    [Parameter(Position = 0, ParameterSetName = FaultSet)]
    public MidEmulatorDoor? Door { get; set; }

    /// <summary>Only for requests with this method.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    public string? Method { get; set; }

    /// <summary>Only for requests whose path begins so.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    public string? Path { get; set; }

    /// <summary>Only for requests whose query has these values.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    public Hashtable? Query { get; set; }

    /// <summary>How many of these requests are answered as ever first.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    [ValidateRange(0, int.MaxValue)]
    public int Skip { get; set; }

    /// <summary>How many requests it is for after that; else all.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    [ValidateRange(1, int.MaxValue)]
    public int Times { get; set; }

    /// <summary>The status to answer with.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    [ValidateRange(200, 599)]
    public int Status { get; set; }

    /// <summary>The seconds of a Retry-After header.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    [ValidateRange(0, int.MaxValue)]
    public int RetryAfterSec { get; set; }

    /// <summary>Headers to add to the answer, or to replace in it.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    public Hashtable? Header { get; set; }

    /// <summary>The body to answer with: a text as it stands, anything else as JSON.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    [AllowNull]
    public object? Body { get; set; }

    /// <summary>The content type to answer with.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    public string? ContentType { get; set; }

    /// <summary>How long to wait before the answer starts.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    [ValidateRange(1, int.MaxValue)]
    public int DelayMilliseconds { get; set; }

    /// <summary>Never answer; the connection stays open.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    public SwitchParameter Hang { get; set; }

    /// <summary>Close the connection here.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    public MidEmulatorDrop? Drop { get; set; }

    /// <summary>Close the connection after this many bytes of the body.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    [ValidateRange(0, int.MaxValue)]
    public int? Truncate { get; set; }

    /// <summary>Answer with a body of this many bytes.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    [ValidateRange(1, long.MaxValue)]
    public long? Oversize { get; set; }

    /// <summary>Send the body at this many bytes a second.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    [ValidateRange(1, int.MaxValue)]
    public int? Drip { get; set; }

    /// <summary>Redirect to this address.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    public Uri? Redirect { get; set; }

    /// <summary>Members of the genuine answer to replace.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    public Hashtable? Echo { get; set; }

    /// <summary>Members of the genuine answer to leave out.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    public string[]? Omit { get; set; }

    /// <summary>The form of token to give.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    public MidEmulatorTokenForm? Token { get; set; }

    /// <summary>Write the fault's number, which requests that met it have as Fault.</summary>
    [Parameter(ParameterSetName = FaultSet)]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Take every fault away. Clock and pace stay.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ClearSet)]
    public SwitchParameter Clear { get; set; }

    /// <summary>How far the emulator's clock is ahead, in whole seconds; negative for behind.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ClockSet)]
    public TimeSpan ClockOffset { get; set; }

    /// <summary>How long Resource Manager does not know a new identity.</summary>
    [Parameter(ParameterSetName = PaceSet)]
    public TimeSpan? ReplicationDelay { get; set; }

    /// <summary>How long the metadata service does not know of a machine's new identities.</summary>
    [Parameter(ParameterSetName = PaceSet)]
    public TimeSpan? ImdsDelay { get; set; }

    /// <summary>How long a role that is given or taken away has no effect.</summary>
    [Parameter(ParameterSetName = PaceSet)]
    public TimeSpan? RoleDelay { get; set; }

    /// <summary>How many requests of a kind (reads, writes, deletes) Resource Manager takes at once before 429.</summary>
    [Parameter(ParameterSetName = PaceSet)]
    [ValidateRange(1, int.MaxValue)]
    public int? Burst { get; set; }

    /// <summary>How many more of them it takes in each second.</summary>
    [Parameter(ParameterSetName = PaceSet)]
    public double? PerSecond { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => OrThrow(Emulator, () =>
    {
        var emulator = Chosen;
        var target = $"the emulator at {emulator}";
        switch (ParameterSetName)
        {
            case ClearSet:
                if (Clear && ShouldProcess(target, "Take every fault away"))
                {
                    emulator.Control().Delete("faults");
                }

                break;
            case ClockSet:
                var seconds = (long)ClockOffset.TotalSeconds;
                if (ShouldProcess(target, $"Set the clock {seconds} s ahead"))
                {
                    emulator.Control().Put("clock", new Hashtable { ["offset_seconds"] = seconds });
                }

                break;
            case PaceSet:
                if (ShouldProcess(target, "Set its pace"))
                {
                    SetPace(emulator);
                }

                break;
            default:
                SetFault(emulator, target);
                break;
        }
    });

    private void SetFault(MidEmulator emulator, string target)
    {
        var fault = Fault();
        if (!ShouldProcess(target, $"Add the fault {JsonWriter.Write(fault)}"))
        {
            return;
        }

        var answer = emulator.Control().Post("faults", fault);
        if (PassThru)
        {
            WriteObject(answer.Items("ids"), true);
        }
    }

    /// <summary>As the control takes it; what was not given is not in it.</summary>
    private SortedList<string, object?> Fault()
    {
        var match = new SortedList<string, object?>(StringComparer.Ordinal);
        Add(match, "door", Door?.ToString().ToLowerInvariant());
        Add(match, "method", Method);
        Add(match, "path", Path);
        Add(match, "query", Query);
        var fault = new SortedList<string, object?>(StringComparer.Ordinal);
        Add(fault, "match", match.Count == 0 ? null : match);
        Add(fault, "skip", Given(nameof(Skip), Skip));
        Add(fault, "times", Given(nameof(Times), Times));
        Add(fault, "status", Given(nameof(Status), Status));
        Add(fault, "headers", Headers());
        Add(fault, "content_type", ContentType);
        Add(fault, "delay_ms", Given(nameof(DelayMilliseconds), DelayMilliseconds));
        Add(fault, "hang", Hang ? true : null);
        Add(fault, "drop", Drop?.ToString().ToLowerInvariant());
        Add(fault, "truncate", Truncate);
        Add(fault, "oversize", Oversize);
        Add(fault, "drip", Drip);
        Add(fault, "redirect", Redirect?.OriginalString);
        Add(fault, "echo", Echo);
        Add(fault, "omit", Omit);
        Add(fault, "token", TokenName());
        if (MyInvocation.BoundParameters.ContainsKey(nameof(Body)))
        {
            // JSON's null is a body too.
            fault["body"] = Body;
        }

        return fault;
    }

    private object? Given(string parameter, object value) =>
        MyInvocation.BoundParameters.ContainsKey(parameter) ? value : null;

    private Hashtable? Headers()
    {
        if (!MyInvocation.BoundParameters.ContainsKey(nameof(RetryAfterSec)))
        {
            return Texts(Header);
        }

        var headers = Texts(Header) ?? new Hashtable(StringComparer.OrdinalIgnoreCase);
        headers["Retry-After"] = RetryAfterSec.ToString(CultureInfo.InvariantCulture);
        return headers;
    }

    private static Hashtable? Texts(Hashtable? headers)
    {
        if (headers == null)
        {
            return null;
        }

        var texts = new Hashtable(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry header in headers)
        {
            texts[header.Key] = Convert.ToString(header.Value, CultureInfo.InvariantCulture);
        }

        return texts;
    }

    private string? TokenName() => Token switch
    {
        null => null,
        MidEmulatorTokenForm.GuidAudience => "guid_audience",
        MidEmulatorTokenForm.ClaimsLess => "claims-less",
        { } form => form.ToString().ToLowerInvariant(),
    };

    private static void Add(SortedList<string, object?> table, string name, object? value)
    {
        if (value != null)
        {
            table[name] = value;
        }
    }

    /// <summary>What is not given stays as it is.</summary>
    private void SetPace(MidEmulator emulator)
    {
        var control = emulator.Control();
        var settings = control.Get("settings") ?? new PSObject();
        Replace(settings, "replication_delay_seconds", ReplicationDelay?.TotalSeconds);
        Replace(settings, "imds_delay_seconds", ImdsDelay?.TotalSeconds);
        Replace(settings, "role_delay_seconds", RoleDelay?.TotalSeconds);
        foreach (var kind in settings.Object("rate_limits")?.Properties ?? Array.Empty<PSPropertyInfo>() as IEnumerable<PSPropertyInfo>)
        {
            if (kind.Value is PSObject rate)
            {
                Replace(rate, "burst", Burst);
                Replace(rate, "per_second", PerSecond);
            }
        }

        control.Put("settings", settings);
    }

    private static void Replace(PSObject settings, string name, object? value)
    {
        if (value != null)
        {
            settings.Properties.Remove(name);
            settings.Properties.Add(new PSNoteProperty(name, value));
        }
    }
}
