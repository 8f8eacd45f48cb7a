using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace Midentity.PowerShell.Json;

/// <summary>Members of objects that <see cref="JsonReader"/> has read; null where a member is missing or of another type.</summary>
internal static class JsonMembers
{
    internal static object? Member(this PSObject? value, string name) => value?.Properties[name]?.Value;

    internal static string? Text(this PSObject? value, string name) => value.Member(name) as string;

    internal static bool Flag(this PSObject? value, string name) => value.Member(name) is true;

    internal static PSObject? Object(this PSObject? value, string name) => value.Member(name) as PSObject;

    internal static IReadOnlyList<object?> Items(this PSObject? value, string name) =>
        value.Member(name) as object?[] ?? [];

    internal static string[] Texts(this PSObject? value, string name) => [.. value.Items(name).OfType<string>()];

    internal static IEnumerable<PSObject> Objects(this PSObject? value, string name) => value.Items(name).OfType<PSObject>();

    /// <summary>An object of texts as PowerShell shows tags: a hashtable whose keys ignore case.</summary>
    internal static Hashtable Table(this PSObject? value, string name)
    {
        var table = new Hashtable(StringComparer.OrdinalIgnoreCase);
        foreach (var property in value.Object(name)?.Properties ?? Enumerable.Empty<PSPropertyInfo>())
        {
            table[property.Name] = property.Value;
        }

        return table;
    }
}
