using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;

namespace Midentity.PowerShell.Native;

/// <summary>A text as the library takes it: UTF-8 with its length; nothing for null.</summary>
internal readonly unsafe struct NativeText
{
    internal NativeText(byte* bytes, nuint length)
    {
        Bytes = bytes;
        Length = length;
    }

    internal byte* Bytes { get; }

    internal nuint Length { get; }
}

/// <summary>The texts of one call. The library copies them, so they go when the call returns.</summary>
internal sealed unsafe class NativeTexts : IDisposable
{
    private static readonly UTF8Encoding Strict = new(false, true);

    private readonly List<IntPtr> blocks = [];

    public void Dispose()
    {
        foreach (var block in blocks)
        {
            Marshal.FreeHGlobal(block);
        }

        blocks.Clear();
    }

    /// <summary>A text out of the library; null for NULL.</summary>
    internal static string? Read(byte* bytes, nuint length) =>
        bytes == null ? null : Encoding.UTF8.GetString(bytes, checked((int)length));

    /// <summary>A text that ends with a NUL.</summary>
    internal static string? Read(byte* bytes)
    {
        if (bytes == null)
        {
            return null;
        }

        var length = 0;
        while (bytes[length] != 0)
        {
            length++;
        }

        return Encoding.UTF8.GetString(bytes, length);
    }

    internal NativeText Add(string? text)
    {
        if (text == null)
        {
            return default;
        }

        fixed (char* characters = text)
        {
            int size;
            try
            {
                size = Strict.GetByteCount(characters, text.Length);
            }
            catch (EncoderFallbackException)
            {
                throw MidentityException.Argument(
                    ErrorIds.ArgumentOption,
                    "a text has half of a character in it (a lone surrogate)",
                    "look at where the text was cut");
            }

            var bytes = Block(size + 1);
            Strict.GetBytes(characters, text.Length, bytes, size);
            bytes[size] = 0;
            return new NativeText(bytes, (nuint)size);
        }
    }

    /// <summary>A list of texts, each ending with a NUL.</summary>
    internal byte** Add(IReadOnlyList<string> texts)
    {
        var list = (byte**)Block(Math.Max(texts.Count, 1) * sizeof(byte*));
        for (var i = 0; i < texts.Count; i++)
        {
            if (texts[i].IndexOf('\0') >= 0)
            {
                throw MidentityException.Argument(ErrorIds.ArgumentName, "a name has a NUL in it", "give the name alone");
            }

            list[i] = Add(texts[i]).Bytes;
        }

        return list;
    }

    private byte* Block(int size)
    {
        var block = Marshal.AllocHGlobal(size);
        blocks.Add(block);
        return (byte*)block;
    }
}
