using System;
using System.Linq;
using System.Management.Automation;
using Midentity.PowerShell.Json;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Gives a principal a role; one that it has already is as wanted.</summary>
[Cmdlet(VerbsCommon.New, "MidRoleAssignment", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MidRoleAssignment))]
public sealed class NewMidRoleAssignmentCommand : ArmCmdlet
{
    /// <summary>Everybody who has any role can do this: it shows whether a role that allows all reading has arrived.</summary>
    private const string ReadAction = "Microsoft.Resources/subscriptions/resourceGroups/read";

    /// <summary>Who gets it: a principal (object) id, as identity objects have it.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true)]
    [Alias("ObjectId")]
    public string PrincipalId { get; set; } = string.Empty;

    /// <summary>The role's name or GUID.</summary>
    [Parameter(Mandatory = true)]
    [Alias("RoleDefinitionName", "RoleDefinitionId")]
    [ArgumentCompleter(typeof(RoleCompleter))]
    public string Role { get; set; } = string.Empty;

    /// <summary>Where it holds: the id of a subscription, resource group or resource.</summary>
    [Parameter(Mandatory = true)]
    public string Scope { get; set; } = string.Empty;

    /// <summary>What kind of principal it is: ServicePrincipal (every managed identity), User or Group.</summary>
    [Parameter]
    [Alias("ObjectType")]
    [ValidateSet("ServicePrincipal", "User", "Group")]
    public string PrincipalType { get; set; } = "ServicePrincipal";

    /// <summary>Wait until the role works: at least until it can be read, and for the caller's own until it allows something.</summary>
    [Parameter]
    public SwitchParameter WaitForPropagation { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForRecord(PrincipalId, () =>
    {
        if (!ShouldProcess(Scope, $"Give {PrincipalType} {PrincipalId} the role {Role}"))
        {
            return;
        }

        var (principal, scope) = (PrincipalId, Scope);
        var made = Object(() => ArmCalls.RoleAssignmentCreate(Client, scope, Role, principal, PrincipalType));
        var assignment = new MidRoleAssignment(made, Guid.TryParse(Role, out _) ? null : Role);
        if (WaitForPropagation)
        {
            Await(assignment);
        }

        WriteObject(assignment);
    });

    private void Await(MidRoleAssignment assignment)
    {
        var limit = Settings.Timeout;
        Value(() => ArmCalls.RoleAssignmentVisible(Client, Scope, assignment.Id, limit));
        WriteVerbose($"the assignment can be read at {Scope}");
        if (!string.Equals(Caller(), PrincipalId, StringComparison.OrdinalIgnoreCase))
        {
            WriteVerbose("whether it is enforced yet only its principal can tell, and that is not the caller");
            return;
        }

        var role = Object(() => ArmCalls.RoleDefinitionFind(Client, Scope, Role));
        var actions = role.Texts("actions");
        var action = actions.Any(item => item is "*" or "*/read") ? ReadAction : actions.FirstOrDefault(item => item.IndexOf('*') < 0);
        if (action == null)
        {
            WriteVerbose("the role names no single action to try");
            return;
        }

        Value(() => ArmCalls.RoleAssignmentAllowed(Client, Scope, action, limit));
        WriteVerbose($"the caller may {action} at {Scope}");
    }

    /// <summary>The principal id of who signs in; null where the token does not say.</summary>
    private string? Caller()
    {
        if (TokenSource == MidSignIn.AzureCli)
        {
            return null;
        }

        try
        {
            if (AccessToken != null)
            {
                return MidTokenClaims.Decode(AccessToken).ObjectId;
            }

            var identity = Identity ?? MidIdentity.Default;
            var credential = Call(() => Credentials.Get(identity, MidTokenSource.Auto, Settings));
            using var token = Token(() => InstanceCalls.GetToken(credential, "arm", false, 0));
            return new MidToken(token, "arm", identity).Claims()?.ObjectId;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
