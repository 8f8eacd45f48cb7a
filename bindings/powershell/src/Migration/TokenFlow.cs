using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation.Language;
using System.Text.RegularExpressions;

namespace Midentity.PowerShell.Migration;

/// <summary>What an expression holds on the way from a token request to the token.</summary>
internal enum TokenShape
{
    /// <summary>The web response.</summary>
    Response,

    /// <summary>Its text.</summary>
    Content,

    /// <summary>The object in the text.</summary>
    Json,

    /// <summary>The token itself.</summary>
    Token,
}

/// <summary>
/// Follows the answer of a token request to the places where its token is taken out. Only where every use of the answer
/// is seen, and each takes the token and nothing else, can the request be replaced without a person looking.
/// </summary>
internal sealed class TokenFlow(string text, VariableIndex variables)
{
    private static readonly Regex Blank = new(@"^[ \t]*$", RegexOptions.CultureInvariant);
    private static readonly Regex BlankOrComment = new(@"^[ \t]*(?:#.*)?$", RegexOptions.CultureInvariant);

    /// <summary>The largest expression around a start whose meaning is known, and what it holds.</summary>
    internal static (Ast Top, TokenShape Shape) Climb(Ast start, TokenShape shape)
    {
        var top = start;
        while (true)
        {
            switch (top.Parent)
            {
                case CommandExpressionAst { Redirections.Count: 0 } expression:
                    top = expression;
                    break;
                case PipelineAst pipeline when Follow(pipeline, top, shape) is { } after:
                    (top, shape) = (pipeline, after);
                    break;
                case ParenExpressionAst paren:
                    top = paren;
                    break;
                case MemberExpressionAst member and not InvokeMemberExpressionAst
                    when member.Expression == top && !member.Static && Step(shape, member.Member) is { } after:
                    (top, shape) = (member, after);
                    break;
                case CommandAst command when IsConvertFromJson(command)
                    && shape is TokenShape.Response or TokenShape.Content
                    && IsOnlyArgument(command, top):
                    (top, shape) = (command, TokenShape.Json);
                    break;
                default:
                    return (top, shape);
            }
        }
    }

    /// <summary>An edit of one piece, with parentheses where it is a part of something.</summary>
    internal static LegacyEdit Replace(Ast piece, string replacement)
    {
        var stands = piece is StatementAst and not CommandBaseAst
            || (piece is CommandBaseAst && piece.Parent is PipelineAst or AssignmentStatementAst)
            || piece.Parent is CommandExpressionAst { Redirections.Count: 0 };
        var isWord = replacement.IndexOf(' ') < 0;
        return Edit(piece, stands || isWord ? replacement : $"({replacement})");
    }

    internal static LegacyEdit Edit(Ast piece, string replacement) =>
        new(piece.Extent.StartOffset, piece.Extent.EndOffset, piece.Extent.StartLineNumber, replacement);

    /// <summary>All that has to change for a request to be replaced; empty where not everything is seen.</summary>
    internal IReadOnlyList<LegacyEdit> Edits(Ast request, TokenShape shape, string replacement)
    {
        var (top, reached) = Climb(request, shape);
        if (FailureIsLookedAt(request))
        {
            return [];
        }

        if (reached == TokenShape.Token)
        {
            return [Replace(top, replacement)];
        }

        if (Assignment(top) is not { } first || !IsLocal(first.Left))
        {
            return [];
        }

        var gone = new List<AssignmentStatementAst>();
        var link = first;
        while (true)
        {
            if (Followers(link) is not { Count: > 0 } uses)
            {
                return [];
            }

            var ends = uses.Select(use => Climb(use, reached)).ToList();
            if (ends.All(end => end.Shape == TokenShape.Token))
            {
                return Finish(first, link, gone, [.. ends.Select(end => end.Top)], replacement);
            }

            // One more step: $content = $response.Content | ConvertFrom-Json, and nothing else looks at $response.
            if (ends.Count != 1
                || ends[0].Shape is TokenShape.Token
                || Assignment(ends[0].Top) is not { } next
                || !IsLocal(next.Left)
                || next.Parent != first.Parent
                || gone.Contains(next))
            {
                return [];
            }

            gone.Add(next);
            (link, reached) = (next, ends[0].Shape);
        }
    }

    /// <summary>Whether a web cmdlet's own exceptions are caught around a request: midentity's are others.</summary>
    private static bool FailureIsLookedAt(Ast request)
    {
        for (var ast = request; ast.Parent is not null; ast = ast.Parent)
        {
            if (ast.Parent is TryStatementAst attempt
                && attempt.Body == ast
                && attempt.CatchClauses.Any(clause => !clause.IsCatchAll || LooksAtResponse(clause.Body)))
            {
                return true;
            }

            if (ast.Parent is StatementBlockAst { Traps: { } inner }
                && inner.Any(trap => trap.TrapType is not null || LooksAtResponse(trap.Body)))
            {
                return true;
            }

            if (ast.Parent is NamedBlockAst { Traps: { } outer }
                && outer.Any(trap => trap.TrapType is not null || LooksAtResponse(trap.Body)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool LooksAtResponse(Ast handler) =>
        VariableIndex.All<MemberExpressionAst>(handler).Any(member =>
            member.Member is StringConstantExpressionAst { Value: var name }
            && (ScriptText.Same(name, "Response") || ScriptText.Same(name, "StatusCode")));

    /// <summary>A plain variable that no other script is told of by its scope.</summary>
    private static bool IsLocal(ExpressionAst left) =>
        left is VariableExpressionAst { VariablePath: { IsUnqualified: true } or { IsLocal: true } };

    private static TokenShape? Step(TokenShape shape, Ast member) => member switch
    {
        StringConstantExpressionAst { Value: var name } when shape == TokenShape.Response
            && ScriptText.Same(name, "Content") =>
            TokenShape.Content,
        StringConstantExpressionAst { Value: var name } when shape == TokenShape.Json
            && ScriptText.Same(name, "access_token") =>
            TokenShape.Token,
        _ => null,
    };

    /// <summary>What the rest of a pipeline makes of its first element; null where that is not known.</summary>
    private static TokenShape? Follow(PipelineAst pipeline, Ast first, TokenShape shape)
    {
        if (pipeline.PipelineElements[0] != first)
        {
            return null;
        }

        TokenShape? now = shape;
        foreach (var element in pipeline.PipelineElements.Skip(1))
        {
            if (now is null || element is not CommandAst { Redirections.Count: 0 } command)
            {
                return null;
            }

            now = CommandCall.NameOf(command)?.ToUpperInvariant() switch
            {
                "CONVERTFROM-JSON" when now is TokenShape.Response or TokenShape.Content
                    && command.CommandElements.Count == 1 => TokenShape.Json,
                "SELECT-OBJECT" when command.CommandElements.Count == 3
                    && command.CommandElements[1] is CommandParameterAst { ParameterName: var name }
                    && name.StartsWith("exp", StringComparison.OrdinalIgnoreCase) =>
                        Step(now.Value, command.CommandElements[2]),
                "FOREACH-OBJECT" when command.CommandElements.Count == 2 => Step(now.Value, command.CommandElements[1]),
                _ => null,
            };
        }

        return now;
    }

    private static bool IsConvertFromJson(CommandAst command) =>
        ScriptText.Same(CommandCall.NameOf(command), "ConvertFrom-Json") && command.Redirections.Count == 0;

    private static bool IsOnlyArgument(CommandAst command, Ast argument) => command.CommandElements.Count switch
    {
        2 => command.CommandElements[1] == argument
            || (command.CommandElements[1] is CommandParameterAst only && only.Argument == argument),
        3 => command.CommandElements[1] is CommandParameterAst && command.CommandElements[2] == argument,
        _ => false,
    };

    /// <summary>The plain assignment in a list of statements whose right side an expression is.</summary>
    private static AssignmentStatementAst? Assignment(Ast value) =>
        value.Parent is AssignmentStatementAst { Operator: TokenKind.Equals } assignment
        && assignment.Right == value
        && assignment.Parent is StatementBlockAst or NamedBlockAst
            ? assignment
            : null;

    private static IReadOnlyList<StatementAst> Siblings(AssignmentStatementAst assignment) => assignment.Parent switch
    {
        StatementBlockAst block => block.Statements,
        NamedBlockAst block => block.Statements,
        _ => [],
    };

    /// <summary>Where the value of an assignment is used; null where that can't be said.</summary>
    private List<VariableExpressionAst>? Followers(AssignmentStatementAst assignment)
    {
        var name = VariableIndex.Name((VariableExpressionAst)assignment.Left);
        if (variables.IsHandledByName(name))
        {
            return null;
        }

        var function = VariableIndex.FunctionOf(assignment);
        var next = Siblings(assignment).OfType<AssignmentStatementAst>().FirstOrDefault(other =>
            other.Extent.StartOffset > assignment.Extent.StartOffset
            && other.Operator == TokenKind.Equals
            && other.Left is VariableExpressionAst left
            && ScriptText.Same(VariableIndex.Name(left), name));
        var loop = Ancestor<LoopStatementAst>(assignment);
        var found = new List<VariableExpressionAst>();
        foreach (var use in variables.Uses(name).Where(use => use != assignment.Left))
        {
            if (use.Splatted || Ancestor<UsingExpressionAst>(use) is not null)
            {
                return null;
            }

            if (VariableIndex.FunctionOf(use) != function)
            {
                var own = variables.Before(name, use);
                var isTarget = use.Parent is AssignmentStatementAst target && target.Left == use;
                if (!isTarget
                    && (own.Count == 0 || VariableIndex.FunctionOf(own[0].Node) != VariableIndex.FunctionOf(use)))
                {
                    return null;
                }
            }
            else if (use.Extent.StartOffset < assignment.Extent.StartOffset)
            {
                var isTarget = use.Parent is AssignmentStatementAst target && target.Left == use;
                var mayRunAfter = loop is not null && loop.Extent.StartOffset <= use.Extent.StartOffset;
                if (!isTarget && (mayRunAfter || variables.Before(name, use).Count == 0))
                {
                    return null;
                }
            }
            else if (next is null || use.Extent.EndOffset <= next.Extent.EndOffset)
            {
                if (next is not null && use == next.Left)
                {
                    continue;
                }

                // Behind the block that the assignment is in, another branch may have given the value.
                if (!IsInside(use, assignment.Parent)
                    && variables.Definitions(name).Count(other => VariableIndex.FunctionOf(other.Node) == function) > 1)
                {
                    return null;
                }

                found.Add(use);
            }
        }

        return found;
    }

    private static bool IsInside(Ast ast, Ast block) =>
        ast.Extent.StartOffset >= block.Extent.StartOffset && ast.Extent.EndOffset <= block.Extent.EndOffset;

    private static T? Ancestor<T>(Ast ast)
        where T : Ast
    {
        for (var parent = ast.Parent; parent is not null and not FunctionDefinitionAst; parent = parent.Parent)
        {
            if (parent is T found)
            {
                return found;
            }
        }

        return null;
    }

    private IReadOnlyList<LegacyEdit> Finish(
        AssignmentStatementAst first,
        AssignmentStatementAst last,
        List<AssignmentStatementAst> gone,
        IReadOnlyList<Ast> tokens,
        string replacement)
    {
        var edits = new List<LegacyEdit>();
        if (tokens.Count == 1
            && Assignment(tokens[0]) is { } final
            && final.Parent == first.Parent
            && !IsUsedBetween(final, first))
        {
            edits.Add(Edit(first, $"{final.Left.Extent.Text} = {replacement}"));
            gone.Add(final);
        }
        else
        {
            edits.Add(Edit(first, $"{last.Left.Extent.Text} = {replacement}"));
            edits.AddRange(tokens.Select(token => Edit(token, last.Left.Extent.Text)));
        }

        foreach (var statement in gone)
        {
            if (Removal(statement) is not { } removal)
            {
                return [];
            }

            edits.Add(removal);
        }

        return edits;
    }

    /// <summary>Whether the variable that gets the token is looked at before it would have got it.</summary>
    private bool IsUsedBetween(AssignmentStatementAst final, AssignmentStatementAst first) =>
        VariableIndex.Target(final.Left) is not { } target
        || variables.Uses(VariableIndex.Name(target)).Any(use =>
            use != target
            && use.Extent.StartOffset >= first.Extent.EndOffset
            && use.Extent.EndOffset <= final.Extent.EndOffset);

    /// <summary>
    /// Takes a statement away with its line; null where something else than a comment shares the line.
    /// </summary>
    private LegacyEdit? Removal(StatementAst statement)
    {
        var (start, end) = (statement.Extent.StartOffset, statement.Extent.EndOffset);
        var lineStart = start == 0 ? 0 : text.LastIndexOf('\n', start - 1) + 1;
        var newline = text.IndexOf('\n', end);
        var lineEnd = newline < 0 ? text.Length : newline;
        var after = text.Substring(end, lineEnd - end).TrimEnd('\r');
        if (!Blank.IsMatch(text.Substring(lineStart, start - lineStart)) || !BlankOrComment.IsMatch(after))
        {
            return null;
        }

        if (!Blank.IsMatch(after))
        {
            return new LegacyEdit(
                start, end + after.Length - after.TrimStart().Length, statement.Extent.StartLineNumber, string.Empty);
        }

        return new LegacyEdit(
            lineStart, newline < 0 ? lineEnd : newline + 1, statement.Extent.StartLineNumber, string.Empty);
    }
}
