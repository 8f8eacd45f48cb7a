using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation.Language;

namespace Midentity.PowerShell.Migration;

/// <summary>The az commands that midentity's cmdlets take the place of.</summary>
internal static class AzureCli
{
    private const string Rule = "cli.command";

    private static readonly Dictionary<string, string> Short = new(StringComparer.Ordinal)
    {
        ["-g"] = "--resource-group",
        ["-n"] = "--name",
        ["-l"] = "--location",
        ["-o"] = "--output",
        ["-u"] = "--username",
        ["-m"] = "--method",
        ["-b"] = "--body",
        ["--url"] = "--uri",
        ["--assignee-object-id"] = "--assignee",
    };

    private static readonly Dictionary<string, string> TokenTypes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["arm"] = "Arm",
        ["ms-graph"] = "Graph",
    };

    /// <summary>What is to be said of an az command; null where midentity has nothing in its place.</summary>
    internal static Advice? Look(CommandAst command, ConstantFolder folder)
    {
        var words = new List<string>();
        var options = new List<KeyValuePair<string, List<Ast>>>();
        foreach (var element in command.CommandElements.Skip(1))
        {
            var text = element is StringConstantExpressionAst constant ? constant.Value : element.Extent.Text;
            var isOption = element is CommandParameterAst
                || (element is StringConstantExpressionAst { StringConstantType: StringConstantType.BareWord }
                    && text.StartsWith("-", StringComparison.Ordinal));
            if (isOption)
            {
                options.Add(
                    new KeyValuePair<string, List<Ast>>(Short.TryGetValue(text, out var full) ? full : text, []));
            }
            else if (options.Count > 0)
            {
                options[options.Count - 1].Value.Add(element);
            }
            else
            {
                words.Add(text);
            }
        }

        return Look(string.Join(" ", words), new Options(options), folder);
    }

    private static Advice? Look(string verb, Options options, ConstantFolder folder)
    {
        switch (verb)
        {
            case "login" when options.Has("--identity"):
                var account = options.First("--username", "--client-id");
                return New(
                    "No sign-in is needed: each cmdlet takes the machine's identity. Get-MidContext says who that is.",
                    "Get-MidContext" + Optional("-ClientId", account));
            case "account show":
                return New("Tenant, subscription, machine and identity.", "Get-MidContext");
            case "account list":
                return New("The subscriptions that the identity sees.", "Get-MidSubscription");
            case "account get-access-token":
                return GetToken(options, folder);
            case "rest":
                return Rest(options, folder);
            case "vm identity assign":
                return New(
                    "Adds identities and keeps the ones that are there.",
                    "Add-MidVMIdentity" + Machine(options) + Identities(options) + Grant(options));
            case "vm identity remove":
                return New(
                    "Removes the identities that it names.",
                    "Remove-MidVMIdentity" + Machine(options) + Identities(options));
            case "vm identity show":
                return New("The machine's identities.", "Get-MidVMIdentity" + Machine(options));
            case "vm create" when options.Has("--assign-identity"):
                return New(
                    "Create the machine without the identity, then add it and its role in one call.",
                    "Add-MidVMIdentity" + Machine(options) + Assigned(options) + Grant(options));
            case "identity create" or "identity show" or "identity list" or "identity delete":
                return New("The same without the Azure CLI.", UserIdentity(verb) + Named(options)
                    + Optional("-Location", options.First("--location")));
            case "role assignment create":
                return New(
                    "The same assignment every time it is run; it can wait until the right works.",
                    "New-MidRoleAssignment" + Optional("-PrincipalId", options.First("--assignee")) + Grant(options)
                        + " -WaitForPropagation");
            case "role assignment delete":
                return New(
                    "The same without the Azure CLI.",
                    "Remove-MidRoleAssignment" + Optional("-PrincipalId", options.First("--assignee"))
                        + Grant(options));
            case "role assignment list":
                return New(
                    "The same without the Azure CLI.",
                    "Get-MidRoleAssignment" + Optional("-PrincipalId", options.First("--assignee"))
                        + Optional("-Scope", options.First("--scope")));
            case "group show":
                return New(
                    "The same without the Azure CLI.",
                    "Get-MidResourceGroup" + Optional("-Name", options.First("--name")));
            case "resource show" when options.First("--ids") is { } id:
                return New("The same without the Azure CLI.", "Get-MidResource" + Optional("-ResourceId", id));
            default:
                return null;
        }
    }

    private static Advice New(string why, string replacement) => new(Rule, why, replacement);

    private static Advice GetToken(Options options, ConstantFolder folder)
    {
        var text = "Get-MidToken ";
        if (options.First("--resource", "--scope") is { } resource)
        {
            text += Replacement.Resource(folder.Fold(resource));
        }
        else
        {
            var type = options.First("--resource-type") is { } given ? folder.Fold(given).Text : "arm";
            text += TokenTypes.TryGetValue(type, out var known) ? known : ScriptText.Argument(type);
        }

        var isPlain = options.First("--query") is { } query
            && folder.Fold(query).Text.IndexOf("accessToken", StringComparison.Ordinal) >= 0;
        return New(
            "No process is started for a token. Without -AsPlainText it is an object whose Token is a SecureString.",
            isPlain ? text + " -AsPlainText" : text);
    }

    private static Advice? Rest(Options options, ConstantFolder folder)
    {
        if (options.First("--uri") is not { } uri)
        {
            return null;
        }

        var text = LegacyAddress.Parse(folder.Fold(uri)) is { Kind: AddressKind.ResourceManager } address
            ? Replacement.InvokeRest(address)
            : "Invoke-MidRestMethod"
                + Optional(folder.Fold(uri).Text.StartsWith("/", StringComparison.Ordinal) ? "-Path" : "-Uri", uri);
        if (options.First("--method") is { } method && !ScriptText.Same(folder.Fold(method).Text, "get"))
        {
            text += Optional("-Method", method);
        }

        return New("The same request without the Azure CLI.", text + Optional("-Body", options.First("--body")));
    }

    private static string UserIdentity(string verb) => verb switch
    {
        "identity create" => "New-MidUserIdentity",
        "identity delete" => "Remove-MidUserIdentity",
        _ => "Get-MidUserIdentity",
    };

    private static string Named(Options options) =>
        Optional("-ResourceGroupName", options.First("--resource-group")) + Optional("-Name", options.First("--name"));

    private static string Machine(Options options) =>
        Optional("-ResourceGroupName", options.First("--resource-group"))
            + Optional("-VMName", options.First("--name"));

    private static string Identities(Options options) => Users(options.All("--identities"));

    private static string Assigned(Options options) => Users(options.All("--assign-identity"));

    /// <summary>No name means the system-assigned identity, as does az's [system].</summary>
    private static string Users(IReadOnlyList<Ast> identities)
    {
        var users = identities.Where(identity => !IsSystem(identity)).Select(ScriptText.Argument).ToList();
        var isSystem = users.Count == 0 || users.Count < identities.Count;
        return (isSystem ? " -SystemAssigned" : string.Empty)
            + (users.Count > 0 ? " -UserAssigned " + string.Join(", ", users) : string.Empty);
    }

    private static bool IsSystem(Ast identity) => identity.Extent.Text.Trim('\'', '"') == "[system]";

    private static string Grant(Options options) =>
        Optional("-Role", options.First("--role")) + Optional("-Scope", options.First("--scope"));

    private static string Optional(string name, Ast? value) =>
        value is null ? string.Empty : $" {name} {ScriptText.Argument(value)}";

    /// <summary>The options of a command line with what follows each.</summary>
    private sealed class Options(List<KeyValuePair<string, List<Ast>>> given)
    {
        internal bool Has(string name) => given.Any(option => option.Key == name);

        internal IReadOnlyList<Ast> All(string name) =>
            [.. given.Where(option => option.Key == name).SelectMany(option => option.Value)];

        internal Ast? First(params string[] names) =>
            given.Where(option => names.Contains(option.Key)).SelectMany(option => option.Value).FirstOrDefault();
    }
}
