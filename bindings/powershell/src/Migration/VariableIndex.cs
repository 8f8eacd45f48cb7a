using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation.Language;

namespace Midentity.PowerShell.Migration;

/// <summary>Where a script's variables get their values, and where they are used.</summary>
internal sealed class VariableIndex
{
    private readonly Dictionary<string, List<Definition>> definitions = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, List<VariableExpressionAst>> uses = new(StringComparer.OrdinalIgnoreCase);

    private readonly HashSet<string> handled = new(StringComparer.OrdinalIgnoreCase);

    internal VariableIndex(Ast script)
    {
        foreach (var command in All<CommandAst>(script))
        {
            // Remove-Variable x, Get-Variable x: uses that are no expressions.
            if (command.GetCommandName()?.EndsWith("-Variable", StringComparison.OrdinalIgnoreCase) == true)
            {
                handled.UnionWith(All<StringConstantExpressionAst>(command).Select(word => word.Value));
            }
        }

        foreach (var variable in All<VariableExpressionAst>(script))
        {
            Entry(uses, Name(variable)).Add(variable);
        }

        foreach (var assignment in All<AssignmentStatementAst>(script))
        {
            Add(assignment);
        }

        foreach (var parameter in All<ParameterAst>(script))
        {
            Define(parameter.Name, parameter, parameter.DefaultValue, TokenKind.Equals, null);
        }

        foreach (var loop in All<ForEachStatementAst>(script))
        {
            Define(loop.Variable, loop.Variable, null, TokenKind.Equals, null);
        }

        foreach (var list in definitions.Values)
        {
            list.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        }
    }

    internal static IEnumerable<T> All<T>(Ast root)
        where T : Ast => root.FindAll(ast => ast is T, true).Cast<T>();

    /// <summary>A variable's name without its scope: $script:x is $x to someone who reads one file.</summary>
    internal static string Name(VariableExpressionAst variable)
    {
        var path = variable.VariablePath;
        var name = path.UserPath;
        var colon = name.IndexOf(':');
        return path.IsDriveQualified || colon < 0 ? name : name.Substring(colon + 1);
    }

    /// <summary>The variable that an expression names, through casts and attributes.</summary>
    internal static VariableExpressionAst? Target(Ast expression) => expression switch
    {
        VariableExpressionAst variable => variable,
        AttributedExpressionAst attributed => Target(attributed.Child),
        _ => null,
    };

    internal static FunctionDefinitionAst? FunctionOf(Ast ast)
    {
        for (var parent = ast.Parent; parent is not null; parent = parent.Parent)
        {
            if (parent is FunctionDefinitionAst function)
            {
                return function;
            }
        }

        return null;
    }

    internal IReadOnlyList<VariableExpressionAst> Uses(string name) =>
        uses.TryGetValue(name, out var found) ? found : [];

    /// <summary>Whether a cmdlet for variables is given the name.</summary>
    internal bool IsHandledByName(string name) => handled.Contains(name);

    internal IReadOnlyList<Definition> Definitions(string name) =>
        definitions.TryGetValue(name, out var found) ? found : [];

    /// <summary>
    /// The definitions that make a variable's value at a place: the last whole one that can be seen from there, and the
    /// additions after it.
    /// </summary>
    internal IReadOnlyList<Definition> Before(string name, Ast use)
    {
        var visible = Definitions(name).Where(definition => Sees(use, definition)).ToList();
        var earlier = visible.Where(definition => definition.Offset <= use.Extent.StartOffset).ToList();
        if (earlier.Count == 0)
        {
            // A function that uses a variable of the script, which gets its value further down.
            earlier = FunctionOf(use) is not null && visible.Count(item => item.IsWhole) == 1 ? visible : [];
        }

        var last = earlier.FindLastIndex(definition => definition.IsWhole);
        return last < 0 ? [] : earlier.GetRange(last, earlier.Count - last);
    }

    private static bool Sees(Ast use, Definition definition)
    {
        var owner = definition.Node is ParameterAst { Parent: FunctionDefinitionAst function }
            ? function
            : FunctionOf(definition.Node);
        if (owner is null)
        {
            return true;
        }

        for (Ast? ast = use; ast is not null; ast = ast.Parent)
        {
            if (ast == owner)
            {
                return true;
            }
        }

        return false;
    }

    private static List<T> Entry<T>(Dictionary<string, List<T>> index, string name)
    {
        if (!index.TryGetValue(name, out var list))
        {
            index[name] = list = [];
        }

        return list;
    }

    private void Add(AssignmentStatementAst assignment)
    {
        switch (assignment.Left)
        {
            case MemberExpressionAst
            {
                Expression: VariableExpressionAst owner,
                Member: StringConstantExpressionAst key
            }:
                Define(owner, assignment, assignment.Right, assignment.Operator, key.Value);
                break;
            case IndexExpressionAst { Target: VariableExpressionAst owner, Index: StringConstantExpressionAst key }:
                Define(owner, assignment, assignment.Right, assignment.Operator, key.Value);
                break;
            case ArrayLiteralAst several:
                foreach (var variable in several.Elements.Select(Target).OfType<VariableExpressionAst>())
                {
                    Define(variable, assignment, null, TokenKind.Equals, null);
                }

                break;
            default:
                if (Target(assignment.Left) is { } single)
                {
                    Define(single, assignment, assignment.Right, assignment.Operator, null);
                }

                break;
        }
    }

    private void Define(VariableExpressionAst variable, Ast node, Ast? value, TokenKind how, string? key) =>
        Entry(definitions, Name(variable)).Add(new Definition(node, value, how, key));

    /// <summary>One place where a variable, or one key of the table in it, gets a value.</summary>
    internal sealed class Definition(Ast node, Ast? value, TokenKind how, string? key)
    {
        internal Ast Node { get; } = node;

        /// <summary>The value; null where it can't be read from the script.</summary>
        internal Ast? Value { get; } = value;

        /// <summary>The key of a table that gets the value.</summary>
        internal string? Key { get; } = key;

        internal bool IsAppend { get; } = how == TokenKind.PlusEquals;

        internal bool IsWhole => Key is null && !IsAppend;

        internal int Offset => Node.Extent.EndOffset;
    }
}
