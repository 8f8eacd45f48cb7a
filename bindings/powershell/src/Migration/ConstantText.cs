using System.Collections.Generic;
using System.Linq;
using System.Management.Automation.Language;

namespace Midentity.PowerShell.Migration;

/// <summary>A text of which some pieces are known: for each unknown one it has a mark and the expression.</summary>
internal sealed class ConstantText
{
    /// <summary>Stands in <see cref="Text"/> for a piece that is not known.</summary>
    internal const char HoleMark = '\ufffc';

    /// <summary>No address is as long; services refuse those beyond 8,000 characters or so.</summary>
    private const int Longest = 32_768;

    internal static readonly ConstantText Empty = new(string.Empty, []);

    private ConstantText(string text, IReadOnlyList<Hole> holes)
    {
        Text = text;
        Holes = holes;
    }

    internal string Text { get; }

    internal IReadOnlyList<Hole> Holes { get; }

    internal bool IsConstant => Holes.Count == 0;

    internal static ConstantText Of(string text) => new(text.Replace(HoleMark, ' '), []);

    internal static ConstantText Unknown(Ast source, string? environment = null) =>
        new(HoleMark.ToString(), [new Hole(source, environment)]);

    /// <summary>
    /// Both texts. What has grown beyond any address stays as it is: doubling it over and over costs memory.
    /// </summary>
    internal ConstantText Append(ConstantText other) =>
        Text.Length > Longest ? this : new(Text + other.Text, [.. Holes, .. other.Holes]);

    /// <summary>A piece, with the expressions that belong into it.</summary>
    internal ConstantText Slice(int start, int length)
    {
        var before = Text.Take(start).Count(c => c == HoleMark);
        var piece = Text.Substring(start, length);
        return new ConstantText(piece, [.. Holes.Skip(before).Take(piece.Count(c => c == HoleMark))]);
    }

    internal ConstantText From(int start) => Slice(start, Text.Length - start);

    /// <summary>The same with %-escapes read; expressions stay.</summary>
    internal ConstantText Unescaped()
    {
        try
        {
            return new ConstantText(System.Uri.UnescapeDataString(Text), Holes);
        }
        catch (System.UriFormatException)
        {
            return this;
        }
    }

    internal ConstantText Escaped() =>
        new(string.Join(HoleMark.ToString(), Text.Split(HoleMark).Select(System.Uri.EscapeDataString)), Holes);

    internal ConstantText TrimEnd(params char[] characters) => Slice(0, Text.TrimEnd(characters).Length);

    /// <summary>A piece that is not known here.</summary>
    internal sealed class Hole(Ast source, string? environment)
    {
        internal Ast Source { get; } = source;

        /// <summary>The environment variable that it is, if it is one.</summary>
        internal string? Environment { get; } = environment;
    }
}
