using System;
using System.Management.Automation;
using Midentity.PowerShell.Json;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Lists who has which role.</summary>
[Cmdlet(VerbsCommon.Get, "MidRoleAssignment")]
[OutputType(typeof(MidRoleAssignment))]
public sealed class GetMidRoleAssignmentCommand : ArmCmdlet
{
    private readonly RoleNames names = new();

    /// <summary>Where: the id of a subscription, resource group or resource; else the subscription's.</summary>
    [Parameter(Position = 0)]
    public string? Scope { get; set; }

    /// <summary>Only those of one principal, by its principal (object) id.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Alias("ObjectId")]
    public string? PrincipalId { get; set; }

    /// <summary>Only those of one role, by its name or GUID.</summary>
    [Parameter]
    [Alias("RoleDefinitionName")]
    [ArgumentCompleter(typeof(RoleCompleter))]
    public string? Role { get; set; }

    /// <summary>Only those at the scope and above it, not below.</summary>
    [Parameter]
    public SwitchParameter AtScope { get; set; }

    /// <summary>The subscription, where no scope is named; else the machine's, else the only one that can be seen.</summary>
    [Parameter]
    public string? SubscriptionId { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForRecord(PrincipalId ?? Scope, () =>
    {
        var scope = Scope ?? $"/subscriptions/{Subscription(SubscriptionId)}";
        var filter = AtScope ? NativeConstants.RoleFilterAtScope
            : PrincipalId != null ? NativeConstants.RoleFilterPrincipal
            : NativeConstants.RoleFilterAll;
        var sent = filter == NativeConstants.RoleFilterPrincipal ? PrincipalId : null;
        foreach (var item in Pages(continuation => ArmCalls.RoleAssignmentList(Client, scope, filter, sent, continuation)))
        {
            var guid = item.Text("role_guid") ?? string.Empty;
            if (PrincipalId != null && !string.Equals(item.Text("principal_id"), PrincipalId, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            var name = names.Get(guid, () => Name(scope, guid));
            if (Role == null || Is(Role, guid) || Is(Role, name))
            {
                WriteObject(new MidRoleAssignment(item, name));
            }
        }
    });

    private static bool Is(string role, string? other) => string.Equals(role, other, StringComparison.OrdinalIgnoreCase);

    private string? Name(string scope, string guid)
    {
        try
        {
            return Object(() => ArmCalls.RoleDefinitionFind(Client, scope, guid)).Text("role_name");
        }
        catch (MidentityException error)
        {
            WriteVerbose($"the name of the role {guid} is not known ({error.Id})");
            return null;
        }
    }
}
