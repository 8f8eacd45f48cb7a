using System;
using System.Text;
using Midentity.PowerShell.Tokens;
using Xunit;

namespace Midentity.PowerShell.Tests;

public sealed class SecretTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("eyJ0eXAiOiJKV1Qi.eyJhdWQi.c2ln")]
    [InlineData("Grüße 😀")]
    public unsafe void Bytes_become_a_secret_and_bytes_again(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text + "|beyond the length");
        fixed (byte* pointer = bytes)
        {
            using var secret = SecretText.FromUtf8(pointer, Encoding.UTF8.GetByteCount(text));
            Assert.True(secret.IsReadOnly());
            Assert.Equal(text, SecretText.Reveal(secret));
            Assert.Equal(text, SecretText.WithUtf8(secret, (given, length) =>
            {
                Assert.Equal(0, given[length]);
                return Encoding.UTF8.GetString(given, length);
            }));
        }
    }

    [Fact]
    public unsafe void Bytes_that_are_no_UTF8_are_refused()
    {
        byte[] bytes = [0x61, 0xff, 0x62];
        Assert.Throws<DecoderFallbackException>(() =>
        {
            fixed (byte* pointer = bytes)
            {
                SecretText.FromUtf8(pointer, bytes.Length);
            }
        });
    }

    [Fact]
    public unsafe void The_bytes_are_wiped_when_their_user_is_done()
    {
        using var secret = SecretText.FromText("canary");
        Assert.True(secret.IsReadOnly());
        Assert.Throws<InvalidOperationException>(
            () => SecretText.WithUtf8<int>(secret, (_, _) => throw new InvalidOperationException()));
        Assert.Equal(6, SecretText.WithUtf8(secret, (_, length) => length));
    }

    [Fact]
    public unsafe void What_no_SecureString_holds_is_one_clear_error()
    {
        var bytes = Encoding.ASCII.GetBytes(new string('x', SecretText.Longest + 1));
        fixed (byte* pointer = bytes)
        {
            var start = pointer;
            Assert.Equal(SecretText.Longest, SecretText.FromUtf8(start, SecretText.Longest).Length);
            Assert.Equal("token.unreadable", Assert.Throws<MidentityException>(() => SecretText.FromUtf8(start, bytes.Length)).Id);
        }
    }
}
