using System;

namespace Midentity.PowerShell;

/// <summary>A resource by its subscription, resource group and name; read from an id, or put together.</summary>
internal readonly struct ArmName
{
    internal const string IdentityType = "Microsoft.ManagedIdentity/userAssignedIdentities";
    internal const string MachineType = "Microsoft.Compute/virtualMachines";
    internal const string ScaleSetType = "Microsoft.Compute/virtualMachineScaleSets";

    internal ArmName(string subscription, string group, string name)
    {
        Subscription = subscription;
        Group = group;
        Name = name;
    }

    internal string Subscription { get; }

    internal string Group { get; }

    internal string Name { get; }

    /// <summary>The part of an id behind a word, such as the group behind resourceGroups; null where it has none.</summary>
    internal static string? Part(string? id, string word)
    {
        var parts = (id ?? string.Empty).Split('/');
        for (var i = 1; i < parts.Length - 1; i++)
        {
            if (parts[i].Equals(word, StringComparison.OrdinalIgnoreCase) && parts[i + 1].Length > 0)
            {
                return parts[i + 1];
            }
        }

        return null;
    }

    /// <summary>The user-assigned identity of an id, or of an id below it.</summary>
    internal static ArmName OfIdentity(string id) => new(
        Part(id, "subscriptions") ?? throw NotAn(id),
        Part(id, "resourceGroups") ?? throw NotAn(id),
        Part(id, "userAssignedIdentities") ?? throw NotAn(id));

    internal static bool IsMachine(string? id) =>
        id != null
        && id.StartsWith("/", StringComparison.Ordinal)
        && (Part(id, "virtualMachines") ?? Part(id, "virtualMachineScaleSets")) != null;

    internal static bool IsIdentity(string? id) =>
        id != null && id.StartsWith("/", StringComparison.Ordinal) && Part(id, "userAssignedIdentities") != null;

    /// <summary>The id of a resource of a type.</summary>
    internal string Id(string type) => $"/subscriptions/{Subscription}/resourceGroups/{Group}/providers/{type}/{Name}";

    private static MidentityException NotAn(string id) => MidentityException.Argument(
        ErrorIds.ArgumentName,
        $"'{id}' is no id of a user-assigned identity",
        $"give /subscriptions/<id>/resourceGroups/<name>/providers/{IdentityType}/<name>, or -ResourceGroupName and -Name");
}
