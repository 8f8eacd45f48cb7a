using System.Collections.Generic;

namespace Midentity.PowerShell;

/// <summary>What has become of a finding.</summary>
public enum LegacyFixState
{
    /// <summary>A person has to rewrite it.</summary>
    ByHand = 0,

    /// <summary>-Fix would rewrite it.</summary>
    Sure = 1,

    /// <summary>-Fix has rewritten it.</summary>
    Fixed = 2,
}

/// <summary>A call in a script that midentity replaces.</summary>
public sealed class LegacyCall
{
    internal LegacyCall(
        string path,
        string rule,
        string why,
        LegacyEdit extent,
        string text,
        int column,
        IReadOnlyList<LegacyEdit> edits)
    {
        Path = path;
        Rule = rule;
        Why = why;
        Extent = extent;
        Text = text;
        Column = column;
        Edits = edits;
        FixState = edits.Count > 0 ? LegacyFixState.Sure : LegacyFixState.ByHand;
    }

    /// <summary>The script's full path.</summary>
    public string Path { get; }

    /// <summary>The line on which the call begins, from 1.</summary>
    public int Line => Extent.Line;

    /// <summary>The column at which the call begins, from 1.</summary>
    public int Column { get; }

    /// <summary>The rule's id, which never changes: about_Midentity_Migration lists them.</summary>
    public string Rule { get; }

    /// <summary>What is wrong with the call, and what to know before it is replaced.</summary>
    public string Why { get; }

    /// <summary>The call as it is written.</summary>
    public string Text { get; }

    /// <summary>What to write instead; null where this version has no replacement.</summary>
    public string? Replacement => Extent.Replacement.Length > 0 ? Extent.Replacement : null;

    /// <summary>Whether -Fix rewrites it, or has done so.</summary>
    public LegacyFixState FixState { get; internal set; }

    /// <summary>The place of the call and its replacement.</summary>
    public LegacyEdit Extent { get; }

    /// <summary>All that -Fix changes for this finding: the call, and the lines that unpack its answer.</summary>
    public IReadOnlyList<LegacyEdit> Edits { get; }
}

/// <summary>A piece of a script and what takes its place.</summary>
public sealed class LegacyEdit
{
    internal LegacyEdit(int start, int end, int line, string replacement)
    {
        Start = start;
        End = end;
        Line = line;
        Replacement = replacement;
    }

    /// <summary>The first character, counted from 0 without a byte order mark.</summary>
    public int Start { get; }

    /// <summary>One past the last character.</summary>
    public int End { get; }

    /// <summary>The line of the first character, from 1.</summary>
    public int Line { get; }

    /// <summary>The text in its place; empty where the piece goes away.</summary>
    public string Replacement { get; }
}
