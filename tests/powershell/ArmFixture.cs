using System;
using System.Linq;
using System.Management.Automation;

namespace Midentity.PowerShell.Tests;

/// <summary>The emulated Azure as its administrator sees it, with the variables that the scripts of the tests use.</summary>
public abstract class ArmFixture : IDisposable
{
    private protected ArmFixture()
    {
        Emulator = EmulatorProcess.Fresh();
        Engine = new Engine(Emulator);
        var facts = Emulator.Facts();
        Subscription = facts["subscription_id"]!.ToString();
        VM = facts["vm_resource_id"]!.ToString();
        SystemPrincipal = facts["system"]!["principal_id"]!.ToString();
        var user = facts["user_identities"]![0]!;
        UserId = user["id"]!.ToString();
        UserPrincipal = user["principal_id"]!.ToString();
        UserClient = user["client_id"]!.ToString();
        Token = Emulator.AdminToken();

        // $a signs in as the administrator, in the administrator's subscription.
        Engine.Run(
            "$a = @{ AccessToken = $token }; $s = @{ SubscriptionId = $subscription }; $r = \"/subscriptions/$subscription/resourceGroups/rg1\"",
            ("token", Token),
            ("subscription", Subscription),
            ("vm", VM),
            ("systemPrincipal", SystemPrincipal),
            ("userId", UserId),
            ("userPrincipal", UserPrincipal),
            ("userClient", UserClient));
    }

    private protected EmulatorProcess Emulator { get; }

    private protected Engine Engine { get; }

    private protected string Subscription { get; }

    private protected string VM { get; }

    private protected string SystemPrincipal { get; }

    private protected string UserId { get; }

    private protected string UserPrincipal { get; }

    private protected string UserClient { get; }

    private protected string Token { get; }

    public void Dispose()
    {
        Engine.Dispose();
        Emulator.ClearFaults();
        GC.SuppressFinalize(this);
    }

    private protected static string Id(ErrorRecord error) => error.FullyQualifiedErrorId.Split(',')[0];

    private protected int Writes() => Emulator.Requests("arm").Count(request => request["method"]!.ToString() is not "GET");
}
