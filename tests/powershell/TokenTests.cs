using System;
using System.Collections;
using System.Linq;
using System.Security;
using Xunit;

namespace Midentity.PowerShell.Tests;

public sealed class TokenTests
{
    [Fact]
    public void A_token_comes_as_a_SecureString_with_what_is_known_about_it()
    {
        var emulator = EmulatorProcess.Fresh();
        using var engine = new Engine(emulator);
        var token = (MidToken)engine.Run("Get-MidToken Arm").Single().BaseObject;
        Assert.IsType<SecureString>(token.Token);
        Assert.True(token.Token.IsReadOnly());
        Assert.Same(token.Token, token.AccessToken);
        Assert.Equal("Bearer", token.Type);
        Assert.Equal("Imds", token.Source);
        Assert.Equal(TimeSpan.Zero, token.ExpiresOn.Offset);
        Assert.True(token.ExpiresOn > DateTimeOffset.UtcNow);
        Assert.True(Guid.TryParse(token.TenantId, out _));
        Assert.False(token.FromCache);
        Assert.True(((MidToken)engine.Run("Get-MidToken Arm").Single().BaseObject).FromCache);
        Assert.Single(emulator.TokenRequests());
    }
}
