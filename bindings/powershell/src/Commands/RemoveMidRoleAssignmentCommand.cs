using System;
using System.Linq;
using System.Management.Automation;
using Midentity.PowerShell.Json;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Takes a role from a principal; one that it does not have is as wanted.</summary>
[Cmdlet(
    VerbsCommon.Remove,
    "MidRoleAssignment",
    DefaultParameterSetName = IdSet,
    SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(bool))]
public sealed class RemoveMidRoleAssignmentCommand : ArmCmdlet
{
    private const string IdSet = "Id";
    private const string PrincipalSet = "Principal";
    private const string Below = "/providers/Microsoft.Authorization/roleAssignments/";

    /// <summary>The assignment's resource id, as Get-MidRoleAssignment gives it.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true, ParameterSetName = IdSet)]
    [Alias("RoleAssignmentId")]
    public string Id { get; set; } = string.Empty;

    /// <summary>Whose role: a principal (object) id, as identity objects have it.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = PrincipalSet)]
    [Alias("ObjectId")]
    public string PrincipalId { get; set; } = string.Empty;

    /// <summary>The role's name or GUID.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PrincipalSet)]
    [Alias("RoleDefinitionName")]
    [ArgumentCompleter(typeof(RoleCompleter))]
    public string Role { get; set; } = string.Empty;

    /// <summary>Where it was given: the id of a subscription, resource group or resource.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PrincipalSet)]
    public string Scope { get; set; } = string.Empty;

    /// <summary>Say whether it was there.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == IdSet)
        {
            ForRecord(Id, () => ById(Id));
        }
        else
        {
            ForRecord(PrincipalId, ByPrincipal);
        }
    }

    private void ById(string id)
    {
        var at = id.IndexOf(Below, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            throw MidentityException.Argument(
                ErrorIds.ArgumentName,
                $"'{id}' is no id of a role assignment",
                "pipe what Get-MidRoleAssignment returns, or give -PrincipalId, -Role and -Scope");
        }

        if (ShouldProcess(id, "Delete role assignment"))
        {
            Said(Delete(at == 0 ? "/" : id.Substring(0, at), id), id);
        }
    }

    private void ByPrincipal()
    {
        var (scope, principal) = (Scope.Length > 1 ? Scope.TrimEnd('/') : Scope, PrincipalId);
        var guid = Object(() => ArmCalls.RoleDefinitionFind(Client, scope, Role)).Text("guid");
        var found = Pages(continuation =>
                ArmCalls.RoleAssignmentList(Client, scope, NativeConstants.RoleFilterPrincipal, principal, continuation))
            .Where(item => Same(item.Text("role_guid"), guid) && Same(item.Text("scope")?.TrimEnd('/'), scope.TrimEnd('/')))
            .Select(item => item.Text("id"))
            .FirstOrDefault();
        if (!ShouldProcess(scope, $"Take the role {Role} from {principal}"))
        {
            return;
        }

        Said(found != null && Delete(scope, found), $"the role {Role} of {principal} at {scope}");
    }

    private bool Delete(string scope, string id) => Value(() => ArmCalls.RoleAssignmentDelete(Client, scope, id)) is true;

    private static bool Same(string? a, string? b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    private void Said(bool wasThere, string what)
    {
        if (!wasThere)
        {
            WriteVerbose($"{what} was not there");
        }

        if (PassThru)
        {
            WriteObject(wasThere);
        }
    }
}
