using System;
using System.Management.Automation;
using System.Security;
using Midentity.PowerShell.Tokens;

namespace Midentity.PowerShell.Commands;

/// <summary>Shows what a token says about itself. It decodes only; nothing is verified.</summary>
[Cmdlet(VerbsData.ConvertFrom, "MidToken")]
[OutputType(typeof(MidTokenClaims))]
public sealed class ConvertFromMidTokenCommand : PSCmdlet
{
    /// <summary>A token: a SecureString, a string, or an object with one in its property Token.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("AccessToken")]
    [ValidateNotNull]
    public PSObject Token { get; set; } = new();

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            WriteObject(MidTokenClaims.Decode(Text(Token)));
        }
        catch (FormatException error)
        {
            // The target of this error would be the token itself.
            WriteError(new ErrorRecord(error, "token.unreadable", ErrorCategory.InvalidData, null));
        }
    }

    private static string Text(PSObject given) => given.BaseObject switch
    {
        SecureString secret => SecretText.Reveal(secret),
        string text => text.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? text.Substring(7) : text,
        _ => (given.Properties["Token"] ?? given.Properties["access_token"])?.Value switch
        {
            SecureString secret => SecretText.Reveal(secret),
            string text => text,
            _ => throw new FormatException(
                "Give a SecureString, a string, or an object that Get-MidToken or Get-AzAccessToken returned."),
        },
    };
}
