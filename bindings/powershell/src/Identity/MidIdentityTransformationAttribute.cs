using System;
using System.Collections;
using System.Management.Automation;

namespace Midentity.PowerShell;

/// <summary>
/// Makes an identity of what people have at hand: a client id, a resource id, the word SystemAssigned, a table such as
/// @{ObjectId = …}, or the object that Get-MidUserIdentity, New-MidUserIdentity or Az's cmdlets of that kind return.
/// Such an object has a client id, a principal id and a resource id at once, which bound one by one by their names
/// would fit three parameter sets.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class MidIdentityTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object? Transform(EngineIntrinsics engineIntrinsics, object? inputData)
    {
        var given = inputData is PSObject { BaseObject: not PSCustomObject } wrapped ? wrapped.BaseObject : inputData;
        return given switch
        {
            null => null,
            MidIdentity identity => identity,
            string text => MidIdentity.Read(text) ?? throw Refused(
                text.Trim().Length == 0
                    ? "the identity is empty; leave -Identity out for the machine's default one"
                    : $"'{text}' is neither a client id (a GUID), nor a user-assigned identity's resource id, nor SystemAssigned"),
            Guid id => new MidIdentity(MidIdentityKind.ClientId, id.ToString("D")),
            IDictionary table => FromTable(table),
            Array { Length: 1 } single => Transform(engineIntrinsics, single.GetValue(0)),
            Array => throw Refused("give one identity"),
            _ => FromObject(PSObject.AsPSObject(inputData!)),
        };
    }

    private static MidIdentity FromTable(IDictionary table)
    {
        if (table.Count == 1)
        {
            foreach (DictionaryEntry entry in table)
            {
                if (Enum.TryParse<MidIdentityKind>(entry.Key as string, true, out var kind)
                    && kind is MidIdentityKind.ClientId or MidIdentityKind.ObjectId or MidIdentityKind.ResourceId
                    && Text(entry.Value) is { } value)
                {
                    return new MidIdentity(kind, value);
                }
            }
        }

        throw Refused("a table must have one key: ClientId, ObjectId or ResourceId");
    }

    private static MidIdentity FromObject(PSObject given)
    {
        var resource = Text(given, "Id") ?? Text(given, "ResourceId");
        if (Text(given, "ClientId") is { } client)
        {
            return new MidIdentity(MidIdentityKind.ClientId, client);
        }

        if (resource is not null && MidIdentity.Read(resource) is { Kind: MidIdentityKind.ResourceId } identity)
        {
            return identity;
        }

        if (resource?.IndexOf("/virtualMachine", StringComparison.OrdinalIgnoreCase) >= 0)
        {
            throw Refused("this is a machine; give one of its identities, or its name to -VMName");
        }

        return Text(given, "PrincipalId") is { } principal
            ? new MidIdentity(MidIdentityKind.ObjectId, principal)
            : throw Refused($"a {given.TypeNames[0]} has neither ClientId nor Id nor PrincipalId");
    }

    private static string? Text(PSObject given, string name) => Text(given.Properties[name]?.Value);

    private static string? Text(object? value)
    {
        var text = (value is PSObject wrapped ? wrapped.BaseObject : value) switch
        {
            string written => written.Trim(),
            Guid id => id.ToString("D"),
            _ => null,
        };
        return text is { Length: > 0 } ? text : null;
    }

    private static ArgumentTransformationMetadataException Refused(string why) => new($"No identity: {why}.");
}
