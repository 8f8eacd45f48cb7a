using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation.Language;

namespace Midentity.PowerShell.Migration;

/// <summary>Tokens that a script writes out: to the screen, a transcript, a log or a file.</summary>
internal sealed class TokenOutput
{
    private static readonly string[] Writers =
    [
        "Write-Host", "Write-Output", "Write-Verbose", "Write-Debug", "Write-Information", "Write-Warning",
            "Write-Error",
        "Out-Host", "Out-File", "Out-Default", "Set-Content", "Add-Content", "Tee-Object", "Write-Log",
    ];

    private readonly HashSet<string> tokens = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConstantFolder folder;

    internal TokenOutput(Ast script, ConstantFolder folder)
    {
        this.folder = folder;
        var assignments = VariableIndex.All<AssignmentStatementAst>(script).ToList();
        var before = -1;
        while (before != tokens.Count)
        {
            before = tokens.Count;
            foreach (var assignment in assignments)
            {
                if (VariableIndex.Target(assignment.Left) is { } target
                    && IsToken(ConstantFolder.Unwrap(assignment.Right)))
                {
                    tokens.Add(VariableIndex.Name(target));
                }
            }
        }
    }

    /// <summary>Whether a command is one that writes its arguments out.</summary>
    internal static bool IsWriter(string name) => Writers.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The token that a command writes out, and the statement that does; null where it writes none.</summary>
    internal Ast? Written(CommandAst command, string name, out Ast whole)
    {
        whole = command;
        // What a function writes to its output is its result.
        if (!IsWriter(name) || (ScriptText.Same(name, "Write-Output") && IsResult(command)))
        {
            return null;
        }

        foreach (var element in command.CommandElements.Skip(1))
        {
            if (Find(element) is { } token && !IsMasked(element))
            {
                return token;
            }
        }

        if (command.Parent is not PipelineAst pipeline || pipeline.PipelineElements[0] == command)
        {
            return null;
        }

        whole = pipeline;
        if (pipeline.PipelineElements[0] is CommandExpressionAst first)
        {
            return IsMasked(first.Expression) ? null : Find(first.Expression);
        }

        // az account get-access-token … | Out-File: the command before it gives the token.
        var before = pipeline.PipelineElements[pipeline.PipelineElements.ToList().IndexOf(command) - 1];
        return before is CommandAst giver && GivesToken(giver) ? giver : null;
    }

    /// <summary>The token that a statement by itself writes out.</summary>
    internal Ast? Written(PipelineAst statement) =>
        statement.PipelineElements.Count == 1
        && statement.PipelineElements[0] is CommandExpressionAst { Expression: var expression }
        && statement.Parent is NamedBlockAst or StatementBlockAst
        && !IsResult(statement)
        && IsToken(expression)
            ? expression
            : null;

    private static bool IsResult(Ast ast)
    {
        for (var parent = ast.Parent; parent is not null; parent = parent.Parent)
        {
            if (parent is FunctionDefinitionAst or ScriptBlockExpressionAst or SubExpressionAst or ArrayExpressionAst
                or AssignmentStatementAst or ParenExpressionAst)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A pipeline's secret variable is how a token is meant to be handed on.</summary>
    private bool IsMasked(Ast element) =>
        element is ExpressionAst
        && folder.Fold(element).Text.IndexOf("issecret=true", StringComparison.OrdinalIgnoreCase) >= 0;

    private Ast? Find(Ast element) => element.Find(ast => IsToken(ast) && IsShown(ast, element), true);

    /// <summary>Whether an expression is a part of the text, not of a question about it.</summary>
    private static bool IsShown(Ast token, Ast element)
    {
        for (var ast = token; ast != element; ast = ast.Parent)
        {
            switch (ast.Parent)
            {
                case MemberExpressionAst or IndexExpressionAst or CommandAst or ScriptBlockExpressionAst:
                case BinaryExpressionAst { Operator: not (TokenKind.Plus or TokenKind.Format or TokenKind.Join) }:
                case UnaryExpressionAst { TokenKind: TokenKind.Not or TokenKind.Exclaim }:
                    return false;
            }
        }

        return true;
    }

    private bool IsToken(Ast ast) => ast switch
    {
        VariableExpressionAst variable => !variable.VariablePath.IsDriveQualified
            && tokens.Contains(VariableIndex.Name(variable)),
        ConvertExpressionAst convert => IsToken(convert.Child),
        InvokeMemberExpressionAst => false,
        MemberExpressionAst { Member: StringConstantExpressionAst { Value: var name } } member =>
            ScriptText.Same(name, "access_token")
            || (ScriptText.Same(name, "accessToken") && FromCommand(member.Expression, "az"))
            || (ScriptText.Same(name, "Token") && FromCommand(member.Expression, "Get-AzAccessToken")),
        PipelineAst pipeline => pipeline.PipelineElements[pipeline.PipelineElements.Count - 1] is CommandAst last
            && GivesToken(last),
        CommandAst command => GivesToken(command),
        _ => false,
    };

    /// <summary>Whether an expression is a command's answer, at once or by a variable.</summary>
    private bool FromCommand(Ast expression, string name)
    {
        var inner = ConstantFolder.Unwrap(expression);
        if (inner is VariableExpressionAst variable)
        {
            inner = folder.Source(variable) ?? inner;
        }

        return inner switch
        {
            CommandAst command => ScriptText.Same(CommandCall.NameOf(command), name),
            PipelineAst { PipelineElements: var elements } => elements[0] is CommandAst first
                && ScriptText.Same(CommandCall.NameOf(first), name),
            _ => false,
        };
    }

    private static bool BeginsWithAz(CommandAst command) =>
        command.Parent is PipelineAst { PipelineElements: var elements }
        && elements[0] is CommandAst first
        && ScriptText.Same(CommandCall.NameOf(first), "az");

    private bool GivesToken(CommandAst command)
    {
        var words = command.CommandElements.Skip(1).Select(element => element.Extent.Text.Trim('\'', '"')).ToList();
        return CommandCall.NameOf(command)?.ToUpperInvariant() switch
        {
            "GET-MIDTOKEN" => words.Contains("-AsPlainText", StringComparer.OrdinalIgnoreCase),
            "AZ" => words.Contains("get-access-token") && words.Contains("accessToken"),
            "SELECT-OBJECT" or "FOREACH-OBJECT" => words.Contains("access_token", StringComparer.OrdinalIgnoreCase)
                || (words.Contains("accessToken", StringComparer.Ordinal) && BeginsWithAz(command)),
            _ => false,
        };
    }
}
