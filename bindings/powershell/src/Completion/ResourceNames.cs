using System;
using System.Collections.Generic;
using System.Linq;

namespace Midentity.PowerShell;

/// <summary>
/// The short names of resources: in PowerShell's spelling here, in the core's where they are understood.
/// </summary>
internal static class ResourceNames
{
    private static readonly Dictionary<string, string> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Arm"] = "arm",
        ["Graph"] = "graph",
        ["KeyVault"] = "keyvault",
        ["Storage"] = "storage",
        ["Sql"] = "sql",
        ["AzureDevOps"] = "azure-devops",
    };

    internal static IReadOnlyCollection<string> All => Known.Keys;

    /// <summary>
    /// What the core is asked for. A single word that is no short name is a slip: no resource looks so.
    /// </summary>
    internal static string Resolve(string resource)
    {
        if (Known.TryGetValue(resource, out var name))
        {
            return name;
        }

        if (resource.Length == 0 || resource.IndexOfAny([':', '/', '.']) >= 0 || Guid.TryParse(resource, out _)
            || Known.ContainsValue(resource.ToLowerInvariant()))
        {
            return resource;
        }

        var nearest = Nearest(resource);
        throw new MidentityException(
            MidErrorKind.InvalidArgument,
            "argument.scope",
            $"There is no resource '{resource}'.",
            (nearest is null ? string.Empty : $"did you mean {nearest}? ")
                + $"give one of {string.Join(", ", All)}, or a resource such as https://vault.azure.net");
    }

    private static string? Nearest(string word)
    {
        var best = All.OrderBy(name => Distance(name.ToUpperInvariant(), word.ToUpperInvariant())).First();
        return Distance(best.ToUpperInvariant(), word.ToUpperInvariant()) <= Math.Max(2, word.Length / 3) ? best : null;
    }

    /// <summary>Levenshtein's distance, with a swap of neighbours as one step.</summary>
    private static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }

                var change = rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                rows[i, j] = Math.Min(change, Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[a.Length, b.Length];
    }
}
