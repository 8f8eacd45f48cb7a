using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Management.Automation.Language;
using System.Text.RegularExpressions;

namespace Midentity.PowerShell.Migration;

/// <summary>
/// Reads what a text will be, as far as the script itself says it: literals, variables, +, -f, -join, interpolation,
/// here-strings, tables and the calls that escape a part of an address.
/// </summary>
internal sealed class ConstantFolder(VariableIndex variables)
{
    private const int Deepest = 24;

    private static readonly Regex Placeholder = new(@"\{\{|\}\}|\{(\d+)[^}]*\}", RegexOptions.CultureInvariant);

    private readonly Dictionary<Ast, ConstantText> known = [];
    private readonly HashSet<Ast> active = [];
    private readonly HashSet<Ast> used = [];

    /// <summary>
    /// What the statement or expression is once parentheses and single-element pipelines are taken off.
    /// </summary>
    internal static Ast Unwrap(Ast ast)
    {
        while (true)
        {
            switch (ast)
            {
                case CommandExpressionAst { Redirections.Count: 0 } expression:
                    ast = expression.Expression;
                    break;
                case PipelineAst { PipelineElements.Count: 1 } pipeline:
                    ast = pipeline.PipelineElements[0];
                    break;
                case ParenExpressionAst paren:
                    ast = paren.Pipeline;
                    break;
                case SubExpressionAst { SubExpression: { Statements.Count: 1, Traps: null or { Count: 0 } } block }:
                    ast = block.Statements[0];
                    break;
                default:
                    return ast;
            }
        }
    }

    internal ConstantText Fold(Ast ast) => Fold(ast, 0);

    /// <summary>Whether the text went into a larger one: what becomes of it is said where that one is used.</summary>
    internal bool WasUsed(Ast ast) => used.Contains(ast);

    /// <summary>Notes that a text is an argument of a call that is looked at.</summary>
    internal void Use(Ast ast) => used.Add(ast);

    /// <summary>The statement or expression that gave a variable its value.</summary>
    internal Ast? Source(VariableExpressionAst variable) =>
        variables.Before(VariableIndex.Name(variable), variable).FirstOrDefault() is { Value: { } value }
            ? Unwrap(value)
            : null;

    /// <summary>The table that an expression is, with what is added to it before <paramref name="use"/>.</summary>
    internal IReadOnlyList<KeyValuePair<string, Ast>>? Table(Ast ast, Ast use)
    {
        switch (Unwrap(ast))
        {
            case ConvertExpressionAst convert:
                return Table(convert.Child, use);
            case HashtableAst table:
                return
                [
                    .. table.KeyValuePairs.Select(
                        pair => new KeyValuePair<string, Ast>(Fold(pair.Item1).Text, Unwrap(pair.Item2))),
                ];
            case VariableExpressionAst variable:
                return Table(variable, use);
            case InvokeMemberExpressionAst { Member: StringConstantExpressionAst { Value: var name } } clone
                when ScriptText.Same(name, "Clone"):
                return Table(clone.Expression, use);
            default:
                return null;
        }
    }

    private List<KeyValuePair<string, Ast>>? Table(VariableExpressionAst variable, Ast use)
    {
        var name = VariableIndex.Name(variable);
        var definitions = variables.Before(name, use);
        if (definitions.Count == 0 || definitions[0].Value is not { } value || Unwrap(value) == variable)
        {
            return null;
        }

        if (!active.Add(variable))
        {
            return null;
        }

        var entries = Table(value, value)?.ToList();
        active.Remove(variable);
        if (entries is null)
        {
            return null;
        }

        foreach (var addition in definitions.Skip(1).Where(item => item is { Key: not null, Value: not null }))
        {
            entries.RemoveAll(entry => ScriptText.Same(entry.Key, addition.Key));
            entries.Add(new KeyValuePair<string, Ast>(addition.Key!, Unwrap(addition.Value!)));
        }

        foreach (var call in AddCalls(name, use))
        {
            entries.Add(new KeyValuePair<string, Ast>(Fold(call.Arguments[0]).Text, call.Arguments[1]));
        }

        return entries;
    }

    /// <summary>$table.Add('key', value) before a place.</summary>
    private IEnumerable<InvokeMemberExpressionAst> AddCalls(string name, Ast use) =>
        variables.Uses(name)
            .Where(variable => variable.Extent.EndOffset <= use.Extent.StartOffset)
            .Select(variable => variable.Parent)
            .OfType<InvokeMemberExpressionAst>()
            .Where(call => call is { Member: StringConstantExpressionAst { Value: var member }, Arguments.Count: 2 }
                && ScriptText.Same(member, "Add"));

    private ConstantText Fold(Ast ast, int depth)
    {
        if (known.TryGetValue(ast, out var before))
        {
            return before;
        }

        // A variable that is made of itself is read to where it begins again.
        if (depth > Deepest || !active.Add(ast))
        {
            return ConstantText.Unknown(ast);
        }

        var text = Read(ast, depth + 1);
        active.Remove(ast);
        known[ast] = text;
        return text;
    }

    private ConstantText Read(Ast ast, int depth)
    {
        switch (ast)
        {
            case StringConstantExpressionAst text:
                return ConstantText.Of(text.Value);
            case ConstantExpressionAst { Value: { } value }:
                return ConstantText.Of(Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty);
            case ExpandableStringExpressionAst expandable:
                return Interpolated(expandable, depth);
            case BinaryExpressionAst { Operator: TokenKind.Plus } sum:
                return Fold(sum.Left, depth).Append(Fold(sum.Right, depth));
            case BinaryExpressionAst { Operator: TokenKind.Format } format:
                return Format(Fold(format.Left, depth), Elements(format.Right), ast, depth);
            case BinaryExpressionAst { Operator: TokenKind.Join } join:
                return Join(Fold(join.Right, depth), Elements(join.Left), depth);
            case UnaryExpressionAst { TokenKind: TokenKind.Join } join:
                return Join(ConstantText.Empty, Elements(join.Child), depth);
            case ConvertExpressionAst convert:
                return Fold(convert.Child, depth);
            case VariableExpressionAst variable:
                return Variable(variable, depth);
            case InvokeMemberExpressionAst call:
                return Call(call, depth);
            case MemberExpressionAst { Static: false, Member: StringConstantExpressionAst key } member:
                return Entry(member.Expression, key.Value, member, depth);
            case IndexExpressionAst { Index: StringConstantExpressionAst key } index:
                return Entry(index.Target, key.Value, index, depth);
            default:
                var inner = Unwrap(ast);
                return inner == ast || inner is CommandAst ? ConstantText.Unknown(ast) : Fold(inner, depth);
        }
    }

    private static IReadOnlyList<Ast> Elements(Ast ast) => Unwrap(ast) switch
    {
        ArrayLiteralAst array => array.Elements,
        ArrayExpressionAst { SubExpression.Statements: { Count: 1 } statements } => Elements(statements[0]),
        ArrayExpressionAst { SubExpression.Statements: var statements } => statements,
        var single => [single],
    };

    /// <summary>
    /// The pieces between the expressions are parsed again as what they are, so that escapes mean what PowerShell says.
    /// </summary>
    private ConstantText Interpolated(ExpandableStringExpressionAst text, int depth)
    {
        var source = text.Extent.Text;
        var isBare = text.StringConstantType == StringConstantType.BareWord;
        var isHere = text.StringConstantType == StringConstantType.DoubleQuotedHereString;
        var opening = isBare ? 0 : isHere ? source.IndexOf('\n') + 1 : 1;
        var closing = isBare ? source.Length : isHere ? source.LastIndexOf('\n') : source.Length - 1;
        var result = ConstantText.Empty;
        var at = opening;
        foreach (var nested in text.NestedExpressions.OrderBy(nested => nested.Extent.StartOffset))
        {
            var start = nested.Extent.StartOffset - text.Extent.StartOffset;
            result = result.Append(Literal(source, at, start, isHere)).Append(Fold(nested, depth));
            at = nested.Extent.EndOffset - text.Extent.StartOffset;
        }

        return result.Append(Literal(source, at, closing, isHere));
    }

    private static ConstantText Literal(string source, int start, int end, bool isHere)
    {
        if (end <= start)
        {
            return ConstantText.Empty;
        }

        var piece = source.Substring(start, end - start);
        if (piece.IndexOf('`') >= 0 || (!isHere && piece.IndexOf('"') >= 0))
        {
            var quoted = isHere ? "@\"\n" + piece + "\n\"@" : "\"" + piece + "\"";
            var script = Parser.ParseInput(quoted, out _, out _);
            if (script.Find(ast => ast is StringConstantExpressionAst, true) is StringConstantExpressionAst parsed)
            {
                piece = parsed.Value;
            }
        }

        return ConstantText.Of(piece);
    }

    private ConstantText Format(ConstantText format, IReadOnlyList<Ast> arguments, Ast whole, int depth)
    {
        if (!format.IsConstant)
        {
            return ConstantText.Unknown(whole);
        }

        var result = ConstantText.Empty;
        var at = 0;
        foreach (Match match in Placeholder.Matches(format.Text))
        {
            result = result.Append(ConstantText.Of(format.Text.Substring(at, match.Index - at)));
            at = match.Index + match.Length;
            if (!match.Groups[1].Success)
            {
                result = result.Append(ConstantText.Of(match.Value.Substring(1)));
                continue;
            }

            var isNumber =
                int.TryParse(match.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var index);
            result = result.Append(
                isNumber && index < arguments.Count ? Fold(arguments[index], depth) : ConstantText.Unknown(whole));
        }

        return result.Append(ConstantText.Of(format.Text.Substring(at)));
    }

    private ConstantText Join(ConstantText separator, IReadOnlyList<Ast> elements, int depth)
    {
        var result = ConstantText.Empty;
        for (var i = 0; i < elements.Count; i++)
        {
            result = i == 0 ? Fold(elements[i], depth) : result.Append(separator).Append(Fold(elements[i], depth));
        }

        return result;
    }

    private ConstantText Variable(VariableExpressionAst variable, int depth)
    {
        if (variable.VariablePath.IsDriveQualified)
        {
            var path = variable.VariablePath.UserPath;
            var isEnvironment = path.StartsWith("env:", StringComparison.OrdinalIgnoreCase);
            return ConstantText.Unknown(variable, isEnvironment ? path.Substring(4).ToUpperInvariant() : null);
        }

        ConstantText? result = null;
        foreach (var definition in variables.Before(VariableIndex.Name(variable), variable))
        {
            // A table or an answer that grows is no text.
            if (definition.Value is null || definition.Key is not null)
            {
                return ConstantText.Unknown(variable);
            }

            var value = Fold(definition.Value, depth);
            used.Add(Unwrap(definition.Value));
            if (definition.Node is ParameterAst
                && LegacyAddress.Parse(value) is null or { Kind: AddressKind.ResourceManager })
            {
                // A default that callers may replace says nothing; as an address of ours it says enough.
                return ConstantText.Unknown(variable);
            }

            result = definition.IsAppend && result is not null ? result.Append(value) : value;
        }

        // An expression that is not known at all is best named as the script names it here.
        return result is null || (result.Text.Length == 1 && !result.IsConstant && result.Holes[0].Environment is null)
            ? ConstantText.Unknown(variable)
            : result;
    }

    private ConstantText Entry(Ast owner, string key, Ast whole, int depth)
    {
        if (owner is VariableExpressionAst or HashtableAst && Table(owner, whole) is { } table)
        {
            foreach (var entry in table.Where(entry => ScriptText.Same(entry.Key, key)))
            {
                used.Add(entry.Value);
                return Fold(entry.Value, depth);
            }
        }

        return ConstantText.Unknown(whole);
    }

    private ConstantText Call(InvokeMemberExpressionAst call, int depth)
    {
        if (call.Member is not StringConstantExpressionAst { Value: var name })
        {
            return ConstantText.Unknown(call);
        }

        var arguments = call.Arguments ?? (IReadOnlyList<ExpressionAst>)[];
        if (call.Expression is TypeExpressionAst && arguments.Count > 0)
        {
            switch (name.ToUpperInvariant())
            {
                case "ESCAPEDATASTRING" or "ESCAPEURISTRING" or "URLENCODE":
                    return Fold(arguments[0], depth).Escaped();
                case "FORMAT":
                    return Format(Fold(arguments[0], depth), [.. arguments.Skip(1)], call, depth);
                case "CONCAT":
                    return Join(ConstantText.Empty, arguments, depth);
                case "NEW" when call.Expression.Extent.Text.IndexOf("uri", StringComparison.OrdinalIgnoreCase) >= 0:
                    return Fold(arguments[0], depth);
                case "GETENVIRONMENTVARIABLE":
                    var variable = Fold(arguments[0], depth);
                    return ConstantText.Unknown(call, variable.IsConstant ? variable.Text.ToUpperInvariant() : null);
                default:
                    return ConstantText.Unknown(call);
            }
        }

        return name.ToUpperInvariant() switch
        {
            "TRIM" or "TOSTRING" or "TOLOWER" or "TOLOWERINVARIANT" or "TRIMSTART" => Fold(call.Expression, depth),
            "TRIMEND" => Fold(call.Expression, depth).TrimEnd('/'),
            _ => ConstantText.Unknown(call),
        };
    }
}
