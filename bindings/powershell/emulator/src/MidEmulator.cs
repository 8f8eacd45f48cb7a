using System;
using System.Collections;
using System.Collections.Generic;
using System.Diagnostics;
using System.Management.Automation;
using System.Security;
using Midentity.Emulator.Control;
using Midentity.Emulator.Processes;
using Midentity.PowerShell.Json;

namespace Midentity.Emulator;

/// <summary>An emulator that this runspace has started.</summary>
public sealed class MidEmulator
{
    private readonly Process process;
    private readonly IDictionary<string, string> environment;

    internal MidEmulator(Process process, IDictionary<string, string> environment, string program, string? config, string? vm)
    {
        this.process = process;
        this.environment = environment;
        ProcessId = process.Id;
        Program = program;
        Config = config;
        VMName = vm;
        StartedAt = DateTimeOffset.UtcNow;
    }

    /// <summary>The id of its process.</summary>
    public int ProcessId { get; }

    /// <summary>The program's file.</summary>
    public string Program { get; }

    /// <summary>The state file that it was started with; null for the built-in state.</summary>
    public string? Config { get; }

    /// <summary>The machine that its port speaks for; null for the state's first.</summary>
    public string? VMName { get; }

    /// <summary>When it was ready.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>Whether its process still runs.</summary>
    public bool IsRunning => !process.HasExited;

    /// <summary>Where its metadata service answers.</summary>
    public string ImdsEndpoint => Printed("AZURE_POD_IDENTITY_AUTHORITY_HOST");

    /// <summary>The https origin of its Resource Manager and its sign-in.</summary>
    public string Cloud => Printed("MIDENTITY_CLOUD");

    /// <summary>The file with the root certificate of its https.</summary>
    public string CaFile => Printed("MIDENTITY_CA_FILE");

    /// <summary>Where its control answers.</summary>
    public string ControlEndpoint => Printed("MIDENTITY_EMULATOR");

    /// <summary>What programs need in their environment to reach it.</summary>
    public Hashtable Environment
    {
        get
        {
            var table = new Hashtable(StringComparer.OrdinalIgnoreCase);
            foreach (var variable in environment)
            {
                table[variable.Key] = variable.Value;
            }

            return table;
        }
    }

    /// <summary>The ids of its machine and of that one's identities.</summary>
    public PSObject? GetFacts() => Control().Get("facts");

    /// <summary>Its whole state, with every id.</summary>
    public PSObject? GetState() => Control().Get("state");

    /// <summary>Takes everything back to the start: state, faults, clock, settings, log of requests.</summary>
    public void Reset() => Control().Post("reset", null);

    /// <summary>A token of a principal of the state, such as admin@contoso, for Resource Manager: as an administrator has one.</summary>
    public SecureString IssueToken(string principal)
    {
        var request = new Hashtable { ["principal"] = principal };
        var token = new SecureString();
        foreach (var c in Control().Post("tokens/issue", request).Text("access_token") ?? string.Empty)
        {
            token.AppendChar(c);
        }

        token.MakeReadOnly();
        return token;
    }

    /// <summary>Adds user-assigned identities to a resource group, for long lists.</summary>
    public void Populate(string resourceGroup, int userIdentities) =>
        Control().Post("populate", new Hashtable { ["resource_group"] = resourceGroup, ["user_identities"] = userIdentities });

    /// <summary>Empties the log of requests.</summary>
    public void ForgetRequests() => Control().Delete("requests");

    /// <summary>Where it is.</summary>
    public override string ToString() => ImdsEndpoint;

    internal ControlClient Control() => IsRunning
        ? new ControlClient(ControlEndpoint)
        : throw new MidEmulatorException(
            ErrorIds.NotRunning,
            ErrorCategory.InvalidOperation,
            $"the emulator with process id {ProcessId} does not run any more",
            "Start-MidEmulator starts another one");

    /// <summary>Ends it; false where it had to be forced.</summary>
    internal bool Stop() => EmulatorEnd.Stop(process);

    private string Printed(string name) => environment.TryGetValue(name, out var value) ? value : string.Empty;
}
