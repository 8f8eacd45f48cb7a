using System;
using System.Management.Automation;
using System.Security;

namespace Midentity.PowerShell.Tokens;

/// <summary>Tokens as people have them: a SecureString, a string, or what Get-MidToken and Get-AzAccessToken return.</summary>
internal static class GivenToken
{
    private const string Bearer = "Bearer";

    /// <summary>The token; null where there is none in it.</summary>
    internal static SecureString? Of(object? given)
    {
        var value = given is PSObject wrapped ? wrapped.BaseObject : given;
        switch (value)
        {
            case SecureString { Length: > 0 } secret:
                return secret;
            case string text:
                text = text.Trim();
                if (text.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
                    && (text.Length == Bearer.Length || char.IsWhiteSpace(text[Bearer.Length])))
                {
                    text = text.Substring(Bearer.Length).Trim();
                }

                return text.Length > 0 ? SecretText.FromText(text) : null;
            case null:
                return null;
            default:
                var properties = PSObject.AsPSObject(given).Properties;
                var inner = (properties["Token"] ?? properties["AccessToken"] ?? properties["access_token"])?.Value;
                inner = inner is PSObject around ? around.BaseObject : inner;
                return inner is SecureString or string ? Of(inner) : null;
        }
    }
}
