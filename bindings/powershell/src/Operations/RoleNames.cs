using System;
using System.Collections.Generic;

namespace Midentity.PowerShell;

/// <summary>The names of roles by their GUID, each asked for once.</summary>
internal sealed class RoleNames
{
    private readonly Dictionary<string, string?> names = new(StringComparer.OrdinalIgnoreCase);

    internal string? Get(string guid, Func<string?> find)
    {
        if (!names.TryGetValue(guid, out var name))
        {
            names[guid] = name = find();
        }

        return name;
    }
}
