using System;
using System.Collections;
using System.Linq;
using System.Management.Automation;
using Midentity.PowerShell.Json;

namespace Midentity.Emulator;

/// <summary>A request as the emulator got it. What could carry a credential reads (redacted).</summary>
public sealed class MidEmulatorRequest
{
    internal MidEmulatorRequest(PSObject record)
    {
        Number = record.Member("n") as long? ?? 0;
        At = DateTimeOffset.FromUnixTimeMilliseconds(record.Member("at_ms") as long? ?? 0);
        Door = record.Text("door") ?? string.Empty;
        Method = record.Text("method") ?? string.Empty;
        Path = record.Text("path") ?? string.Empty;
        Query = record.Table("query");
        foreach (var name in Query.Keys.Cast<object>().ToList())
        {
            // A parameter has one value, as a rule.
            Query[name] = Query[name] is object?[] { Length: 1 } single ? single[0] : Query[name];
        }

        Headers = record.Table("headers");
        Status = (int?)(record.Member("status") as long?);
        Connection = record.Member("connection") as long? ?? 0;
        Fault = record.Member("fault") as long?;
        Body = record.Member("body");
    }

    /// <summary>Its number since the log was emptied, from 1.</summary>
    public long Number { get; }

    /// <summary>When it came, by the real clock.</summary>
    public DateTimeOffset At { get; }

    /// <summary>Where it came in: imds, arm or login.</summary>
    public string Door { get; }

    /// <summary>The HTTP method.</summary>
    public string Method { get; }

    /// <summary>The path as it was sent.</summary>
    public string Path { get; }

    /// <summary>The query's parameters by name.</summary>
    public Hashtable Query { get; }

    /// <summary>The headers by name.</summary>
    public Hashtable Headers { get; }

    /// <summary>The status of the answer; null while it is under way, or where a fault gave none.</summary>
    public int? Status { get; }

    /// <summary>The connection's number: those with the same one shared a connection.</summary>
    public long Connection { get; }

    /// <summary>The number of the fault that was applied; null for none.</summary>
    public long? Fault { get; }

    /// <summary>What was sent to Resource Manager.</summary>
    public object? Body { get; }
}
