using System.Globalization;
using System.Linq;
using System.Management.Automation.Language;
using System.Text;
using System.Text.RegularExpressions;

namespace Midentity.PowerShell.Migration;

/// <summary>Writing PowerShell: arguments in the plainest form that means the same.</summary>
internal static class ScriptText
{
    private static readonly Regex Bare = new(
        "^(?:[A-Za-z/][A-Za-z0-9/._-]*|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$",
        RegexOptions.CultureInvariant);

    /// <summary>A text as an argument: without quotes where none are needed.</summary>
    internal static string Argument(string text) => Bare.IsMatch(text) ? text : Quoted(text);

    /// <summary>A text in single quotes; PowerShell takes typographic ones for quotes too.</summary>
    internal static string Quoted(string text)
    {
        var result = new StringBuilder("'");
        foreach (var c in text)
        {
            result.Append(c);
            if (c is '\'' or '\u2018' or '\u2019' or '\u201a' or '\u201b')
            {
                result.Append(c);
            }
        }

        return result.Append('\'').ToString();
    }

    /// <summary>A partly known text as an argument.</summary>
    internal static string Argument(ConstantText text)
    {
        if (text.IsConstant)
        {
            return Argument(text.Text);
        }

        if (text.Text.Length == 1)
        {
            return Argument(text.Holes[0].Source);
        }

        var result = new StringBuilder("\"");
        var hole = 0;
        for (var i = 0; i < text.Text.Length; i++)
        {
            var c = text.Text[i];
            if (c == ConstantText.HoleMark)
            {
                result.Append(Embedded(text.Holes[hole++].Source, i + 1 < text.Text.Length ? text.Text[i + 1] : '"'));
                continue;
            }

            if (c is '"' or '`' or '$' or '\u201c' or '\u201d' or '\u201e')
            {
                result.Append('`');
            }

            result.Append(c);
        }

        return result.Append('"').ToString();
    }

    /// <summary>An expression as an argument: in parentheses unless it can stand alone.</summary>
    internal static string Argument(Ast source) => source switch
    {
        VariableExpressionAst or ParenExpressionAst or SubExpressionAst or HashtableAst or ArrayExpressionAst =>
            source.Extent.Text,
        StringConstantExpressionAst or ExpandableStringExpressionAst => source.Extent.Text,
        ConstantExpressionAst number => number.Extent.Text,
        MemberExpressionAst member and not InvokeMemberExpressionAst when !member.Static => member.Extent.Text,
        IndexExpressionAst => source.Extent.Text,
        ScriptBlockExpressionAst => source.Extent.Text,
        _ => $"({source.Extent.Text})",
    };

    /// <summary>An expression in a text; a variable's name must not run into what follows.</summary>
    private static string Embedded(Ast source, char next) => source switch
    {
        VariableExpressionAst variable when next is '/' or '"' or '?' or '&' or '-' or ' ' => variable.Extent.Text,
        SubExpressionAst => source.Extent.Text,
        _ => $"$({source.Extent.Text})",
    };

    /// <summary>Whether a text is PowerShell without a syntax error.</summary>
    internal static bool Parses(string text)
    {
        Parser.ParseInput(text, out _, out var errors);
        return !errors.Any(IsSyntaxError);
    }

    /// <summary>A module or type that is not on this machine is no error of syntax.</summary>
    internal static bool IsSyntaxError(ParseError error) =>
        error.ErrorId is not ("ModuleNotFoundDuringParse" or "TypeNotFound" or "InvalidUsingNamespace"
            or "CustomAttributeTypeNotFound" or "ErrorLoadingAssembly" or "CannotLoadAssemblyFromUncPath");

    /// <summary>Whether two names are the same to PowerShell.</summary>
    internal static bool Same(string? a, string? b) => string.Compare(a, b, true, CultureInfo.InvariantCulture) == 0;
}
