using System;
using System.Collections.Generic;

namespace Midentity.PowerShell.Migration;

/// <summary>Addresses of the services as calls of midentity's cmdlets.</summary>
internal static class Replacement
{
    /// <summary>Spellings that are a short name's resource to the letter: the services compare them so.</summary>
    private static readonly Dictionary<string, string> ShortNames = new(StringComparer.Ordinal)
    {
        ["https://management.azure.com/"] = "Arm",
        ["https://graph.microsoft.com/"] = "Graph",
        ["https://vault.azure.net"] = "KeyVault",
        ["https://storage.azure.com/"] = "Storage",
        ["https://database.windows.net/"] = "Sql",
        ["499b84ac-1321-427f-aa17-267ca6975798"] = "AzureDevOps",
    };

    internal static string Resource(ConstantText resource) =>
        resource.IsConstant && ShortNames.TryGetValue(resource.Text, out var name)
            ? name
            : ScriptText.Argument(resource);

    internal static string GetToken(LegacyAddress address, bool asPlainText)
    {
        var text = "Get-MidToken";
        text += address.Parameter("resource") is { Text.Length: > 0 } resource ? " " + Resource(resource) : " Arm";
        foreach (var (name, parameter) in new[]
        {
            ("client_id", "-ClientId"), ("clientid", "-ClientId"),
            ("object_id", "-ObjectId"), ("principal_id", "-ObjectId"),
            ("mi_res_id", "-ResourceId"), ("msi_res_id", "-ResourceId"),
        })
        {
            if (address.Parameter(name) is { Text.Length: > 0 } value)
            {
                text += $" {parameter} {ScriptText.Argument(value)}";
                break;
            }
        }

        if (address.Parameter("bypass_cache") is not null)
        {
            text += " -ForceRefresh";
        }

        return asPlainText ? text + " -AsPlainText" : text;
    }

    internal static string GetInstance(LegacyAddress address)
    {
        var rest = address.Path.From("/metadata/instance".Length);
        var path = rest.Text.Trim('/');
        var text = "Get-MidInstance";
        if (path.Length > 0)
        {
            text += " -Path "
                + ScriptText.Argument(rest.Slice(rest.Text.IndexOf(path, StringComparison.Ordinal), path.Length));
        }

        // Another version has other fields; the one that is written is the one that the script was made for.
        return address.Parameter("api-version") is { Text.Length: > 0 } version
            ? text + " -ApiVersion " + ScriptText.Argument(version)
            : text;
    }

    internal static string InvokeRest(LegacyAddress address)
    {
        var path = address.Path.Text.Length > 0 ? address.Path : ConstantText.Of("/");
        var first = true;
        foreach (var part in address.Query)
        {
            if (part.Key == "api-version")
            {
                continue;
            }

            path = path.Append(ConstantText.Of((first ? "?" : "&") + part.Key + "=")).Append(part.Value.Escaped());
            first = false;
        }

        var text = "Invoke-MidRestMethod -Path " + ScriptText.Argument(path);
        if (address.Parameter("api-version") is { Text.Length: > 0 } version)
        {
            text += " -ApiVersion " + ScriptText.Argument(version);
        }

        return address.Cloud is null ? text : text + " -Cloud " + address.Cloud;
    }
}
