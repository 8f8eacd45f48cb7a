using System;
using System.Collections;
using System.Collections.Generic;
using System.Management.Automation;

namespace Midentity.PowerShell;

/// <summary>Lets a parameter take user-assigned identities by name, by resource id, or as objects that have an Id.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class IdentityReferencesAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var names = new List<string>();
        var given = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (given is IEnumerable list and not string)
        {
            foreach (var item in list)
            {
                names.Add(Name(item));
            }
        }
        else
        {
            names.Add(Name(inputData));
        }

        return names.ToArray();
    }

    /// <summary>The name or id of one identity.</summary>
    internal static string Name(object? given)
    {
        var value = given is PSObject wrapped ? wrapped.BaseObject : given;
        var text = value as string ?? (given == null ? null : PSObject.AsPSObject(given).Properties["Id"]?.Value?.ToString());
        return string.IsNullOrWhiteSpace(text)
            ? throw new ArgumentTransformationMetadataException(
                "A user-assigned identity is named by its name, its resource id, or an object with an Id, as "
                + "Get-MidUserIdentity and Get-AzUserAssignedIdentity return.")
            : text!.Trim();
    }
}
