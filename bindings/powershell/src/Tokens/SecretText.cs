using System;
using System.Runtime.InteropServices;
using System.Security;
using System.Text;

namespace Midentity.PowerShell.Tokens;

/// <summary>Secrets between native memory and SecureString, without a managed string on the way.</summary>
internal static class SecretText
{
    /// <summary>
    /// A read-only SecureString of UTF-8 bytes. The characters in between are wiped; the bytes belong to the caller.
    /// One
    /// constructor call takes a seventh of the time of AppendChar.
    /// </summary>
    internal static unsafe SecureString FromUtf8(byte* bytes, int length)
    {
        if (length == 0)
        {
            var empty = new SecureString();
            empty.MakeReadOnly();
            return empty;
        }

        if (length > Longest)
        {
            throw new MidentityException(
                MidErrorKind.Protocol,
                ErrorIds.TokenUnreadable,
                $"the token is longer than the {Longest} characters that a SecureString holds",
                "take it with -AsPlainText or -AsHeader, if it is really meant to be so long");
        }

        // Never more characters than bytes.
        var scratch = Marshal.AllocHGlobal(length * sizeof(char));
        var characters = (char*)scratch;
        try
        {
            var count = Strict.GetChars(bytes, length, characters, length);
            var secret = new SecureString(characters, count);
            secret.MakeReadOnly();
            return secret;
        }
        finally
        {
            Wipe((byte*)scratch, length * sizeof(char));
            Marshal.FreeHGlobal(scratch);
        }
    }

    /// <summary>A read-only SecureString of a text that is a managed string already.</summary>
    internal static unsafe SecureString FromText(string text)
    {
        fixed (char* characters = text)
        {
            var secret = new SecureString(characters, text.Length);
            secret.MakeReadOnly();
            return secret;
        }
    }

    /// <summary>The text of a secret, for what can't take anything else; it can't be wiped.</summary>
    internal static string Reveal(SecureString secret)
    {
        var pointer = Marshal.SecureStringToGlobalAllocUnicode(secret);
        try
        {
            return Marshal.PtrToStringUni(pointer, secret.Length);
        }
        finally
        {
            Marshal.ZeroFreeGlobalAllocUnicode(pointer);
        }
    }

    /// <summary>Gives a secret's UTF-8 bytes to a function, and wipes them when it returns.</summary>
    internal static unsafe T WithUtf8<T>(SecureString secret, Utf8Use<T> use)
    {
        var pointer = Marshal.SecureStringToGlobalAllocUnicode(secret);
        var scratch = IntPtr.Zero;
        var size = 0;
        try
        {
            var characters = (char*)pointer;
            size = secret.Length == 0 ? 0 : Strict.GetByteCount(characters, secret.Length);
            scratch = Marshal.AllocHGlobal(size + 1);
            var bytes = (byte*)scratch;
            if (size > 0)
            {
                Strict.GetBytes(characters, secret.Length, bytes, size);
            }

            bytes[size] = 0;
            return use(bytes, size);
        }
        finally
        {
            if (scratch != IntPtr.Zero)
            {
                Wipe((byte*)scratch, size);
                Marshal.FreeHGlobal(scratch);
            }

            Marshal.ZeroFreeGlobalAllocUnicode(pointer);
        }
    }

    /// <summary>The most characters that a SecureString holds.</summary>
    internal const int Longest = 65536;

    /// <summary>What is done with a secret's bytes.</summary>
    internal unsafe delegate T Utf8Use<T>(byte* bytes, int length);

    private static readonly UTF8Encoding Strict = new(false, true);

    private static unsafe void Wipe(byte* bytes, int length)
    {
        for (var i = 0; i < length; i++)
        {
            System.Threading.Volatile.Write(ref bytes[i], 0);
        }
    }
}
