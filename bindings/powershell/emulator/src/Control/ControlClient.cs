using System;
using System.IO;
using System.Management.Automation;
using System.Net.Sockets;
using System.Text;
using Midentity.PowerShell.Json;

namespace Midentity.Emulator.Control;

/// <summary>
/// Asks an emulator's control: plain HTTP on loopback, one connection for each request. .NET's own clients take longer to
/// load than the request takes, and could go by a proxy.
/// </summary>
internal sealed class ControlClient
{
    private const int Limit = 10_000;

    private readonly Uri origin;

    internal ControlClient(string origin) => this.origin = new Uri(origin);

    internal PSObject? Get(string path) => Send("GET", path, null);

    internal PSObject? Post(string path, object? body) => Send("POST", path, body);

    internal PSObject? Put(string path, object? body) => Send("PUT", path, body);

    internal PSObject? Delete(string path) => Send("DELETE", path, null);

    private PSObject? Send(string method, string path, object? body)
    {
        ControlAnswer answer;
        try
        {
            answer = ControlAnswer.Parse(Exchange(method, path, body == null ? string.Empty : JsonWriter.Write(body)));
        }
        catch (ArgumentException error)
        {
            throw Refused(error.Message);
        }
        catch (Exception error) when (error is IOException or SocketException or FormatException)
        {
            throw NoAnswer(error.Message);
        }

        object? value;
        try
        {
            value = answer.Body.Length == 0 ? null : JsonReader.Parse(answer.Body);
        }
        catch (FormatException error)
        {
            throw NoAnswer(error.Message);
        }

        return answer.Status is >= 200 and < 300
            ? value as PSObject
            : throw Refused((value as PSObject).Text("error") ?? $"it answered with status {answer.Status}");
    }

    private byte[] Exchange(string method, string path, string body)
    {
        var content = Encoding.UTF8.GetBytes(body);
        var head = Encoding.ASCII.GetBytes(
            $"{method} /_emulator/{path} HTTP/1.1\r\nHost: {origin.Authority}\r\nMidentity-Emulator: true\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {content.Length}\r\nConnection: close\r\n\r\n");
        using var client = new TcpClient { SendTimeout = Limit, ReceiveTimeout = Limit, NoDelay = true };
        client.Connect(origin.Host, origin.Port);
        using var stream = client.GetStream();
        var request = new byte[head.Length + content.Length];
        head.CopyTo(request, 0);
        content.CopyTo(request, head.Length);
        stream.Write(request, 0, request.Length);
        using var answer = new MemoryStream();
        stream.CopyTo(answer);
        return answer.ToArray();
    }

    private MidEmulatorException NoAnswer(string why) => new(
        ErrorIds.NoAnswer,
        ErrorCategory.ConnectionError,
        $"the emulator's control at {origin} did not answer: {why}",
        "Get-MidEmulator shows whether it runs; Start-MidEmulator starts one");

    private static MidEmulatorException Refused(string why) => new(
        ErrorIds.Refused,
        ErrorCategory.InvalidArgument,
        $"the emulator refused this: {why}",
        "see its README for what its control takes");
}
