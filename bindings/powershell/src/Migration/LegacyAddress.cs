using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Midentity.PowerShell.Migration;

/// <summary>What is behind an address.</summary>
internal enum AddressKind
{
    /// <summary>The metadata service's tokens.</summary>
    ImdsToken,

    /// <summary>The metadata service's description of the machine.</summary>
    ImdsInstance,

    /// <summary>The metadata service's other doors: attested data, scheduled events, versions.</summary>
    ImdsOther,

    /// <summary>The retired machine extension's tokens.</summary>
    ExtensionToken,

    /// <summary>Azure Arc's tokens.</summary>
    ArcToken,

    /// <summary>App Service's and Functions' tokens, by the variables that it sets.</summary>
    AppServiceToken,

    /// <summary>Azure Resource Manager.</summary>
    ResourceManager,
}

/// <summary>An address of Azure's that scripts call by hand.</summary>
internal sealed class LegacyAddress
{
    /// <summary>Resource Manager's hosts, and the cloud that has to be named for each.</summary>
    private static readonly Dictionary<string, string?> ResourceManagers = new(StringComparer.Ordinal)
    {
        ["management.azure.com"] = null,
        ["management.usgovcloudapi.net"] = "AzureUSGovernment",
        ["management.chinacloudapi.cn"] = "AzureChinaCloud",
    };

    private LegacyAddress(AddressKind kind, ConstantText path, IReadOnlyList<KeyValuePair<string, ConstantText>> query)
    {
        Kind = kind;
        Path = path;
        Query = query;
    }

    internal AddressKind Kind { get; }

    /// <summary>The cloud that the address belongs to, where that is not the public one.</summary>
    internal string? Cloud { get; private set; }

    /// <summary>What follows the host, up to the query.</summary>
    internal ConstantText Path { get; }

    internal IReadOnlyList<KeyValuePair<string, ConstantText>> Query { get; }

    internal bool IsToken =>
        Kind is not (AddressKind.ImdsInstance or AddressKind.ImdsOther or AddressKind.ResourceManager);

    /// <summary>The address that a text is; null where it is none of ours.</summary>
    internal static LegacyAddress? Parse(ConstantText address)
    {
        var text = address.Text.Trim();
        var offset = address.Text.IndexOf(text, StringComparison.Ordinal);
        if (text.Length == 0)
        {
            return null;
        }

        if (text[0] == ConstantText.HoleMark)
        {
            var environment = address.Slice(0, offset + 1).Holes[0].Environment;
            var rest = address.From(offset + 1);
            return environment switch
            {
                "IDENTITY_ENDPOINT" or "MSI_ENDPOINT" => Make(AddressKind.AppServiceToken, rest),
                _ => Metadata(rest),
            };
        }

        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0 && !text.StartsWith("http", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var host = scheme < 0 ? 0 : scheme + 3;
        var end = text.IndexOfAny(['/', '?', ConstantText.HoleMark], host);
        if (end < 0)
        {
            end = text.Length;
        }

        var authority = text.Substring(host, end - host).ToLowerInvariant();
        var path = address.From(offset + end);
        return authority switch
        {
            "169.254.169.254" or "169.254.169.254:80" => Metadata(path),
            "localhost:50342" or "127.0.0.1:50342" => Make(AddressKind.ExtensionToken, path),
            "localhost:40342" or "127.0.0.1:40342" => Make(AddressKind.ArcToken, path),
            _ when scheme >= 0
                && ResourceManagers.TryGetValue(authority, out var cloud) => ResourceManager(path, cloud),
            _ => null,
        };
    }

    /// <summary>A part of the query; a later one of the same name is not looked at.</summary>
    internal ConstantText? Parameter(params string[] names) =>
        Query.Where(part => names.Contains(part.Key, StringComparer.OrdinalIgnoreCase))
            .Select(part => part.Value)
            .FirstOrDefault();

    /// <summary>The address with what a request's body adds to it.</summary>
    internal LegacyAddress With(IEnumerable<KeyValuePair<string, ConstantText>> more) =>
        new(Kind, Path, [.. Query, .. more]);

    private static LegacyAddress ResourceManager(ConstantText path, string? cloud)
    {
        var address = Make(AddressKind.ResourceManager, path);
        address.Cloud = cloud;
        return address;
    }

    private static LegacyAddress? Metadata(ConstantText rest)
    {
        var path = rest.Text.ToLowerInvariant();
        AddressKind? kind =
            path.StartsWith("/metadata/identity/oauth2/token", StringComparison.Ordinal) ? AddressKind.ImdsToken
            : path.StartsWith("/metadata/instance", StringComparison.Ordinal) ? AddressKind.ImdsInstance
            : path.StartsWith("/metadata/", StringComparison.Ordinal) ? AddressKind.ImdsOther
            : null;
        return kind is { } known ? Make(known, rest) : null;
    }

    private static LegacyAddress Make(AddressKind kind, ConstantText rest)
    {
        var mark = rest.Text.IndexOf('?');
        var path = mark < 0 ? rest : rest.Slice(0, mark);
        var query = new List<KeyValuePair<string, ConstantText>>();
        for (var at = mark < 0 ? rest.Text.Length : mark + 1; at < rest.Text.Length;)
        {
            var end = rest.Text.IndexOf('&', at);
            end = end < 0 ? rest.Text.Length : end;
            var equals = rest.Text.IndexOf('=', at, end - at);
            if (equals > at)
            {
                var name = rest.Text.Substring(at, equals - at).Trim().ToLower(CultureInfo.InvariantCulture);
                var value = rest.Slice(equals + 1, end - equals - 1).TrimEnd(' ', '\r', '\n');
                query.Add(new KeyValuePair<string, ConstantText>(name, value.Unescaped()));
            }
            else if (end > at)
            {
                query.Add(
                    new KeyValuePair<string, ConstantText>(rest.Text.Substring(at, end - at), ConstantText.Empty));
            }

            at = end + 1;
        }

        return new LegacyAddress(kind, path, query);
    }
}
