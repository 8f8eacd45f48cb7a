using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;

namespace Midentity.Emulator.Control;

/// <summary>An HTTP answer that came whole, because the connection was closed after it.</summary>
internal sealed class ControlAnswer
{
    private ControlAnswer(int status, string body)
    {
        Status = status;
        Body = body;
    }

    internal int Status { get; }

    internal string Body { get; }

    /// <summary>Reads head and body; a FormatException for what is no answer or not the whole of one.</summary>
    internal static ControlAnswer Parse(byte[] bytes)
    {
        var end = EndOfHead(bytes);
        var head = Encoding.ASCII.GetString(bytes, 0, end).Split(["\r\n"], StringSplitOptions.RemoveEmptyEntries);
        var words = head.Length == 0 ? [] : head[0].Split(' ');
        if (words.Length < 2 || !words[0].StartsWith("HTTP/1.", StringComparison.Ordinal)
            || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var status))
        {
            throw new FormatException("no HTTP answer");
        }

        var length = bytes.Length - end;
        foreach (var line in head)
        {
            var at = line.IndexOf(':');
            var name = at < 0 ? string.Empty : line.Substring(0, at).Trim().ToLowerInvariant();
            var value = at < 0 ? string.Empty : line.Substring(at + 1).Trim();
            if (name == "transfer-encoding")
            {
                throw new FormatException("an answer in pieces");
            }

            if (name == "content-length"
                && (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var said) || said != length))
            {
                throw new FormatException("an answer that was cut off");
            }
        }

        return new ControlAnswer(status, Encoding.UTF8.GetString(bytes, end, length));
    }

    private static int EndOfHead(IReadOnlyList<byte> bytes)
    {
        for (var at = 3; at < bytes.Count; at++)
        {
            if (bytes[at] == '\n' && bytes[at - 1] == '\r' && bytes[at - 2] == '\n' && bytes[at - 3] == '\r')
            {
                return at + 1;
            }
        }

        throw new FormatException("an answer without an end of its head");
    }
}
