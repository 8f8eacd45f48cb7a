using System;
using System.Management.Automation;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Security;
using System.Text;
using System.Text.Json;

namespace Midentity.PowerShell.Bench;

/// <summary>What one writes instead: a cmdlet around HttpClient, with one client for the process and no cache.</summary>
[Cmdlet(VerbsCommon.Get, "TokenByHand")]
public sealed class GetTokenByHandCommand : PSCmdlet
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false });

    [Parameter(Mandatory = true)]
    public Uri Endpoint { get; set; } = null!;

    [Parameter(Mandatory = true)]
    public string Resource { get; set; } = string.Empty;

    protected override void EndProcessing()
    {
        var address = new Uri(Endpoint, $"/metadata/identity/oauth2/token?api-version=2018-02-01&resource={Uri.EscapeDataString(Resource)}");
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Add("Metadata", "true");
        using var response = Client.Send(request);
        response.EnsureSuccessStatusCode();
        using var answer = JsonDocument.Parse(response.Content.ReadAsStream());
        WriteObject(answer.RootElement.GetProperty("access_token").GetString());
    }
}

/// <summary>Does nothing: what a call of any cmdlet takes.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Nothing")]
public sealed class TestNothingCommand : PSCmdlet;

/// <summary>The same for a role assignment, on a kept connection.</summary>
[Cmdlet(VerbsCommon.New, "RoleByHand")]
public sealed class NewRoleByHandCommand : PSCmdlet
{
    private HttpClient? client;

    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true)]
    public string PrincipalId { get; set; } = string.Empty;

    [Parameter(Mandatory = true)]
    public Uri Cloud { get; set; } = null!;

    [Parameter(Mandatory = true)]
    public string Scope { get; set; } = string.Empty;

    [Parameter(Mandatory = true)]
    public string RoleDefinitionId { get; set; } = string.Empty;

    [Parameter(Mandatory = true)]
    public SecureString Token { get; set; } = new();

    protected override void BeginProcessing()
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        // The emulator's authority is not the system's; who measures on loopback need not check it.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        client = new HttpClient(handler);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", new System.Net.NetworkCredential(string.Empty, Token).Password);
    }

    protected override void ProcessRecord()
    {
        var path = $"{Scope}/providers/Microsoft.Authorization/roleAssignments/{Guid.NewGuid()}?api-version=2022-04-01";
        var properties = new { principalId = PrincipalId, roleDefinitionId = RoleDefinitionId, principalType = "ServicePrincipal" };
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(Cloud, path))
        {
            Content = new StringContent(JsonSerializer.Serialize(new { properties }), Encoding.UTF8, "application/json"),
        };
        using var response = client!.Send(request);
        response.EnsureSuccessStatusCode();
        using var answer = JsonDocument.Parse(response.Content.ReadAsStream());
        WriteObject(answer.RootElement.GetProperty("id").GetString());
    }

    protected override void EndProcessing() => client?.Dispose();
}
