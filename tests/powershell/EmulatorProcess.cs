using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Tests;

/// <summary>The emulator as a child process, and its control interface.</summary>
public sealed class EmulatorProcess : IDisposable
{
    private static readonly Lazy<EmulatorProcess> Shared = new(() => new EmulatorProcess());

    private readonly Process process;
    private readonly HttpClient control = new(new SocketsHttpHandler { UseProxy = false });
    private readonly string state = Directory.CreateTempSubdirectory("midentity").FullName;
    private readonly Dictionary<string, string> environment = [];

    public EmulatorProcess(params string[] arguments)
    {
        var start = new ProcessStartInfo(Program, ["serve", "--exit-with-parent", "--state-dir", state, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        process = Process.Start(start)!;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();
        while (process.StandardOutput.ReadLine() is { } line)
        {
            if (line == "ready")
            {
                control.BaseAddress = new Uri(environment["MIDENTITY_EMULATOR"]);
                control.DefaultRequestHeaders.Add("Midentity-Emulator", "true");
                return;
            }

            var at = line.IndexOf('=');
            environment[line[..at]] = line[(at + 1)..];
        }

        throw new InvalidOperationException($"{Program} did not start; see stderr");
    }

    public static string Program => Environment.GetEnvironmentVariable("MIDENTITY_EMULATOR_BIN")
        ?? Path.Combine(Engine.Target, "debug", OperatingSystem.IsWindows() ? "midentity-emulator.exe" : "midentity-emulator");

    public string Imds => environment["AZURE_POD_IDENTITY_AUTHORITY_HOST"];

    public string Cloud => environment["MIDENTITY_CLOUD"];

    public string CaFile => environment["MIDENTITY_CA_FILE"];

    /// <summary>What it printed, for the environment of a process.</summary>
    public IReadOnlyDictionary<string, string> Printed => environment;

    /// <summary>The default state's one, as it was at its start, with no token of another test kept.</summary>
    public static EmulatorProcess Fresh()
    {
        var emulator = Shared.Value;
        emulator.Reset();
        return emulator;
    }

    public void Reset()
    {
        Send(HttpMethod.Post, "reset");
        NativeLoader.Load();
        NativeMethods.midentity_token_cache_clear();
        ArmClients.Forget();
    }

    public JsonNode Facts() => Send(HttpMethod.Get, "facts");

    public JsonNode State() => Send(HttpMethod.Get, "state");

    public void Fault(string json) => Send(HttpMethod.Post, "faults", json);

    public void ClearFaults() => Send(HttpMethod.Delete, "faults");

    public void Settings(string json) => Send(HttpMethod.Put, "settings", json);

    public void Tokens(string json) => Send(HttpMethod.Put, "tokens", json);

    public void Populate(string json) => Send(HttpMethod.Post, "populate", json);

    public string AdminToken() =>
        Send(HttpMethod.Post, "tokens/issue", """{"principal": "admin@contoso", "resource": "https://management.azure.com/"}""")["access_token"]!.ToString();

    /// <summary>The requests to a door, the log's own among none of them.</summary>
    public IReadOnlyList<JsonNode> Requests(string door) =>
        [.. Send(HttpMethod.Get, $"requests?door={door}")["requests"]!.AsArray().Select(request => request!)];

    public IReadOnlyList<JsonNode> TokenRequests() =>
        [.. Requests("imds").Where(request => request["path"]!.ToString().Contains("/oauth2/token", StringComparison.Ordinal))];

    public void ForgetRequests() => Send(HttpMethod.Delete, "requests");

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
            process.WaitForExit();
        }

        if (Directory.Exists(state))
        {
            Directory.Delete(state, true);
        }
    }

    private JsonNode Send(HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, $"/_emulator/{path}");
        if (body != null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using var response = control.Send(request);
        using var reader = new StreamReader(response.Content.ReadAsStream());
        var text = reader.ReadToEnd();
        return response.IsSuccessStatusCode
            ? text.Length == 0 ? new JsonObject() : JsonNode.Parse(text) ?? new JsonObject()
            : throw new InvalidOperationException($"{method} {path}: {response.StatusCode} {text}");
    }
}
