using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Management.Automation;

namespace Midentity.PowerShell.Json;

/// <summary>
/// An answer as the Debug stream shows it: its shape, and the texts of members that are known to name or describe something.
/// Every other text is hidden, as keys and connection strings come under any name.
/// </summary>
internal static class Redaction
{
    private static readonly HashSet<string> Shown = new(StringComparer.OrdinalIgnoreCase)
    {
        "id", "name", "type", "kind", "location", "status", "state", "code", "display_name", "displayName",
        "provisioning_state", "provisioningState", "scope", "subscription_id", "subscriptionId", "resource_group",
        "resourceGroupName", "tenant_id", "tenantId", "client_id", "clientId", "principal_id", "principalId",
        "principal_type", "principalType", "role_name", "roleName", "role_guid", "role_definition_id", "roleDefinitionId",
    };

    /// <summary>JSON text with every text hidden that is not known to be harmless.</summary>
    internal static string Show(string json) => JsonWriter.Write(Hidden(JsonReader.Parse(json), false));

    private static object? Hidden(object? value, bool isShown) => value switch
    {
        string text when !isShown => string.Format(CultureInfo.InvariantCulture, "({0} characters)", text.Length),
        object?[] items => items.Select(item => Hidden(item, isShown)).ToArray(),
        PSObject { BaseObject: PSCustomObject } thing => Members(thing),
        _ => value,
    };

    private static PSObject Members(PSObject thing)
    {
        var hidden = new PSObject();
        foreach (var property in thing.Properties)
        {
            hidden.Properties.Add(new PSNoteProperty(property.Name, Hidden(property.Value, Shown.Contains(property.Name))));
        }

        return hidden;
    }
}
