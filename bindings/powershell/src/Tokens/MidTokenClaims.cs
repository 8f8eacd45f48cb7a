using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Management.Automation;
using System.Security;
using System.Text;
using Midentity.PowerShell.Json;
using Midentity.PowerShell.Tokens;

namespace Midentity.PowerShell;

/// <summary>
/// What a token says about itself. Nothing of it was verified: only the service that the token is for can.
/// </summary>
public sealed class MidTokenClaims
{
    private MidTokenClaims(PSObject header, PSObject claims)
    {
        Header = header;
        Claims = claims;
    }

    /// <summary>Whom the token is for (aud), one or several.</summary>
    public string[] Audience => Texts("aud");

    /// <summary>The identity's object (principal) id (oid).</summary>
    public string? ObjectId => Text("oid");

    /// <summary>The identity's client (application) id (appid, or azp).</summary>
    public string? ClientId => Text("appid") ?? Text("azp");

    /// <summary>The tenant (tid).</summary>
    public string? TenantId => Text("tid");

    /// <summary>The resource whose identity it is (xms_mirid): the machine, or the user-assigned identity.</summary>
    public string? ResourceId => Text("xms_mirid");

    /// <summary>Who issued it (iss).</summary>
    public string? Issuer => Text("iss");

    /// <summary>The application roles in it (roles).</summary>
    public string[] Roles => Texts("roles");

    /// <summary>When it was issued (iat), UTC.</summary>
    public DateTimeOffset? IssuedAt => Time("iat");

    /// <summary>From when on it is valid (nbf), UTC.</summary>
    public DateTimeOffset? NotBefore => Time("nbf");

    /// <summary>Until when it is valid (exp), UTC.</summary>
    public DateTimeOffset? ExpiresOn => Time("exp");

    /// <summary>Always false: decoding is no verification.</summary>
    public bool Verified => false;

    /// <summary>The token's header.</summary>
    public PSObject Header { get; }

    /// <summary>All claims by their names.</summary>
    public PSObject Claims { get; }

    /// <summary>
    /// Reads a token; a FormatException says what is wrong with it, without any part of it. The signature, without which
    /// the rest is worth nothing, never becomes a managed string.
    /// </summary>
    internal static unsafe MidTokenClaims Decode(SecureString token) => SecretText.WithUtf8(token, static (bytes, length) =>
    {
        var dots = new List<int>();
        for (var i = 0; i < length; i++)
        {
            if (bytes[i] == '.')
            {
                dots.Add(i);
            }
        }

        if (dots.Count == 4)
        {
            throw new FormatException("The token is encrypted: only the service that it is for can read it.");
        }

        if (dots.Count != 2)
        {
            throw new FormatException("This is no token that can be read: it has not three parts with dots between them.");
        }

        var header = Encoding.ASCII.GetString(bytes, dots[0]);
        var claims = Encoding.ASCII.GetString(bytes + dots[0] + 1, dots[1] - dots[0] - 1);
        return new MidTokenClaims(Part(header, "header"), Part(claims, "claims"));
    });

    private static PSObject Part(string part, string name)
    {
        try
        {
            var padded = part.Replace('-', '+').Replace('_', '/') + new string('=', (4 - (part.Length % 4)) % 4);
            var json = new UTF8Encoding(false, true).GetString(Convert.FromBase64String(padded));
            return JsonReader.Parse(json) as PSObject ?? throw new FormatException("no object");
        }
        catch (Exception error) when (error is FormatException or ArgumentException) // whose texts may quote the input
        {
            throw new FormatException($"This is no token: its {name} can't be read.");
        }
    }

    private string? Text(string claim) => Claims.Properties[claim]?.Value as string;

    private string[] Texts(string claim) => Claims.Properties[claim]?.Value switch
    {
        string one => [one],
        object?[] several => [.. several.OfType<string>()],
        _ => [],
    };

    private DateTimeOffset? Time(string claim)
    {
        double? seconds = Claims.Properties[claim]?.Value switch
        {
            long whole => whole,
            double part => part,
            string text
                when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
            _ => null,
        };
        return seconds is >= -62135596800 and <= 253402300799 ? DateTimeOffset.FromUnixTimeSeconds((long)seconds)
            : null;
    }
}
