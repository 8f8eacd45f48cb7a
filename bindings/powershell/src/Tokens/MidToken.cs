using System;
using System.Security;
using Midentity.PowerShell.Native;
using Midentity.PowerShell.Tokens;

namespace Midentity.PowerShell;

/// <summary>An access token with what is known about it. No view shows the token itself.</summary>
public sealed class MidToken
{
    private string? tenant;
    private bool isTenantKnown;

    internal unsafe MidToken(TokenHandle token, string resource, MidIdentity identity)
    {
        Resource = resource;
        Identity = identity.ToString();
        var bytes = NativeMethods.midentity_token_secret(token, out var length);
        Token = SecretText.FromUtf8(bytes, checked((int)length));
        ExpiresOn = DateTimeOffset.FromUnixTimeSeconds(NativeMethods.midentity_token_expires_on(token));
        var refresh = NativeMethods.midentity_token_refresh_on(token);
        RefreshOn = refresh == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(refresh);
        Type = NativeTexts.Read(NativeMethods.midentity_token_type(token, out length), length) ?? "Bearer";
        Source = ((MidTokenSource)NativeMethods.midentity_token_source(token)).ToString();
        IdentityVerified = NativeMethods.midentity_token_identity_verified(token) != 0;
        FromCache = NativeMethods.midentity_token_from_cache(token) != 0;
        Unchanged = NativeMethods.midentity_token_unchanged(token) != 0;
    }

    /// <summary>What it is for, as it was asked for.</summary>
    public string Resource { get; }

    /// <summary>Which identity was asked for.</summary>
    public string Identity { get; }

    /// <summary>The token. Invoke-RestMethod takes it as -Token with -Authentication Bearer.</summary>
    public SecureString Token { get; }

    /// <summary>The token, by the name that other modules use.</summary>
    public SecureString AccessToken => Token;

    /// <summary>When it expires, UTC.</summary>
    public DateTimeOffset ExpiresOn { get; }

    /// <summary>How long it is still good for; zero where it has expired.</summary>
    public TimeSpan ExpiresIn
    {
        get
        {
            var left = ExpiresOn - DateTimeOffset.UtcNow;
            return left > TimeSpan.Zero ? TimeSpan.FromSeconds(Math.Floor(left.TotalSeconds)) : TimeSpan.Zero;
        }
    }

    /// <summary>When it will be taken anew, UTC; null where that is not known.</summary>
    public DateTimeOffset? RefreshOn { get; }

    /// <summary>The tenant that it says it is from; null for a token that can't be read.</summary>
    public string? TenantId
    {
        get
        {
            if (!isTenantKnown)
            {
                tenant = Claims()?.TenantId;
                isTenantKnown = true;
            }

            return tenant;
        }
    }

    /// <summary>The token's type: Bearer.</summary>
    public string Type { get; }

    /// <summary>Where it came from.</summary>
    public string Source { get; }

    /// <summary>Whether the answer showed that it is for the identity that was asked for.</summary>
    public bool IdentityVerified { get; }

    /// <summary>Whether it came from the cache, without a request.</summary>
    public bool FromCache { get; }

    /// <summary>Whether a new one was asked for and the service handed the same one back.</summary>
    public bool Unchanged { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Type} token for {Resource}, {Identity}, expires {ExpiresOn:u}";

    /// <summary>What it says of itself; null where it can't be read.</summary>
    internal MidTokenClaims? Claims()
    {
        try
        {
            return MidTokenClaims.Decode(Token);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
