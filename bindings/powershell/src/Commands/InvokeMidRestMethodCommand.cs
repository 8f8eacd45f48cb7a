using System;
using System.Management.Automation;
using Midentity.PowerShell.Json;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Sends any request to Resource Manager, with a token for it and with retries.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "MidRestMethod", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(PSObject), typeof(string))]
public sealed class InvokeMidRestMethodCommand : ArmCmdlet
{
    private const string PathSet = "Path";
    private const string UriSet = "Uri";

    /// <summary>The path below Resource Manager's address, beginning with a slash.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = PathSet)]
    public string Path { get; set; } = string.Empty;

    /// <summary>The whole address. Only Resource Manager's of the cloud: the token is sent nowhere else.</summary>
    [Parameter(Mandatory = true, ParameterSetName = UriSet)]
    public Uri? Uri { get; set; }

    /// <summary>The method: GET, HEAD, PUT, POST, PATCH or DELETE.</summary>
    [Parameter]
    [ValidateSet("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE")]
    public string Method { get; set; } = "GET";

    /// <summary>The body: JSON text, or a hashtable, list or object that becomes it.</summary>
    [Parameter]
    public object? Body { get; set; }

    /// <summary>The api-version, where the query does not hold it.</summary>
    [Parameter]
    public string? ApiVersion { get; set; }

    /// <summary>
    /// What the token is for, where it is not the cloud's usual one: Resource Manager's older name, an Azure Stack's own.
    /// </summary>
    [Parameter]
    [Alias("ResourceUrl", "ResourceUri", "Audience")]
    public string? Resource { get; set; }

    /// <summary>Read a list page by page, and give its items.</summary>
    [Parameter]
    public SwitchParameter Paginate { get; set; }

    /// <summary>Wait for the long-running operation that the request starts; the answer is the last one.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>Give the JSON text.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForRecord(Uri?.ToString() ?? Path, () =>
    {
        var (path, method) = (ParameterSetName == UriSet ? PathOf(Uri!) : Path, Method.ToUpperInvariant());
        if (Paginate)
        {
            if (method != "GET" || Raw)
            {
                throw MidentityException.Argument(
                    ErrorIds.ArgumentOption, "-Paginate reads a list item by item", "use it with GET, and without -Raw");
            }

            foreach (var item in Pages(continuation => ArmCalls.List(Client, path, ApiVersion, continuation)))
            {
                WriteObject(item);
            }

            return;
        }

        var body = BodyText();
        if (method is not ("GET" or "HEAD") && !ShouldProcess(path, method))
        {
            return;
        }

        var json = ValueText(() => ArmCalls.Request(Client, method, path, ApiVersion, body, Wait), "/body");
        if (Raw)
        {
            WriteObject(json);
        }
        else if (JsonReader.Parse(json) is { } value)
        {
            WriteObject(value, true);
        }
    });

    private protected override string? TokenAudience()
    {
        var audience = Resource == null ? null : TokenResource.OfArm(Resource);
        return audience == null || AccessToken == null
            ? audience
            : throw MidentityException.Argument(
                ErrorIds.ArgumentOption,
                "-Resource says what to take a token for, and -AccessToken is one",
                "leave one of them out");
    }

    private string? BodyText()
    {
        var given = Body is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : Body;
        if (given is string or null)
        {
            return given as string;
        }

        try
        {
            return JsonWriter.Write(given);
        }
        catch (ArgumentException error)
        {
            throw MidentityException.Argument(
                ErrorIds.ArgumentOption,
                $"the body can't be written as JSON: {error.Message}",
                "give JSON text, or hashtables, lists, texts and numbers");
        }
    }

    private string PathOf(Uri uri)
    {
        var origin = Settings.ArmOrigin;
        var isHere = uri.IsAbsoluteUri
            && origin != null
            && uri.UserInfo.Length == 0
            && Origin(uri).Equals(Origin(new Uri(origin)), StringComparison.OrdinalIgnoreCase);
        return isHere
            ? uri.GetComponents(UriComponents.PathAndQuery, UriFormat.UriEscaped)
            : throw MidentityException.Argument(
                ErrorIds.ArgumentPath,
                $"{(uri.IsAbsoluteUri ? Origin(uri) : "the address")} is not Resource Manager's of this cloud",
                $"begin with {origin}, or give -Path; for another service take its token: Get-MidToken -AsHeader");
    }

    private static string Origin(Uri uri) => uri.GetLeftPart(UriPartial.Authority);
}
