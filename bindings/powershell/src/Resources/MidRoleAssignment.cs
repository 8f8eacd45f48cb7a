using System.Management.Automation;
using Midentity.PowerShell.Json;

namespace Midentity.PowerShell;

/// <summary>A role that a principal has at a scope.</summary>
public sealed class MidRoleAssignment
{
    internal MidRoleAssignment(PSObject json, string? role)
    {
        Id = json.Text("id") ?? string.Empty;
        Name = json.Text("name") ?? string.Empty;
        PrincipalId = json.Text("principal_id");
        PrincipalType = json.Text("principal_type");
        Scope = json.Text("scope");
        RoleDefinitionId = json.Text("role_definition_id");
        RoleDefinitionName = role;
    }

    /// <summary>Its resource id.</summary>
    public string Id { get; }

    /// <summary>Its name, a GUID.</summary>
    public string Name { get; }

    /// <summary>Who has the role, by principal (object) id.</summary>
    public string? PrincipalId { get; }

    /// <summary>ServicePrincipal, User or Group.</summary>
    public string? PrincipalType { get; }

    /// <summary>The role's name; null where it can't be read.</summary>
    public string? RoleDefinitionName { get; }

    /// <summary>The role's id.</summary>
    public string? RoleDefinitionId { get; }

    /// <summary>Where it holds: there and everywhere below.</summary>
    public string? Scope { get; }
}
