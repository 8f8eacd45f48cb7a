using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation.Language;

namespace Midentity.PowerShell.Migration;

/// <summary>The Az, AzureRM, AzureAD and Microsoft Graph cmdlets that midentity's take the place of.</summary>
internal static class AzureCmdlets
{
    private const string SameParameters = "The same parameters, without loading Az.";

    /// <summary>Cmdlets whose replacement takes the same arguments.</summary>
    private static readonly Dictionary<string, string> Renamed = new(StringComparer.OrdinalIgnoreCase)
    {
        ["New-AzUserAssignedIdentity"] = "New-MidUserIdentity",
        ["Get-AzUserAssignedIdentity"] = "Get-MidUserIdentity",
        ["Update-AzUserAssignedIdentity"] = "Update-MidUserIdentity",
        ["Remove-AzUserAssignedIdentity"] = "Remove-MidUserIdentity",
        ["New-AzFederatedIdentityCredential"] = "New-MidFederatedCredential",
        ["New-AzFederatedIdentityCredentials"] = "New-MidFederatedCredential",
        ["Get-AzFederatedIdentityCredential"] = "Get-MidFederatedCredential",
        ["Get-AzFederatedIdentityCredentials"] = "Get-MidFederatedCredential",
        ["Remove-AzFederatedIdentityCredential"] = "Remove-MidFederatedCredential",
        ["Remove-AzFederatedIdentityCredentials"] = "Remove-MidFederatedCredential",
        ["New-AzRoleAssignment"] = "New-MidRoleAssignment",
        ["Get-AzRoleAssignment"] = "Get-MidRoleAssignment",
        ["Remove-AzRoleAssignment"] = "Remove-MidRoleAssignment",
        ["Invoke-AzRestMethod"] = "Invoke-MidRestMethod",
        ["Invoke-AzRest"] = "Invoke-MidRestMethod",
    };

    private static readonly Dictionary<string, string> TokenTypes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Arm"] = "Arm",
        ["MSGraph"] = "Graph",
        ["KeyVault"] = "KeyVault",
        ["Storage"] = "Storage",
    };

    private static readonly string[] SignIn =
    [
        "Connect-AzAccount", "Login-AzAccount", "Add-AzAccount", "Connect-AzureRmAccount", "Login-AzureRmAccount",
        "Add-AzureRmAccount",
    ];

    private static readonly string[] GoneModules = ["Az.ManagedServiceIdentity", "AzureAD", "AzureADPreview"];

    private static readonly string[] Values =
    [
        "ResourceGroupName", "Name", "VMName", "VM", "Location", "IdentityType", "IdentityId", "AccountId", "Tenant",
        "TenantId", "Subscription", "SubscriptionId", "AccessToken", "ResourceUrl", "ResourceTypeName", "ObjectId",
        "RefObjectId", "DisplayName", "SearchString", "VMSize", "RoleDefinitionName", "Scope", "TargetGroupObjectId",
        "MemberObjectId", "ClientId",
    ];

    private static readonly string[] Switches =
    [
        "Identity", "MSI", "AsSecureString", "AllowPrerelease", "AssignIdentity", "SystemAssigned",
        "UseDeviceAuthentication",
    ];

    /// <summary>What is to be said of a command; null where it is none of these.</summary>
    internal static Advice? Look(CommandAst command, string name, ConstantFolder folder)
    {
        var call = CommandCall.Read(command, name, Values, Switches, folder);
        if (Renamed.TryGetValue(name, out var renamed))
        {
            return new Advice("az.cmdlet", SameParameters, Join(renamed, call.Rest(Values, Switches)));
        }

        if (SignIn.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            return Connect(call);
        }

        return name.ToUpperInvariant() switch
        {
            "GET-AZACCESSTOKEN" => GetToken(call, folder),
            "GET-AZCONTEXT" => new Advice("az.cmdlet", "Who the script is signed in as.", "Get-MidContext"),
            "UPDATE-AZVM" when ChangesIdentity(call) => UpdateVM(call, folder),
            "NEW-AZVMCONFIG" when ChangesIdentity(call) => NewVM(call),
            "CONNECT-MGGRAPH" when call.Has("Identity") => new Advice(
                "az.connect",
                "Graph's module takes a token, so that it need not ask the metadata service itself.",
                "Connect-MgGraph -AccessToken (Get-MidToken Graph"
                    + (call.Value("ClientId") is { } client ? $" -ClientId {ScriptText.Argument(client)}" : string.Empty)
                    + ").Token"),
            "CONNECT-AZUREAD" =>
                new Advice("azuread.cmdlet", Retired, "# no sign-in: midentity uses the machine's identity"),
            "GET-AZADSERVICEPRINCIPAL" or "GET-AZUREADSERVICEPRINCIPAL" => new Advice(
                "azuread.cmdlet", Graph, Join("Get-MidServicePrincipal", call.Rest(Values, Switches))),
            "GET-AZADGROUP" or "GET-AZUREADGROUP" => new Advice("azuread.cmdlet", Graph, GetGroup(call)),
            "ADD-AZUREADGROUPMEMBER" => new Advice(
                "azuread.cmdlet", Retired + " " + Graph, AddMember(call.Value("ObjectId"), call.Value("RefObjectId"))),
            "ADD-AZADGROUPMEMBER" => new Advice(
                "azuread.cmdlet", Graph, AddMember(call.Value("TargetGroupObjectId"), call.Value("MemberObjectId"))),
            "INSTALL-MODULE" or "INSTALL-PSRESOURCE" or "IMPORT-MODULE" => Module(call, name, folder),
            _ => null,
        };
    }

    private const string Retired = "The AzureAD module is retired.";

    private const string Graph = "Needs the cmdlets for groups, which come with midentity's Graph client.";

    private static Advice Connect(CommandCall call)
    {
        if (call.Has("Identity") || call.Has("MSI"))
        {
            const string Why =
                "No sign-in is needed: each cmdlet takes the machine's identity. Get-MidContext says who that is.";
            var account = call.Value("AccountId");
            return new Advice(
                "az.connect",
                Why,
                account is null ? "Get-MidContext" : $"Get-MidContext -ClientId {ScriptText.Argument(account)}");
        }

        return call.Value("AccessToken") is { } token
            ? new Advice(
                "az.connect",
                "A token is given to each cmdlet (-AccessToken), or taken by it.",
                $"Get-MidSubscription -AccessToken {ScriptText.Argument(token)}")
            : new Advice(
                "az.connect",
                "On a machine with an identity no sign-in is needed; elsewhere give -TokenSource AzureCli or -AccessToken.",
                "Get-MidSubscription -TokenSource AzureCli");
    }

    private static Advice GetToken(CommandCall call, ConstantFolder folder)
    {
        var text = "Get-MidToken ";
        if (call.Value("ResourceUrl", 0) is { } url)
        {
            text += Replacement.Resource(folder.Fold(url));
        }
        else if (call.Value("ResourceTypeName") is { } type)
        {
            var name = folder.Fold(type);
            text += name.IsConstant && TokenTypes.TryGetValue(name.Text, out var known)
                ? known
                : ScriptText.Argument(type);
        }
        else
        {
            text += "Arm";
        }

        return new Advice(
            "az.token", "The same token without loading Az; its property Token is a SecureString too.", text);
    }

    private static bool ChangesIdentity(CommandCall call) =>
        call.Has("AssignIdentity") || call.Has("IdentityType") || call.Has("IdentityId") || call.Has("SystemAssigned");

    private static Advice UpdateVM(CommandCall call, ConstantFolder folder)
    {
        const string Why =
            "Update-AzVM writes the whole machine back from what was read before, and drops every identity "
            + "that is not listed again. The replacement changes only the identity that it names. Where the call was there "
            + "to remove one of several, name the one that goes: Remove-MidVMIdentity -UserAssigned.";
        var target = Target(call, folder);
        var type = call.Value("IdentityType") is { } given
            ? folder.Fold(given).Text.ToUpperInvariant().Replace(" ", string.Empty)
            : null;
        var id = call.Value("IdentityId");
        return new Advice("az.vm-identity", Why, type switch
        {
            "NONE" => $"Remove-MidVMIdentity {target} -All",
            "USERASSIGNED" when id is not null => $"Add-MidVMIdentity {target} -UserAssigned {ScriptText.Argument(id)}",
            "USERASSIGNED" => $"Remove-MidVMIdentity {target} -SystemAssigned",
            "SYSTEMASSIGNED" => $"Remove-MidVMIdentity {target} -AllUserAssigned",
            "SYSTEMASSIGNED,USERASSIGNED" or "SYSTEMASSIGNEDUSERASSIGNED" when id is not null =>
                $"Add-MidVMIdentity {target} -SystemAssigned -UserAssigned {ScriptText.Argument(id)}",
            _ => $"Add-MidVMIdentity {target} -SystemAssigned",
        });
    }

    /// <summary>The machine by group and name, as far as the call names it.</summary>
    private static string Target(CommandCall call, ConstantFolder folder)
    {
        var machine = call.Value("VM", "VirtualMachine") ?? (call.Positional.Count > 1 ? call.Positional[1] : null);
        var group = call.Value("ResourceGroupName", 0);
        var groupText = group is not null
            ? ScriptText.Argument(group)
            : machine is null ? "$vm.ResourceGroupName" : $"{ScriptText.Argument(machine)}.ResourceGroupName";
        var name = call.Value("Name", "VMName") ?? NameOf(machine, folder);
        var nameText = name is not null
            ? ScriptText.Argument(name)
            : machine is null ? "$vm.Name" : $"{ScriptText.Argument(machine)}.Name";
        return $"-ResourceGroupName {groupText} -VMName {nameText}";
    }

    /// <summary>The name by which the script read the machine.</summary>
    private static Ast? NameOf(Ast? machine, ConstantFolder folder) =>
        machine is VariableExpressionAst variable
        && folder.Source(variable) is CommandAst source
        && ScriptText.Same(CommandCall.NameOf(source), "Get-AzVM")
            ? CommandCall.Read(source, "Get-AzVM", Values, Switches, folder).Value("Name", 1)
            : null;

    private static Advice NewVM(CommandCall call)
    {
        if (call.Has("AssignIdentity") || call.Has("SystemAssigned"))
        {
            return new Advice(
                "az.vm-identity",
                "-AssignIdentity is gone from Az. Say the type, or create the machine and then give it an identity "
                    + "with Add-MidVMIdentity -SystemAssigned.",
                Join("New-AzVMConfig", call.Rest(Values, Switches, "AssignIdentity", "SystemAssigned"))
                    + " -IdentityType SystemAssigned");
        }

        return new Advice(
            "az.vm-identity",
            "This may stay, or create the machine without it and add the identity afterwards with Add-MidVMIdentity.",
            Join("New-AzVMConfig", call.Rest(Values, Switches, "IdentityType", "IdentityId")));
    }

    private static string GetGroup(CommandCall call)
    {
        if (call.Value("ObjectId") is { } id)
        {
            return $"Get-MidGroup -GroupId {ScriptText.Argument(id)}";
        }

        return call.Value("SearchString", "DisplayName") is { } name
            ? $"Get-MidGroup -GroupName {ScriptText.Argument(name)}"
            : Join("Get-MidGroup", call.Rest(Values, Switches));
    }

    private static string AddMember(Ast? group, Ast? member) =>
        "Add-MidGroupMember"
        + (group is null ? string.Empty : $" -GroupId {ScriptText.Argument(group)}")
        + (member is null ? string.Empty : $" -MemberId {ScriptText.Argument(member)}");

    private static Advice? Module(CommandCall call, string name, ConstantFolder folder)
    {
        if (call.Value("Name", 0) is not { } module
            || folder.Fold(module) is not { IsConstant: true, Text: var wanted })
        {
            return null;
        }

        var isGone = GoneModules.Contains(wanted, StringComparer.OrdinalIgnoreCase)
            || (ScriptText.Same(wanted, "PowerShellGet") && call.Has("AllowPrerelease"));
        return isGone
            ? new Advice(
                "module.install",
                "midentity needs no other module.",
                ScriptText.Same(name, "Import-Module") ? "Import-Module Midentity" : "Install-PSResource Midentity")
            : null;
    }

    private static string Join(string name, string rest) => rest.Length == 0 ? name : name + " " + rest;
}

/// <summary>What a rule has to say of a piece of a script.</summary>
internal sealed class Advice(string rule, string why, string replacement)
{
    internal string Rule { get; } = rule;

    internal string Why { get; } = why;

    internal string Replacement { get; } = replacement;
}
