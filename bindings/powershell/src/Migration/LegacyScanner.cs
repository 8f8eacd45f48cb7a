using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation.Language;

namespace Midentity.PowerShell.Migration;

/// <summary>All findings of one script, from its syntax tree.</summary>
internal sealed class LegacyScanner
{
    private readonly ScriptFile file;
    private readonly ScriptBlockAst script;
    private readonly ConstantFolder folder;
    private readonly AddressUse addresses;
    private readonly TokenFlow flow;
    private readonly TokenOutput output;
    private readonly HashSet<string> functions;
    private readonly bool isServiceFabric;
    private readonly List<LegacyCall> found = [];

    private LegacyScanner(ScriptFile file, ScriptBlockAst script)
    {
        this.file = file;
        this.script = script;
        var variables = new VariableIndex(script);
        folder = new ConstantFolder(variables);
        addresses = new AddressUse(folder);
        flow = new TokenFlow(file.Text, variables);
        output = new TokenOutput(script, folder);
        functions = new HashSet<string>(
            VariableIndex.All<FunctionDefinitionAst>(script).Select(function => function.Name),
            StringComparer.OrdinalIgnoreCase);
        isServiceFabric = VariableIndex.All<VariableExpressionAst>(script).Any(variable =>
            ScriptText.Same(variable.VariablePath.UserPath, "env:IDENTITY_SERVER_THUMBPRINT"));
    }

    /// <summary>The findings in the order of the script; null and the errors where it is no PowerShell.</summary>
    internal static IReadOnlyList<LegacyCall>? Scan(ScriptFile file, out IReadOnlyList<ParseError> errors)
    {
        var script = Parser.ParseInput(file.Text, file.Path, out _, out var all);
        errors = [.. all.Where(ScriptText.IsSyntaxError)];
        return errors.Count > 0 ? null : new LegacyScanner(file, script).Scan();
    }

    private IReadOnlyList<LegacyCall> Scan()
    {
        foreach (var command in VariableIndex.All<CommandAst>(script))
        {
            Look(command);
        }

        foreach (var call in VariableIndex.All<InvokeMemberExpressionAst>(script))
        {
            if (addresses.Of(call) is { } address)
            {
                Report("dotnet.client", DotNet, call, Suggested(address));
            }
        }

        Functions();
        Texts();
        foreach (var statement in VariableIndex.All<PipelineAst>(script))
        {
            Written(output.Written(statement), statement);
        }

        return [.. found.OrderBy(call => call.Extent.Start).ThenByDescending(call => call.Extent.End)];
    }

    private void Look(CommandAst command)
    {
        if (CommandCall.NameOf(command) is not { } name)
        {
            return;
        }

        Written(output.Written(command, name, out var whole), whole);
        if (functions.Contains(name))
        {
            // The script's own function of that name: what it does is looked at where it is written.
            return;
        }

        var isProgram = AddressUse.IsProgram(name);
        if (ScriptText.Same(name, "Invoke-WebRequest") || ScriptText.Same(name, "Invoke-RestMethod")
            || (isProgram && WebCall.LooksLike(command)))
        {
            if (WebCall.Read(command, isProgram ? "Invoke-WebRequest" : name, folder) is { } web)
            {
                Look(web, !isProgram);
            }
        }
        else if (isProgram)
        {
            if (addresses.Of(command) is { } address)
            {
                Report(RuleOf(address), WhyOf(address), command, Suggested(address));
            }
        }
        else if (ScriptText.Same(name, "New-Object"))
        {
            if (addresses.OfNewObject(command) is { } address)
            {
                Report("dotnet.client", DotNet, command, Suggested(address));
            }
        }
        else if (name.ToUpperInvariant() is "AZ" or "AZ.CMD" or "AZ.EXE")
        {
            Report(AzureCli.Look(command, folder), command);
        }
        else
        {
            Report(AzureCmdlets.Look(command, name, folder), command);
        }
    }

    private void Look(WebCall web, bool mayFix)
    {
        var address = web.Address;
        var shape = web.IsRestMethod ? TokenShape.Json : TokenShape.Response;
        if (address.IsToken)
        {
            var replacement = web.GetToken(true);
            var edits = mayFix && web.IsSure ? flow.Edits(web.Ast, shape, replacement) : [];
            if (edits.Count > 0)
            {
                Report(RuleOf(address), WhyOf(address), edits);
                return;
            }

            var (top, reached) = TokenFlow.Climb(web.Ast, shape);
            Report(
                RuleOf(address),
                WhyOf(address),
                reached == TokenShape.Token ? top : web.Ast,
                replacement);
            return;
        }

        var (answer, form) = TokenFlow.Climb(web.Ast, shape);
        switch (address.Kind)
        {
            case AddressKind.ResourceManager when form == TokenShape.Content:
                Report(RuleOf(address), WhyOf(address), answer, web.InvokeRest(true));
                break;
            case AddressKind.ResourceManager when form == TokenShape.Json:
                Report(RuleOf(address), WhyOf(address), answer, web.InvokeRest(false));
                break;
            case AddressKind.ResourceManager:
                Report(RuleOf(address), WhyOf(address), web.Ast, web.InvokeRest(false));
                break;
            default:
                var place = form == TokenShape.Response ? web.Ast : answer;
                Report(RuleOf(address), WhyOf(address), place, Suggested(address));
                break;
        }
    }

    /// <summary>A function that is there to get a token, often with a cache of its own.</summary>
    private void Functions()
    {
        foreach (var function in VariableIndex.All<FunctionDefinitionAst>(script))
        {
            var calls = found.Where(call =>
                IsTokenRule(call.Rule)
                && call.Extent.Start >= function.Extent.StartOffset
                && call.Extent.End <= function.Extent.EndOffset).ToList();
            if (function.Name.IndexOf("Token", StringComparison.OrdinalIgnoreCase) < 0
                || calls.Count == 0
                || calls[0].Replacement is not { } body)
            {
                continue;
            }

            var parameters = function.Body.ParamBlock is { } block ? block.Extent.Text + " "
                : function.Parameters is { Count: > 0 } list
                    ? $"param({string.Join(", ", list.Select(parameter => parameter.Extent.Text))}) "
                    : string.Empty;
            var assignment = body.IndexOf("Get-MidToken", StringComparison.Ordinal);
            Report(
                "token.function",
                "Get-MidToken keeps tokens, renews them ahead of time and tries again: the function need only call it.",
                function,
                $"function {function.Name} {{ {parameters}{body.Substring(assignment).TrimEnd(')')} }}");
        }
    }

    private void Texts()
    {
        foreach (var text in VariableIndex.All<ExpressionAst>(script).Where(IsText))
        {
            if (!IsInside(text) && !folder.WasUsed(text) && !IsForOwnFunction(text)
                && addresses.OfText(text) is { } address)
            {
                Report("address.expression", Expression, text, Suggested(address));
            }
        }
    }

    /// <summary>A whole text: not a piece of a larger one.</summary>
    private static bool IsText(ExpressionAst expression) =>
        (expression is StringConstantExpressionAst or ExpandableStringExpressionAst
            or BinaryExpressionAst { Operator: TokenKind.Plus or TokenKind.Format })
        && expression.Parent is not (
            BinaryExpressionAst { Operator: TokenKind.Plus or TokenKind.Format or TokenKind.Join }
            or ExpandableStringExpressionAst);

    /// <summary>An argument of a function that stands for a web cmdlet: a test's, most often.</summary>
    private bool IsForOwnFunction(ExpressionAst text) =>
        text.Parent is CommandAst command
        && CommandCall.NameOf(command) is { } name
        && (ScriptText.Same(name, "Invoke-WebRequest") || ScriptText.Same(name, "Invoke-RestMethod"))
        && functions.Contains(name);

    private bool IsInside(Ast ast) => found.Any(call =>
        call.Rule != "token.function"
        && call.Extent.Start <= ast.Extent.StartOffset
        && call.Extent.End >= ast.Extent.EndOffset);

    private static bool IsTokenRule(string rule) =>
        rule is "imds.token" or "appservice.token" or "servicefabric.token" or "arc.token" or "extension.token"
            or "dotnet.client";

    private const string DotNet =
        ".NET's clients neither try again nor keep the token, and may send it through a proxy.";

    private const string Expression =
        "An address of Azure's that goes somewhere that the script does not show: look where it is used.";

    private string RuleOf(LegacyAddress address) => address.Kind switch
    {
        AddressKind.ImdsToken => "imds.token",
        AddressKind.ImdsInstance => "imds.instance",
        AddressKind.ImdsOther => "imds.other",
        AddressKind.ExtensionToken => "extension.token",
        AddressKind.ArcToken => "arc.token",
        AddressKind.AppServiceToken => isServiceFabric ? "servicefabric.token" : "appservice.token",
        _ => "arm.request",
    };

    private string WhyOf(LegacyAddress address) => address.Kind switch
    {
        AddressKind.ImdsToken =>
            "A web cmdlet neither tries again nor keeps the token, may go through a proxy, and hides why it failed.",
        AddressKind.ImdsInstance => "Get-MidInstance never goes through a proxy, tries again, and gives typed values.",
        AddressKind.ImdsOther =>
            "This version has no cmdlet for this door of the metadata service; keep -NoProxy on it.",
        AddressKind.ExtensionToken =>
            "The machine extension behind localhost:50342 is retired; remove it and ask the metadata service.",
        AddressKind.ArcToken => "The key that Arc's endpoint wants is read and sent by Get-MidToken.",
        AddressKind.AppServiceToken when isServiceFabric =>
            "Service Fabric's certificate is checked by its thumbprint; without a check anyone may give the token.",
        AddressKind.AppServiceToken => "The endpoint and its header are read from the environment by Get-MidToken.",
        _ => "Invoke-MidRestMethod takes the token, gives it to no other host, tries again and follows pages.",
    };

    private static string Suggested(LegacyAddress address) => address.Kind switch
    {
        AddressKind.ImdsInstance => Replacement.GetInstance(address),
        AddressKind.ImdsOther => address.Path.Text.IndexOf("/identity/info", StringComparison.OrdinalIgnoreCase) >= 0
            ? "Get-MidContext"
            : string.Empty,
        AddressKind.ResourceManager => Replacement.InvokeRest(address),
        _ => Replacement.GetToken(address, true),
    };

    private void Written(Ast? token, Ast where)
    {
        if (token is not null)
        {
            Report(
                "token.output",
                "A token that is written out stays in transcripts and logs. Its claims can be shown instead.",
                where,
                $"{Source(token)} | ConvertFrom-MidToken");
        }
    }

    /// <summary>The token as the beginning of a pipeline: a command with all that comes before it there.</summary>
    private string Source(Ast token) =>
        token is CommandAst { Parent: PipelineAst pipeline }
            ? file.Text.Substring(
                pipeline.Extent.StartOffset, token.Extent.EndOffset - pipeline.Extent.StartOffset)
            : ScriptText.Argument(token);

    private void Report(Advice? advice, CommandAst command)
    {
        if (advice is not null)
        {
            Report(advice.Rule, advice.Why, command, advice.Replacement);
        }
    }

    private void Report(string rule, string why, Ast piece, string replacement)
    {
        var edit = replacement.StartsWith("#", StringComparison.Ordinal) || replacement.Length == 0
            ? TokenFlow.Edit(piece, replacement)
            : TokenFlow.Replace(piece, replacement);
        Add(rule, why, edit, []);
    }

    private void Report(string rule, string why, IReadOnlyList<LegacyEdit> edits) => Add(rule, why, edits[0], edits);

    private void Add(string rule, string why, LegacyEdit extent, IReadOnlyList<LegacyEdit> edits)
    {
        var sure = found.SelectMany(call => call.Edits);
        if (edits.Any(edit => sure.Any(other => edit.Start < other.End && other.Start < edit.End)))
        {
            edits = [];
        }

        var text = file.Text.Substring(extent.Start, extent.End - extent.Start);
        var column = extent.Start - (extent.Start == 0 ? 0 : file.Text.LastIndexOf('\n', extent.Start - 1) + 1) + 1;
        found.Add(new LegacyCall(file.Path, rule, why, extent, text, column, edits));
    }
}
