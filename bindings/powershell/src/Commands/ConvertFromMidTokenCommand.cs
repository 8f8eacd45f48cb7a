using System;
using System.Management.Automation;
using Midentity.PowerShell.Tokens;

namespace Midentity.PowerShell.Commands;

/// <summary>Shows what a token says about itself. It decodes only; nothing is verified.</summary>
[Cmdlet(VerbsData.ConvertFrom, "MidToken")]
[OutputType(typeof(MidTokenClaims))]
public sealed class ConvertFromMidTokenCommand : PSCmdlet
{
    /// <summary>A token: a SecureString, a string, or what Get-MidToken or Get-AzAccessToken returned.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("AccessToken")]
    [ValidateNotNull]
    public PSObject Token { get; set; } = new();

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            var token = GivenToken.Of(Token)
                ?? throw new FormatException("Give a SecureString, a string, or what Get-MidToken or Get-AzAccessToken returned.");
            WriteObject(MidTokenClaims.Decode(token));
        }
        catch (FormatException error)
        {
            const string Hint = "Some services' tokens are encrypted, and nobody else can read them; else give the whole token.";
            var failure = new MidentityException(MidErrorKind.InvalidArgument, ErrorIds.TokenUnreadable, error.Message, Hint);

            // No target: it would be the token itself.
            WriteError(failure.ToRecord(null));
        }
    }
}
