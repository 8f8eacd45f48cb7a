using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text;

namespace Midentity.PowerShell.Migration;

/// <summary>A script's bytes and their text, so that a change leaves every other byte as it was.</summary>
internal sealed class ScriptFile
{
    private static readonly Encoding[] Marked =
    [
        new UTF8Encoding(true, true),
        new UTF32Encoding(false, true, true), // before UTF-16, whose mark is the beginning of this one
        new UnicodeEncoding(false, true, true),
        new UnicodeEncoding(true, true, true),
    ];

    private readonly byte[] bytes;
    private readonly Encoding encoding;
    private readonly int mark;

    private ScriptFile(string path, byte[] bytes, Encoding encoding, int mark)
    {
        Path = path;
        this.bytes = bytes;
        this.encoding = encoding;
        this.mark = mark;
        Text = encoding.GetString(bytes, mark, bytes.Length - mark);
    }

    internal string Path { get; }

    internal string Text { get; }

    /// <summary>Reads a script; bytes that fit no encoding are an InvalidDataException.</summary>
    internal static ScriptFile Read(string path) => Decode(path, File.ReadAllBytes(path));

    internal static ScriptFile Decode(string path, byte[] bytes)
    {
        foreach (var encoding in Marked)
        {
            var preamble = encoding.GetPreamble();
            if (bytes.Length >= preamble.Length && bytes.Take(preamble.Length).SequenceEqual(preamble))
            {
                try
                {
                    return new ScriptFile(path, bytes, encoding, preamble.Length);
                }
                catch (ArgumentException error)
                {
                    throw new InvalidDataException($"the file is not {encoding.WebName} as its first bytes say", error);
                }
            }
        }

        try
        {
            return new ScriptFile(path, bytes, new UTF8Encoding(false, true), 0);
        }
        catch (ArgumentException)
        {
            // Windows PowerShell reads such a file by the machine's code page. One character a byte is enough to find
            // calls in it and to give back every byte that is not changed; what is put in is ASCII.
            return new ScriptFile(path, bytes, Encoding.GetEncoding("iso-8859-1"), 0);
        }
    }

    /// <summary>The file's bytes with the edits made; edits must not overlap.</summary>
    internal byte[] Apply(IEnumerable<LegacyEdit> edits)
    {
        var result = new MemoryStream();
        result.Write(bytes, 0, mark);
        var at = 0;
        foreach (var edit in edits.OrderBy(edit => edit.Start))
        {
            if (edit.Start < at)
            {
                throw new InvalidOperationException("two changes of a script overlap");
            }

            Append(result, Text.Substring(at, edit.Start - at));
            Append(result, edit.Replacement);
            at = edit.End;
        }

        Append(result, Text.Substring(at));
        return result.ToArray();
    }

    /// <summary>Puts new bytes in the file's place in one step: a reader sees the old file or the new one.</summary>
    internal void Write(byte[] changed)
    {
        var attributes = File.GetAttributes(Path);
        if ((attributes & FileAttributes.ReparsePoint) != 0)
        {
            throw new IOException("the file is a link; give the file that it leads to");
        }

        if ((attributes & FileAttributes.ReadOnly) != 0)
        {
            throw new UnauthorizedAccessException("the file is read-only");
        }

        var folder = System.IO.Path.GetDirectoryName(Path) ?? ".";
        var fresh = System.IO.Path.Combine(folder, $".{System.IO.Path.GetFileName(Path)}.{Guid.NewGuid():N}");
        try
        {
            using (var stream = new FileStream(fresh, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            {
                stream.Write(changed, 0, changed.Length);
                stream.Flush(true);
            }

            KeepMode(Path, fresh);
            File.Replace(fresh, Path, null);
        }
        finally
        {
            File.Delete(fresh);
        }
    }

    /// <summary>
    /// Elsewhere than on Windows the mode does not come along by itself; netstandard2.0 can't name it.
    /// </summary>
    private static void KeepMode(string from, string to)
    {
        if (Environment.OSVersion.Platform == PlatformID.Win32NT)
        {
            return;
        }

        var get = typeof(File).GetMethod("GetUnixFileMode", [typeof(string)]);
        var set = get is null ? null : typeof(File).GetMethod("SetUnixFileMode", [typeof(string), get.ReturnType]);
        if (get is null || set is null)
        {
            return;
        }

        try
        {
            set.Invoke(null, [to, get.Invoke(null, [from])]);
        }
        catch (TargetInvocationException error) when (error.InnerException is not null)
        {
            throw new IOException(error.InnerException.Message, error.InnerException);
        }
    }

    private void Append(MemoryStream result, string text)
    {
        var piece = encoding.GetBytes(text);
        result.Write(piece, 0, piece.Length);
    }
}
