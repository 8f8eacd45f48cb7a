using System;
using System.Collections;
using System.Management.Automation;
using System.Security;
using Midentity.PowerShell.Native;
using Midentity.PowerShell.Tokens;

namespace Midentity.PowerShell.Commands;

/// <summary>Takes an access token of the machine's managed identity.</summary>
[Cmdlet(VerbsCommon.Get, "MidToken")]
[OutputType(typeof(MidToken), typeof(string), typeof(Hashtable))]
public sealed class GetMidTokenCommand : IdentityCmdlet
{
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(5);

    /// <summary>
    /// What the token is for: Arm, Graph, KeyVault, Storage, Sql, AzureDevOps, or the resource as the service spells it.
    /// </summary>
    [Parameter(Position = 0)]
    [Alias("ResourceUrl", "ResourceUri", "Audience")]
    [ArgumentCompleter(typeof(ResourceCompleter))]
    [AllowEmptyString]
    public string? Resource { get; set; }

    /// <summary>What the token is for, as a scope: the resource with /.default behind it.</summary>
    [Parameter]
    [AllowEmptyString]
    public string? Scope { get; set; }

    /// <summary>Take a new token even if one is kept: after its revocation, or after a change of rights.</summary>
    [Parameter]
    public SwitchParameter ForceRefresh { get; set; }

    /// <summary>Neither use a kept token nor keep this one.</summary>
    [Parameter]
    public SwitchParameter NoCache { get; set; }

    /// <summary>Give the token as a string. It then shows in transcripts and variables.</summary>
    [Parameter]
    public SwitchParameter AsPlainText { get; set; }

    /// <summary>Give a hashtable with the Authorization header.</summary>
    [Parameter]
    public SwitchParameter AsHeader { get; set; }

    /// <summary>Does nothing: the token is a SecureString without it. Taken for scripts that come from Get-AzAccessToken.</summary>
    [Parameter]
    public SwitchParameter AsSecureString { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForInput(Identity ?? (object?)Resource ?? Scope, () =>
    {
        if (AsPlainText && AsHeader)
        {
            throw MidentityException.Argument(
                ErrorIds.ArgumentOption, "-AsPlainText and -AsHeader are two forms of one answer", "give one of them");
        }

        var asked = Asked();
        var (identity, settings) = (Chosen, Settings);
        using var own = NoCache ? Call(() => Credentials.Private(identity, Source, settings)) : null;
        var credential = own ?? Call(() => Credentials.Get(identity, Source, settings));
        using var token = Token(() => InstanceCalls.GetToken(credential, asked, ForceRefresh, 0));
        Warn(token);
        if (AsPlainText)
        {
            WriteObject(Text(token));
        }
        else if (AsHeader)
        {
            WriteObject(new Hashtable(StringComparer.OrdinalIgnoreCase) { ["Authorization"] = $"Bearer {Text(token)}" });
        }
        else
        {
            WriteObject(new MidToken(token, Resource ?? asked, identity));
        }
    });

    private static unsafe string Text(TokenHandle token) =>
        NativeTexts.Read(NativeMethods.midentity_token_secret(token, out var length), length) ?? string.Empty;

    private string Asked()
    {
        if (Resource != null && Scope != null)
        {
            throw MidentityException.Argument(
                ErrorIds.ArgumentScope, "-Resource and -Scope both say what the token is for", "give one of them");
        }

        var asked = Scope ?? (Resource == null ? null : TokenResource.Resolve(Resource));
        return asked ?? throw MidentityException.Argument(
            ErrorIds.ArgumentScope,
            "nothing says what the token is for",
            $"give one of {string.Join(", ", TokenResource.Names)}, or the resource's address: Get-MidToken Arm");
    }

    private void Warn(TokenHandle token)
    {
        var left = DateTimeOffset.FromUnixTimeSeconds(NativeMethods.midentity_token_expires_on(token)) - DateTimeOffset.UtcNow;
        if (left < Soon)
        {
            WriteWarning(left > TimeSpan.Zero
                ? $"The token expires in {left.TotalSeconds:0} s."
                : "The token has expired already: check this machine's clock.");
        }

        if (ForceRefresh && NativeMethods.midentity_token_unchanged(token) != 0)
        {
            WriteWarning("The service handed the same token back: it keeps tokens for hours, and a change of rights may need as long.");
        }
    }
}
