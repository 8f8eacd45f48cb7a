using System;
using System.Collections.Generic;
using System.Globalization;
using System.Management.Automation;
using System.Text;

namespace Midentity.PowerShell.Json;

/// <summary>
/// Reads JSON (RFC 8259) into what PowerShell works with: objects are PSObjects whose properties keep their order,
/// arrays are object[], numbers are Int64, Decimal or Double, whichever holds them exactly. Azure's answers differ in
/// case only by mistake: where a PSObject can't hold two such names the later one wins, as in ConvertFrom-Json.
/// </summary>
internal sealed class JsonReader
{
    /// <summary>How deep objects and arrays may lie in each other: Resource Manager's stay below 30.</summary>
    internal const int Deepest = 128;

    private readonly string text;
    private int at;

    private JsonReader(string text) => this.text = text;

    /// <summary>The value in a text that holds one value and nothing else; else a FormatException.</summary>
    internal static object? Parse(string text)
    {
        var reader = new JsonReader(text);
        var value = reader.Value(0);
        reader.Space();
        return reader.at == text.Length ? value : throw reader.Fault("text after the value");
    }

    private object? Value(int depth)
    {
        if (depth > Deepest)
        {
            throw Fault("too deep");
        }

        Space();
        switch (Peek())
        {
            case '{':
                return Object(depth);
            case '[':
                return Array(depth);
            case '"':
                return String();
            case 't':
                return Word("true", true);
            case 'f':
                return Word("false", false);
            case 'n':
                return Word("null", null);
            default:
                return Number();
        }
    }

    private PSObject Object(int depth)
    {
        at++;
        var result = new PSObject();
        Space();
        if (Take('}'))
        {
            return result;
        }

        do
        {
            Space();
            if (Peek() != '"')
            {
                throw Fault("a name in quotes is missing");
            }

            var name = String();
            Space();
            if (!Take(':'))
            {
                throw Fault("a colon is missing");
            }

            var value = Value(depth + 1);
            if (name.Length == 0)
            {
                // No property can have this name; what is behind it can't be asked for in PowerShell.
                continue;
            }

            if (result.Properties[name] is { } before)
            {
                result.Properties.Remove(before.Name);
            }

            result.Properties.Add(new PSNoteProperty(name, value));
        }
        while (Next('}'));
        return result;
    }

    private object?[] Array(int depth)
    {
        at++;
        Space();
        if (Take(']'))
        {
            return [];
        }

        var items = new List<object?>();
        do
        {
            items.Add(Value(depth + 1));
        }
        while (Next(']'));
        return [.. items];
    }

    /// <summary>Whether another member follows; takes the comma, or the end.</summary>
    private bool Next(char end)
    {
        Space();
        return Take(',') || (Take(end) ? false : throw Fault("a comma is missing"));
    }

    private string String()
    {
        at++;
        var end = text.IndexOfAny(['"', '\\'], at);
        if (end >= 0 && text[end] == '"')
        {
            var plain = Checked(text.Substring(at, end - at));
            at = end + 1;
            return plain;
        }

        var result = new StringBuilder();
        while (true)
        {
            var c = Peek();
            at++;
            switch (c)
            {
                case '"':
                    return result.ToString();
                case '\\':
                    result.Append(Escape());
                    break;
                case < ' ':
                    throw Fault("a control character in a string");
                default:
                    result.Append(c);
                    break;
            }
        }
    }

    private string Checked(string plain)
    {
        foreach (var c in plain)
        {
            if (c < ' ')
            {
                throw Fault("a control character in a string");
            }
        }

        return plain;
    }

    /// <summary>
    /// One escape; halves of surrogate pairs come one after the other and are put together as they stand.
    /// </summary>
    private char Escape()
    {
        var c = Peek();
        at++;
        switch (c)
        {
            case '"' or '\\' or '/':
                return c;
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u' when at + 4 <= text.Length
                && ushort.TryParse(
                    text.Substring(at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code):
                at += 4;
                return (char)code;
            default:
                throw Fault("an unknown escape");
        }
    }

    private object Number()
    {
        var start = at;
        Take('-');
        if (!Take('0') && Digits() == 0)
        {
            throw Fault("no value");
        }

        var isWhole = true;
        if (Take('.'))
        {
            isWhole = false;
            if (Digits() == 0)
            {
                throw Fault("no digit after the point");
            }
        }

        if (Take('e') || Take('E'))
        {
            isWhole = false;
            if (!Take('+'))
            {
                Take('-');
            }

            if (Digits() == 0)
            {
                throw Fault("no digit in the exponent");
            }
        }

        var number = text.Substring(start, at - start);
        if (isWhole
            && long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            return whole;
        }

        if (isWhole
            && decimal.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var large))
        {
            return large;
        }

        return double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    private int Digits()
    {
        var start = at;
        while (at < text.Length && text[at] is >= '0' and <= '9')
        {
            at++;
        }

        return at - start;
    }

    private object? Word(string word, object? value)
    {
        if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0)
        {
            throw Fault("no value");
        }

        at += word.Length;
        return value;
    }

    private void Space()
    {
        while (at < text.Length && text[at] is ' ' or '\t' or '\r' or '\n')
        {
            at++;
        }
    }

    private char Peek() => at < text.Length ? text[at] : throw Fault("the text ends too early");

    private bool Take(char c)
    {
        if (at >= text.Length || text[at] != c)
        {
            return false;
        }

        at++;
        return true;
    }

    /// <summary>Says where, and never what: a token may be there.</summary>
    private FormatException Fault(string what) => new($"The JSON text can't be read at character {at}: {what}.");
}
