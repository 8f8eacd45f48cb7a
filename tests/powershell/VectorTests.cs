using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Midentity.PowerShell.Native;
using Xunit;

namespace Midentity.PowerShell.Tests;

/// <summary>The emulator with the machines that the vectors speak of.</summary>
public sealed class Machines : IDisposable
{
    public EmulatorProcess Emulator { get; } = new("--config", Path.Combine(VectorTests.Folder, "machines.yaml"), "--vm", "both");

    public void Dispose() => Emulator.Dispose();
}

/// <summary>
/// The cases of tests/vectors, which every language runs; README.md there says what they mean. They set options that the
/// cmdlets do not have, so they go through the layer below: options, operations, MidToken, MidentityException.
/// </summary>
public sealed class VectorTests : IClassFixture<Machines>
{
    private static readonly string[] Files = ["answers", "errors", "expiry", "faults", "identities", "scopes"];
    private static readonly string[] Keys =
    [
        "elsewhere", "endpoint", "expect", "faults", "fields", "identity", "name", "options", "scenarios", "scopes", "tokens", "vm",
    ];

    private readonly EmulatorProcess emulator;

    public VectorTests(Machines machines)
    {
        emulator = machines.Emulator;
        emulator.Reset();
    }

    public static string Folder => Path.Combine(Engine.RepositoryRoot, "tests", "vectors");

    /// <summary>Those with one scope: here it is one text, and none or two can't be said.</summary>
    public static IEnumerable<TheoryDataRow<string, string>> Cases() =>
        from file in Files
        from item in Read(file)["cases"]!.AsArray()
        where item["scopes"] is not JsonArray { Count: not 1 }
        select new TheoryDataRow<string, string>(file, item!["name"]!.ToString());

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_case_comes_out_as_every_language_says(string file, string name)
    {
        var all = Read(file);
        var item = all["cases"]!.AsArray().Single(other => other!["name"]!.ToString() == name)!.AsObject();
        Assert.All(item, member => Assert.Contains(member.Key, Keys));
        var options = new Dictionary<string, JsonNode?>();
        foreach (var (key, value) in (all["options"]?.AsObject() ?? []).Concat(item["options"]?.AsObject() ?? []))
        {
            options[key] = value;
        }

        using var elsewhere = item["elsewhere"] != null ? new EmulatorProcess() : null;
        if (item["fields"] is JsonObject fields)
        {
            var body = fields.DeepClone().AsObject();
            body["access_token"] = "vector-token";
            emulator.Fault(new JsonObject { ["status"] = 200, ["body"] = body }.ToJsonString());
        }

        if (item["faults"] is { } faults)
        {
            emulator.Fault(faults.ToJsonString().Replace("$elsewhere", elsewhere?.Imds, StringComparison.Ordinal));
        }

        if (item["tokens"] is { } tokens)
        {
            emulator.Tokens(tokens.ToJsonString());
        }

        using var silence = item["endpoint"]?.ToString() == "silent" ? new Silence() : null;
        var address = item["endpoint"]?.ToString() switch
        {
            "refused" => $"http://127.0.0.1:{RefusingPort()}",
            "silent" => $"http://127.0.0.1:{silence!.Port}",
            _ => item["vm"] is { } vm ? $"{emulator.Imds}/vm/{vm}" : emulator.Imds,
        };
        Run(item, options, address);
        Assert.Empty(elsewhere?.TokenRequests() ?? []);
    }

    private void Run(JsonObject item, Dictionary<string, JsonNode?> options, string address)
    {
        var expect = item["expect"]!;
        var elapsed = Stopwatch.StartNew();
        var (token, failure) = ((MidToken?)null, (MidentityException?)null);
        CredentialHandle? credential = null;
        MidToken Take() => VectorTests.Take(credential!, item["scopes"]?.AsArray(), options.ContainsKey("enable_cae"));
        try
        {
            credential = Make(item["identity"]?.AsObject(), options, address);
            token = Take();
        }
        catch (MidentityException error)
        {
            failure = error;
        }

        var took = elapsed.Elapsed.TotalSeconds;
        Assert.Equal(expect["error"] != null, failure != null);
        if (failure != null)
        {
            CheckError(failure, expect["error"]!.AsObject());
        }
        else
        {
            CheckToken(token!, expect["token"]?.AsObject() ?? []);
        }

        Assert.InRange(took, (double?)expect["at_least_seconds"] ?? 0, (double?)expect["within_seconds"] ?? 60);
        if (expect["requests"] is { } requests)
        {
            Assert.Equal((int)requests, emulator.TokenRequests().Count);
        }

        foreach (var (name, value) in expect["query"]?.AsObject() ?? [])
        {
            Assert.Equal(value?.ToString(), emulator.TokenRequests()[^1]["query"]![name]?[0]!.ToString());
        }

        if (expect["cached"] is { } cached && credential != null)
        {
            var before = emulator.TokenRequests().Count;
            try
            {
                Assert.Equal((bool)cached, Take().FromCache);
            }
            catch (MidentityException) when (failure != null)
            {
                // It fails again; whether it asked again is what counts.
            }

            Assert.Equal((bool)cached, emulator.TokenRequests().Count == before);
        }

        credential?.Dispose();
    }

    private static unsafe CredentialHandle Make(JsonObject? identity, Dictionary<string, JsonNode?> options, string address)
    {
        using var texts = new NativeTexts();
        var named = identity?.Single();
        var kind = named?.Key switch
        {
            null => MidIdentityKind.Default,
            "client_id" => MidIdentityKind.ClientId,
            "object_id" => MidIdentityKind.ObjectId,
            "resource_id" => MidIdentityKind.ResourceId,
            _ => MidIdentityKind.SystemAssigned,
        };
        var id = texts.Add(kind is MidIdentityKind.Default or MidIdentityKind.SystemAssigned ? null : named!.Value.Value!.ToString());
        var (imds, cloud) = (texts.Add(address), texts.Add(options.GetValueOrDefault("cloud")?.ToString()));
        var query = options.GetValueOrDefault("query")?.AsObject()
            .Select(pair => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(pair.Value!.ToString())}");
        var extra = texts.Add(query == null ? null : string.Join('&', query));
        var made = new CredentialOptions
        {
            StructSize = (nuint)sizeof(CredentialOptions),
            IdentityKind = (int)kind,
            Identity = id.Bytes,
            IdentityLen = id.Length,
            ImdsEndpoint = imds.Bytes,
            ImdsEndpointLen = imds.Length,
            Cloud = cloud.Bytes,
            CloudLen = cloud.Length,
            ExtraQuery = extra.Bytes,
            ExtraQueryLen = extra.Length,
            TimeoutMs = Milliseconds(options, "timeout"),
            ConnectTimeoutMs = Milliseconds(options, "connect_timeout"),
            Retries = options.GetValueOrDefault("retries") is { } retries ? ((int)retries == 0 ? -1 : (int)retries) : 0,
            Flags = NativeConstants.CredentialPrivateCache,
        };
        NativeError.Check(NativeMethods.midentity_credential_new(&made, out var credential, out var error), error);
        return credential;
    }

    private static long Milliseconds(Dictionary<string, JsonNode?> options, string name) =>
        options.GetValueOrDefault(name) is { } seconds ? (long)((double)seconds * 1000) : 0;

    private static unsafe MidToken Take(CredentialHandle credential, JsonArray? scopes, bool enableCae)
    {
        var scope = scopes == null ? "https://management.azure.com/.default" : scopes.Single()!.ToString();
        using var texts = new NativeTexts();
        var text = texts.Add(scope);
        var options = new TokenOptions { StructSize = (nuint)sizeof(TokenOptions), Flags = enableCae ? 2u : 0 };
        NativeError.Check(
            NativeMethods.midentity_credential_get_token_start(credential, text.Bytes, text.Length, &options, out var operation, out var error),
            error);
        using (operation)
        {
            NativeError.Check(NativeMethods.midentity_operation_wait(operation, -1, out error), error);
            NativeError.Check(NativeMethods.midentity_operation_take_token(operation, out var token, out error), error);
            using (token)
            {
                return new MidToken(token, scope, MidIdentity.Default);
            }
        }
    }

    private static void CheckError(MidentityException error, JsonObject expected)
    {
        foreach (var (name, value) in expected)
        {
            switch (name)
            {
                case "message_contains":
                    Assert.All(value!.AsArray(), text => Assert.Contains(text!.ToString(), error.Message, StringComparison.Ordinal));
                    break;
                case "message_lacks":
                    Assert.All(value!.AsArray(), text => Assert.DoesNotContain(text!.ToString(), error.ToString(), StringComparison.Ordinal));
                    break;
                default:
                    object? actual = name switch
                    {
                        "kind" => (int)error.Kind,
                        "id" => error.Id,
                        "status" => error.StatusCode,
                        "service_code" => error.Code,
                        "correlation_id" => error.CorrelationId,
                        "request_id" => error.RequestId,
                        "retry_after" => error.RetryAfter?.TotalSeconds,
                        "source" => error.Source,
                        "attempts" => error.Attempts,
                        _ => throw new InvalidOperationException(name),
                    };
                    Assert.Equal(value?.ToString(), actual is IFormattable number ? number.ToString(null, null) : actual?.ToString());
                    break;
            }
        }

        Assert.NotEmpty(error.Hint!);
    }

    private static void CheckToken(MidToken token, JsonObject expected)
    {
        Assert.True(token.Token.Length > 0);
        Assert.False(token.FromCache);
        foreach (var (name, value) in expected)
        {
            switch (name)
            {
                case "expires_on":
                    Assert.Equal((long)value!, token.ExpiresOn.ToUnixTimeSeconds());
                    break;
                case "expires_in":
                    Near(token.ExpiresOn, (double)value!);
                    break;
                case "refresh_in" when value != null:
                    Near(token.RefreshOn!.Value, (double)value);
                    break;
                case "refresh_in":
                    Assert.Null(token.RefreshOn);
                    break;
                case "token_type":
                    Assert.Equal(value!.ToString(), token.Type);
                    break;
                case "identity_verified":
                    Assert.Equal((bool)value!, token.IdentityVerified);
                    break;
                case "claims":
                    Assert.All(value!.AsObject(), claim => Assert.Equal(
                        claim.Value?.ToString(), token.Claims()!.Claims.Properties[claim.Key]?.Value?.ToString()));
                    break;
                default:
                    throw new InvalidOperationException(name);
            }
        }
    }

    private static void Near(DateTimeOffset time, double seconds) =>
        Assert.InRange((time - DateTimeOffset.UtcNow).TotalSeconds, seconds - 6, seconds + 5);

    private static JsonNode Read(string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, $"{file}.json")))!;

    private static int RefusingPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A port whose connections are never taken: its backlog is full.</summary>
    private sealed class Silence : IDisposable
    {
        private readonly Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly List<Socket> waiting = [];

        internal Silence()
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen(0);
            for (var i = 0; i < 8; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                try
                {
                    socket.Connect(listener.LocalEndPoint!);
                }
                catch (SocketException)
                {
                    // Under way, for as long as nobody takes it.
                }

                waiting.Add(socket);
            }
        }

        internal int Port => ((IPEndPoint)listener.LocalEndPoint!).Port;

        public void Dispose()
        {
            waiting.ForEach(socket => socket.Dispose());
            listener.Dispose();
        }
    }
}
