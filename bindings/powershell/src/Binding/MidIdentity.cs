using System;
using System.Management.Automation;

namespace Midentity.PowerShell;

/// <summary>By what an identity is named. The numbers are those of the C interface.</summary>
public enum MidIdentityKind
{
    /// <summary>The machine's default one: the system-assigned identity, else the only user-assigned one.</summary>
    Default = 0,

    /// <summary>The system-assigned identity and no other.</summary>
    SystemAssigned = 1,

    /// <summary>The user-assigned identity with this client id.</summary>
    ClientId = 2,

    /// <summary>The identity with this object (principal) id.</summary>
    ObjectId = 3,

    /// <summary>The user-assigned identity with this resource id.</summary>
    ResourceId = 4,
}

/// <summary>Which of the machine's identities signs in.</summary>
public sealed class MidIdentity
{
    internal static readonly MidIdentity Default = new(MidIdentityKind.Default, null);

    internal static readonly MidIdentity SystemAssigned = new(MidIdentityKind.SystemAssigned, null);

    internal MidIdentity(MidIdentityKind kind, string? value)
    {
        Kind = kind;
        Value = value;
    }

    /// <summary>By what it is named.</summary>
    public MidIdentityKind Kind { get; }

    /// <summary>The id; null for the default and the system-assigned identity.</summary>
    public string? Value { get; }

    /// <summary>The identity that a text or an object names; an ArgumentException says what would.</summary>
    public static MidIdentity From(object? given)
    {
        var value = given is PSObject wrapped ? wrapped.BaseObject : given;
        switch (value)
        {
            case MidIdentity identity:
                return identity;
            case Guid id:
                return new MidIdentity(MidIdentityKind.ClientId, id.ToString());
            case string text:
                return FromText(text.Trim());
            case null:
                throw Unknown();
            default:
                return FromObject(PSObject.AsPSObject(given));
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        MidIdentityKind.Default => "default",
        MidIdentityKind.SystemAssigned => "system-assigned",
        MidIdentityKind.ClientId => $"client id {Value}",
        MidIdentityKind.ObjectId => $"object id {Value}",
        _ => Value ?? string.Empty,
    };

    private static MidIdentity FromText(string text)
    {
        if (text.StartsWith("/", StringComparison.Ordinal))
        {
            return new MidIdentity(MidIdentityKind.ResourceId, text);
        }

        if (text.Equals("[system]", StringComparison.OrdinalIgnoreCase)
            || text.Equals(nameof(SystemAssigned), StringComparison.OrdinalIgnoreCase))
        {
            return SystemAssigned;
        }

        return Guid.TryParse(text, out _) ? new MidIdentity(MidIdentityKind.ClientId, text) : throw Unknown();
    }

    /// <summary>
    /// Objects of identities carry all their ids, which name the same one: the client id is what every source takes.
    /// </summary>
    private static MidIdentity FromObject(PSObject value)
    {
        foreach (var (property, kind) in new[]
        {
            ("ClientId", MidIdentityKind.ClientId),
            ("PrincipalId", MidIdentityKind.ObjectId),
            ("Id", MidIdentityKind.ResourceId),
            ("ResourceId", MidIdentityKind.ResourceId),
        })
        {
            var text = value.Properties[property]?.Value?.ToString();
            if (string.IsNullOrWhiteSpace(text))
            {
                continue;
            }

            var isIdentity = kind != MidIdentityKind.ResourceId
                || text!.IndexOf("/userAssignedIdentities/", StringComparison.OrdinalIgnoreCase) >= 0;
            return isIdentity ? new MidIdentity(kind, text) : throw Unknown();
        }

        throw Unknown();
    }

    private static ArgumentException Unknown() => new(
        "An identity is named by its client id (a GUID), by its resource id "
        + "(/subscriptions/…/userAssignedIdentities/…), by SystemAssigned, or by an object that Get-MidUserIdentity or "
        + "Get-AzUserAssignedIdentity returned. For an object (principal) id use -ObjectId.");
}
