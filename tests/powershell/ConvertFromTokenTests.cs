using System;
using System.Linq;
using System.Management.Automation;
using System.Text;
using Midentity.PowerShell.Tokens;
using Xunit;

namespace Midentity.PowerShell.Tests;

public sealed class ConvertFromTokenTests : IDisposable
{
    private const string Canary = "canary5ecret";

    private static readonly string Token = Make(
        """
        {"aud": "https://management.azure.com/", "oid": "o", "appid": "a", "tid": "t", "name": "ü😀",
         "xms_mirid": "/subscriptions/s/vm", "iss": "https://sts.windows.net/t/",
         "iat": 1700000000, "nbf": 1700000000, "exp": 1700003600, "roles": ["R1", "R2"]}
        """);

    private readonly Engine engine = new();

    public void Dispose() => engine.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData(Canary)]
    [InlineData(Canary + "." + Canary)]
    [InlineData("a." + Canary + ".c")]
    [InlineData("e30." + Canary + "=.c")]
    [InlineData("W10.W10." + Canary)]
    [InlineData("e30.e30.a.b." + Canary)]
    public void What_is_no_token_is_an_error_that_does_not_show_it(string text)
    {
        var record = Assert.Single(engine.Try("$text | ConvertFrom-MidToken", ("text", text)).Errors);
        Assert.Equal(
            "token.unreadable,Midentity.PowerShell.Commands.ConvertFromMidTokenCommand", record.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.InvalidArgument, record.CategoryInfo.Category);
        Assert.Null(record.TargetObject);
        Assert.DoesNotContain(
            Canary, record + record.Exception.ToString() + record.CategoryInfo, StringComparison.Ordinal);
    }

    [Fact]
    public void An_object_without_a_token_is_refused_and_the_rest_goes_on()
    {
        var outcome = engine.Try("[pscustomobject]@{a=1}, 42, $token | ConvertFrom-MidToken", ("token", Token));
        Assert.Equal(2, outcome.Errors.Count);
        Assert.Single(outcome.Output);
    }

    [Fact]
    public void Claims_are_read()
    {
        var claims = (MidTokenClaims)engine.Run("ConvertFrom-MidToken $token", ("token", Token)).Single().BaseObject;
        Assert.Equal(["https://management.azure.com/"], claims.Audience);
        Assert.Equal(("o", "a", "t"), (claims.ObjectId, claims.ClientId, claims.TenantId));
        Assert.Equal(("/subscriptions/s/vm", "https://sts.windows.net/t/"), (claims.ResourceId, claims.Issuer));
        Assert.Equal(["R1", "R2"], claims.Roles);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1700000000), claims.IssuedAt);
        Assert.Equal(claims.IssuedAt, claims.NotBefore);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1700003600), claims.ExpiresOn);
        Assert.Equal(TimeSpan.Zero, claims.ExpiresOn!.Value.Offset);
        Assert.Equal("ü😀", claims.Claims.Properties["name"].Value);
        Assert.Equal("none", claims.Header.Properties["alg"].Value);
        Assert.False(claims.Verified);
    }

    [Fact]
    public void What_a_token_leaves_out_is_null_and_not_an_error()
    {
        var claims = MidTokenClaims.Decode(SecretText.FromText(Make("{\"azp\":\"z\",\"aud\":[\"x\",\"y\"],\"exp\":1e300,\"oid\":5}")));
        Assert.Equal("z", claims.ClientId);
        Assert.Equal(["x", "y"], claims.Audience);
        Assert.Null(claims.ExpiresOn);
        Assert.Null(claims.ObjectId);
        Assert.Empty(claims.Roles);
    }

    [Fact]
    public void Every_form_of_a_token_is_taken()
    {
        using var secret = SecretText.FromText(Token);
        var found = engine.Run(
            """
            $secret, $token, "Bearer $token", [pscustomobject]@{ Token = $secret }, [pscustomobject]@{ access_token = $token } |
                ConvertFrom-MidToken
            """,
            ("secret", secret),
            ("token", Token));
        Assert.Equal(5, found.Count);
        Assert.All(found, item => Assert.Equal("o", ((MidTokenClaims)item.BaseObject).ObjectId));
    }

    [Fact]
    public void The_list_shows_claims_and_no_token()
    {
        var shown = engine.Show("ConvertFrom-MidToken $token", ("token", Token));
        Assert.Contains("ObjectId", shown, StringComparison.Ordinal);
        Assert.Contains("Verified", shown, StringComparison.Ordinal);
        Assert.DoesNotContain(Token.Split('.')[1], shown, StringComparison.Ordinal);
    }

    private static string Make(string claims) => $"{Encode("{\"alg\":\"none\"}")}.{Encode(claims)}.{Canary}";

    private static string Encode(string text) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(text)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
