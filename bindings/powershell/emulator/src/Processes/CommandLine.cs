using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Midentity.Emulator.Processes;

/// <summary>Arguments as one text: .NET Framework takes no list. .NET reads it by the same rules on every system.</summary>
internal static class CommandLine
{
    internal static string Join(IEnumerable<string> arguments) => string.Join(" ", arguments.Select(Quoted));

    /// <summary>
    /// In quotes where it must be. Backslashes stand for themselves, but before a quote each must be doubled.
    /// </summary>
    private static string Quoted(string argument)
    {
        if (argument.Length > 0 && argument.All(c => !char.IsWhiteSpace(c) && c != '"'))
        {
            return argument;
        }

        var text = new StringBuilder("\"");
        var backslashes = 0;
        foreach (var c in argument)
        {
            if (c == '\\')
            {
                backslashes++;
                continue;
            }

            text.Append('\\', c == '"' ? (2 * backslashes) + 1 : backslashes).Append(c);
            backslashes = 0;
        }

        return text.Append('\\', 2 * backslashes).Append('"').ToString();
    }
}
