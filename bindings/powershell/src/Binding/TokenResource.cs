using System;
using System.Collections.Generic;
using System.Linq;

namespace Midentity.PowerShell;

/// <summary>What tokens are for: short names of well-known services, or the resource as the service spells it.</summary>
internal static class TokenResource
{
    /// <summary>The names as PowerShell spells them, and as the core does.</summary>
    private static readonly (string Name, string Core)[] Known =
    [
        ("Arm", "arm"),
        ("Graph", "graph"),
        ("KeyVault", "keyvault"),
        ("Storage", "storage"),
        ("Sql", "sql"),
        ("AzureDevOps", "azure-devops"),
    ];

    internal static IEnumerable<string> Names => Known.Select(known => known.Name);

    /// <summary>
    /// The core's word for a resource. A text that is neither a known name nor an address nor an application's id is a typing
    /// error: the service would answer that it knows no such resource, and name none.
    /// </summary>
    internal static string Resolve(string text)
    {
        text = text.Trim();
        var plain = text.Replace("-", string.Empty);
        foreach (var (name, core) in Known)
        {
            if (plain.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return core;
            }
        }

        if (text.Length == 0 || text.IndexOfAny([':', '/', '.']) >= 0 || Guid.TryParse(text, out _))
        {
            // The core refuses an empty one.
            return text;
        }

        var word = plain.ToLowerInvariant();
        var nearest = Known
            .OrderBy(known => known.Name.ToLowerInvariant().Contains(word) ? 0 : Distance(word, known.Name.ToLowerInvariant()))
            .First().Name;
        throw MidentityException.Argument(
            ErrorIds.ArgumentScope,
            $"'{text}' is no resource that is known by name; the nearest is {nearest}",
            $"give one of {string.Join(", ", Names)}, or the resource's address, such as https://vault.azure.net");
    }

    /// <summary>An audience of Resource Manager's; null for the cloud's usual one, by its name.</summary>
    internal static string? OfArm(string text)
    {
        var core = Resolve(text);
        if (core == "arm")
        {
            return null;
        }

        return Known.All(known => known.Core != core)
            ? core
            : throw MidentityException.Argument(
                ErrorIds.ArgumentOption,
                $"'{text}' is another service's, and this sends to Resource Manager, which would refuse its token",
                "leave -Resource out; for another service take its token: Get-MidToken -AsHeader");
    }

    /// <summary>How many letters must change to make one text of the other.</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                var change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                row[j] = Math.Min(change, Math.Min(above, row[j - 1]) + 1);
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
