using System;
using System.Collections;
using System.Globalization;
using System.Linq;
using System.Management.Automation;
using System.Numerics;
using System.Security;
using System.Text;

namespace Midentity.PowerShell.Json;

/// <summary>
/// Writes what PowerShell scripts build (hashtables, PSObjects, lists, numbers, texts) as JSON text. It takes only what has
/// one meaning in JSON: anything else would be a request body that surprises.
/// </summary>
internal static class JsonWriter
{
    /// <summary>The JSON text; an ArgumentException says what can't be written.</summary>
    internal static string Write(object? value)
    {
        var text = new StringBuilder();
        Value(text, value, 0);
        return text.ToString();
    }

    private static void Value(StringBuilder text, object? value, int depth)
    {
        if (depth > JsonReader.Deepest)
        {
            throw new ArgumentException("the value is nested too deep, or holds itself");
        }

        // A PSObject around a .NET object is that object; one around nothing has properties of its own.
        if (value is PSObject { BaseObject: not PSCustomObject } wrapped)
        {
            value = wrapped.BaseObject;
        }

        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case bool flag:
                text.Append(flag ? "true" : "false");
                break;
            case SwitchParameter flag:
                text.Append(flag.IsPresent ? "true" : "false");
                break;
            case string or char or Guid or Uri or Version or Enum:
                Text(text, value.ToString());
                break;
            case DateTime time:
                Text(text, time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));
                break;
            case DateTimeOffset time:
                Text(text, time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));
                break;
            case byte or sbyte or short or ushort or int or uint or long or ulong or decimal or BigInteger:
                text.Append(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
                break;
            case float or double:
                Number(text, Convert.ToDouble(value, CultureInfo.InvariantCulture));
                break;
            case SecureString or ScriptBlock or Delegate:
                throw new ArgumentException($"a value of type {value.GetType().Name} can't be written as JSON");
            case IDictionary table:
                Members(text, table, depth);
                break;
            case IEnumerable list:
                Items(text, list, depth);
                break;
            case PSObject made:
                Properties(text, made, depth);
                break;
            default:
                throw new ArgumentException($"a value of type {value.GetType().Name} can't be written as JSON");
        }
    }

    private static void Number(StringBuilder text, double number)
    {
        if (double.IsNaN(number) || double.IsInfinity(number))
        {
            throw new ArgumentException("JSON has no number that is infinite or none");
        }

        text.Append(number.ToString("R", CultureInfo.InvariantCulture));
    }

    private static void Members(StringBuilder text, IDictionary table, int depth)
    {
        text.Append('{');
        var isFirst = true;
        foreach (DictionaryEntry entry in table)
        {
            Name(text, Convert.ToString(entry.Key, CultureInfo.InvariantCulture) ?? string.Empty, ref isFirst);
            Value(text, entry.Value, depth + 1);
        }

        text.Append('}');
    }

    private static void Properties(StringBuilder text, PSObject made, int depth)
    {
        text.Append('{');
        var isFirst = true;
        foreach (var property in made.Properties.Where(property => property.IsGettable))
        {
            Name(text, property.Name, ref isFirst);
            Value(text, property.Value, depth + 1);
        }

        text.Append('}');
    }

    private static void Name(StringBuilder text, string name, ref bool isFirst)
    {
        if (!isFirst)
        {
            text.Append(',');
        }

        isFirst = false;
        Text(text, name);
        text.Append(':');
    }

    private static void Items(StringBuilder text, IEnumerable list, int depth)
    {
        text.Append('[');
        var isFirst = true;
        foreach (var item in list)
        {
            if (!isFirst)
            {
                text.Append(',');
            }

            isFirst = false;
            Value(text, item, depth + 1);
        }

        text.Append(']');
    }

    private static void Text(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            switch (c)
            {
                case '"':
                    text.Append("\\\"");
                    break;
                case '\\':
                    text.Append("\\\\");
                    break;
                case < ' ':
                    text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                    break;
                default:
                    text.Append(c);
                    break;
            }
        }

        text.Append('"');
    }
}
