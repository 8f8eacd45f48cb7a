using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Runtime.Loader;
using System.Security;
using System.Threading;
using Microsoft.PowerShell;

namespace Midentity.PowerShell.Bench;

/// <summary>
/// Measures the module in the hosted engine beside a cmdlet around HttpClient, in one process and one run, and writes a line
/// of JSON for each row. The arguments: the folder that package-powershell has filled, and the version.
/// </summary>
internal static class Program
{
    private const int Turns = 200;
    private const int Items = 1000;

    private static int Main(string[] arguments)
    {
        if (arguments.Length != 2)
        {
            Console.Error.WriteLine("usage: Midentity.PowerShell.Bench PACKAGES VERSION");
            return 2;
        }

        // A runspace has a current folder of its own: a relative path would mean another one there.
        var packages = Path.GetFullPath(arguments[0]);
        var manifest = Path.Combine(packages, "Midentity", arguments[1], "Midentity.psd1");
        var emulator = Path.Combine(packages, "Midentity.Emulator", arguments[1], "Midentity.Emulator.psd1");
        AssemblyLoadContext.Default.Resolving += (context, name) => name.Name == "Midentity.PowerShell"
            ? context.LoadFromAssemblyPath(Path.Combine(Path.GetDirectoryName(manifest)!, "Midentity.PowerShell.dll"))
            : null;
        using var runspace = Open();
        Run(runspace, "Import-Module $emulator; $e = Start-MidEmulator -StateDir $state", ("emulator", emulator), ("state", Folder));
        // The engine knows by now how a module is imported; of this one nothing is loaded yet.
        var import = Once(runspace, "Import-Module $manifest", ("manifest", manifest));
        Row("import alone, first in the process", import, null, "at most 40,000 us");
        Redirect(runspace);

        var empty = Median(runspace, "Test-Nothing");
        var byHand = Median(runspace, "Get-TokenByHand -Endpoint $e.ImdsEndpoint -Resource https://management.azure.com/");
        var uncached = Median(runspace, "Get-MidToken https://management.azure.com/ -NoCache -AsPlainText");
        Row("an empty cmdlet", empty, null, "none: what the engine itself takes");
        Row("warm, uncached", uncached, byHand, "at most 0.40x of Invoke-WebRequest");
        Row("cached, plain", Median(runspace, "Get-MidToken https://management.azure.com/ -AsPlainText"), byHand, "at most 0.08x of Invoke-WebRequest");
        Row("cached, SecureString", Median(runspace, "Get-MidToken https://management.azure.com/"), byHand, "at most 0.10x of Invoke-WebRequest");
        Runspaces(runspace, manifest);
        RoleAssignments(runspace);
        Run(runspace, "Stop-MidEmulator");
        Directory.Delete(Folder, true);
        return 0;
    }

    private static string Folder { get; } = Directory.CreateTempSubdirectory("midentity").FullName;

    /// <summary>20 runspaces that ask for 20 audiences at once, the metadata service 200 ms away.</summary>
    private static void Runspaces(Runspace runspace, string manifest)
    {
        const int Count = 20;
        Run(runspace, "Set-MidEmulatorFault Imds -Path /metadata/identity -DelayMilliseconds 200");
        var endpoint = Run(runspace, "$e.ImdsEndpoint").Single().ToString()!;
        var others = Enumerable.Range(0, Count).Select(_ => Open()).ToList();
        foreach (var other in others)
        {
            Run(other, "Import-Module $manifest", ("manifest", manifest));
        }

        // Threads of their own: the pool would begin them one by one, half a second apart.
        using var start = new ManualResetEventSlim();
        var threads = Enumerable.Range(0, Count).Select(at => new Thread(() =>
        {
            start.Wait();
            Run(
                others[at],
                "Get-MidToken $resource -ImdsEndpoint $imds -AsPlainText",
                ("resource", $"https://resource-{at}.test/"),
                ("imds", endpoint));
        })).ToList();
        threads.ForEach(thread => thread.Start());
        var elapsed = Stopwatch.StartNew();
        start.Set();
        threads.ForEach(thread => thread.Join());
        var together = elapsed.Elapsed;
        others.ForEach(other => other.Dispose());
        Run(runspace, "Set-MidEmulatorFault -Clear");
        Row($"{Count} runspaces, {Count} audiences, IMDS 200 ms away", together, TimeSpan.FromMilliseconds(200), "at most 2x of 200 ms, and the limiter's wait: three turns of 200 ms where the service takes five at once");
    }

    /// <summary>
    /// Identities piped in, a role for each: turn by turn for the module, for what one writes by hand and for the core alone,
    /// as the list of roles grows meanwhile.
    /// </summary>
    private static void RoleAssignments(Runspace runspace)
    {
        const int Rounds = 5;
        Run(
            runspace,
            """
            $facts = $e.GetFacts()
            $scope = "/subscriptions/$($facts.subscription_id)/resourceGroups/rg1"
            $token = $e.IssueToken('admin@contoso')
            $a = @{ AccessToken = $token; Scope = $scope }
            $e.Populate('rg1', $count)
            $ids = @(Get-MidUserIdentity rg1 -AccessToken $token -SubscriptionId $facts.subscription_id)
            $role = (New-MidRoleAssignment -PrincipalId $ids[0].PrincipalId -Role Reader @a).RoleDefinitionId
            """,
            ("count", (3 * Rounds * Items) + 1));
        string Text(string expression) => Run(runspace, expression).Single().ToString()!;
        var (cloud, caFile, scope) = (Text("$e.Cloud"), Text("$e.CaFile"), Text("$scope"));
        var token = (SecureString)Run(runspace, "$token").Single().BaseObject;
        List<TimeSpan> ours = [], byHand = [], core = [];
        var at = 1;
        for (var round = 0; round < Rounds; round++)
        {
            ours.Add(Next("$these | New-MidRoleAssignment -Role Reader @a"));
            byHand.Add(Next("$these | New-RoleByHand -Cloud $e.Cloud -Scope $scope -RoleDefinitionId $role -Token $token"));
            Take();
            core.Add(Core.RoleAssignments(
                cloud, caFile, token, scope, "Reader", [.. Run(runspace, "$these.PrincipalId").Select(id => id.ToString())]));
        }

        Row("role assignments in a pipeline, for each, beside HttpClient", Middle(ours), Middle(byHand), "none: the next row has it");
        Row("role assignments in a pipeline, for each, beside the core", Middle(ours), Middle(core), "at most 150 us more");

        void Take()
        {
            Run(runspace, $"$these = $ids[{at}..{at + Items - 1}]");
            at += Items;
        }

        TimeSpan Next(string pipeline)
        {
            Take();
            return Once(runspace, pipeline) / Items;
        }
    }

    private static void Redirect(Runspace runspace) => Run(
        runspace,
        """
        $session = [Midentity.PowerShell.MidSession]::Current
        $session.Cloud = $e.Cloud; $session.CaFile = $e.CaFile; $session.ImdsEndpoint = $e.ImdsEndpoint
        """);

    private static Runspace Open()
    {
        var state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows())
        {
            state.ExecutionPolicy = ExecutionPolicy.Bypass;
        }

        state.Commands.Add(new SessionStateCmdletEntry("Get-TokenByHand", typeof(GetTokenByHandCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry("Test-Nothing", typeof(TestNothingCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry("New-RoleByHand", typeof(NewRoleByHandCommand), null));
        var runspace = RunspaceFactory.CreateRunspace(state);
        runspace.Open();
        return runspace;
    }

    private static IReadOnlyList<PSObject> Run(Runspace runspace, string script, params (string Name, object Value)[] variables)
    {
        foreach (var (name, value) in variables)
        {
            runspace.SessionStateProxy.SetVariable(name, value);
        }

        using var shell = System.Management.Automation.PowerShell.Create();
        shell.Runspace = runspace;
        var output = shell.AddScript(script).Invoke();
        return shell.Streams.Error.Count == 0
            ? output
            : throw new InvalidOperationException($"{script}: {shell.Streams.Error[0]}");
    }

    private static TimeSpan Once(Runspace runspace, string script, params (string Name, object Value)[] variables)
    {
        var elapsed = Stopwatch.StartNew();
        Run(runspace, script, variables);
        return elapsed.Elapsed;
    }

    /// <summary>Inside one pipeline, so that the engine's own start of one is in no figure.</summary>
    private static TimeSpan Median(Runspace runspace, string command)
    {
        var loop = $"foreach ($i in 1..$turns) {{ $t = [Diagnostics.Stopwatch]::GetTimestamp(); $null = {command}; [Diagnostics.Stopwatch]::GetTimestamp() - $t }}";
        Run(runspace, loop, ("turns", 20));
        return Middle(Run(runspace, loop, ("turns", Turns)).Select(time => Stopwatch.GetElapsedTime(0, (long)time.BaseObject)));
    }

    private static TimeSpan Middle(IEnumerable<TimeSpan> times)
    {
        var ordered = times.Order().ToList();
        return ordered[ordered.Count / 2];
    }

    private static void Row(string name, TimeSpan ours, TimeSpan? other, string goal)
    {
        var us = ours.TotalMicroseconds.ToString("0", CultureInfo.InvariantCulture);
        var beside = other is { } time ? time.TotalMicroseconds.ToString("0", CultureInfo.InvariantCulture) : "null";
        var ratio = other is { } divisor ? (ours / divisor).ToString("0.00", CultureInfo.InvariantCulture) : "null";
        Console.WriteLine(
            $$"""{"row": "{{name}}", "ours_us": {{us}}, "beside_us": {{beside}}, "ratio": {{ratio}}, "goal": "{{goal}}"}""");
    }
}
