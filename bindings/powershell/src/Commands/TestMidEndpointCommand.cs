using System;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Management.Automation;
using Midentity.PowerShell.Json;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Looks at what stands between this machine and a token, one check after the other.</summary>
[Cmdlet(VerbsDiagnostic.Test, "MidEndpoint")]
[OutputType(typeof(MidDiagnostic))]
public sealed class TestMidEndpointCommand : IdentityCmdlet
{
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    /// <summary>Also say which api-versions the service knows, and look at Resource Manager's answer to the token.</summary>
    [Parameter]
    public SwitchParameter Detailed { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForInput(Identity, Check);

    private void Check()
    {
        _ = Chosen;
        var (token, claims) = ((MidToken?)null, (MidTokenClaims?)null);
        WriteObject(new MidDiagnostic(
            "Source", MidDiagnosticStatus.Passed, $"Imds at {Settings.ImdsEndpoint}, as {Settings.ImdsEndpointFrom} says", null, 0));
        WriteObject(Proxy());
        var reached = Look("Reachability", () =>
        {
            using var instance = Call(() => InstanceCalls.New(Settings));
            var versions = Value(() => InstanceCalls.Versions(instance)) as object[] ?? [];
            var newest = versions.OfType<string>().OrderBy(version => version, StringComparer.Ordinal).LastOrDefault();
            return Detailed
                ? $"answers; api-versions {string.Join(", ", versions)}"
                : $"answers; newest api-version {newest}";
        });
        var got = reached && Look("Identity", () =>
        {
            token = Take("arm", false);
            claims = token.Claims();
            var whose = claims?.ResourceId is not { } id ? "of an identity that it does not name"
                : ArmName.IsIdentity(id) ? $"of the user-assigned identity {id}" : "of the system-assigned identity";
            return $"a token {whose}, good for {token.ExpiresIn.TotalMinutes:0} minutes";
        });
        if (!reached)
        {
            Skip("Identity", "the metadata service does not answer");
        }

        if (got)
        {
            WriteObject(Clock(token!, claims));
        }
        else
        {
            Skip("Clock", "there is no token to compare with");
        }

        if (!Detailed)
        {
            return;
        }

        if (!got)
        {
            Skip("ResourceManager", "there is no token");
            return;
        }

        Look("ResourceManager", () =>
        {
            using var client = Call(() => ArmClients.ForToken(token!.Token, Settings));
            var page = Object(() => ArmCalls.SubscriptionList(client, null));
            var names = page.Objects("items").Select(item => item.Text("display_name")).ToList();
            return names.Count == 0
                ? throw new MidentityException(
                    MidErrorKind.Forbidden,
                    ErrorIds.ArmForbidden,
                    "Resource Manager takes the token, and the identity can see no subscription",
                    "grant it a role: New-MidRoleAssignment")
                : $"the identity can see {string.Join(", ", names)}";
        });
    }

    private static MidDiagnostic Proxy()
    {
        if (ProxyVariables.Proxy is not { } proxy)
        {
            return new MidDiagnostic("Proxy", MidDiagnosticStatus.Passed, "no variable names a proxy", null, 0);
        }

        return ProxyVariables.LeaveMetadataOut
            ? new MidDiagnostic(
                "Proxy", MidDiagnosticStatus.Passed, $"{proxy} is set, and NO_PROXY leaves the metadata service out", null, 0)
            : new MidDiagnostic(
                "Proxy",
                MidDiagnosticStatus.Warning,
                $"{proxy} is set: midentity never sends metadata requests through it, other programs do",
                "add 169.254.169.254 to NO_PROXY",
                0);
    }

    private static MidDiagnostic Clock(MidToken token, MidTokenClaims? claims)
    {
        var now = DateTimeOffset.UtcNow;
        const string Hint = "set this machine's clock (w32tm /resync, timedatectl set-ntp true)";
        if (claims?.IssuedAt is { } issued && issued - now > Skew)
        {
            var late = (issued - now).TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
            var detail = $"slow: the token was issued {late} s from now";
            return new MidDiagnostic("Clock", MidDiagnosticStatus.Failed, detail, Hint, 0);
        }

        return token.ExpiresOn <= now
            ? new MidDiagnostic("Clock", MidDiagnosticStatus.Failed, "fast: a new token has expired already", Hint, 0)
            : new MidDiagnostic("Clock", MidDiagnosticStatus.Passed, "the token's times fit this machine's clock", null, 0);
    }

    private bool Look(string check, Func<string> look)
    {
        var elapsed = Stopwatch.StartNew();
        try
        {
            var detail = look();
            WriteObject(new MidDiagnostic(check, MidDiagnosticStatus.Passed, detail, null, Milliseconds(elapsed)));
            return true;
        }
        catch (MidentityException error)
        {
            var detail = $"{error.Message} ({error.Id})";
            WriteObject(new MidDiagnostic(check, MidDiagnosticStatus.Failed, detail, error.Hint, Milliseconds(elapsed)));
            return false;
        }
    }

    private static double Milliseconds(Stopwatch elapsed) => Math.Round(elapsed.Elapsed.TotalMilliseconds, 1);

    private void Skip(string check, string why) =>
        WriteObject(new MidDiagnostic(check, MidDiagnosticStatus.Skipped, $"not looked at: {why}", null, 0));
}
