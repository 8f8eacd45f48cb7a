using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security;
using Midentity.PowerShell.Json;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>A cmdlet that asks Resource Manager: who signs in, and in which subscription.</summary>
public abstract class ArmCmdlet : MidNetworkCmdlet, IDisposable
{
    private ArmClientHandle? client;
    private bool isOwned;
    private string? found;

    private protected ArmCmdlet()
    {
    }

    /// <summary>
    /// A token for Resource Manager that is there already: a SecureString, or what Get-AzAccessToken or Get-MidToken returned.
    /// </summary>
    [Parameter]
    [TokenTransformation]
    public SecureString? AccessToken { get; set; }

    /// <summary>Who signs in: the machine's managed identity, or AzureCli for whoever has run az login.</summary>
    [Parameter]
    public MidSignIn TokenSource { get; set; }

    /// <summary>Which of the machine's identities signs in: a client id, a resource id, or an identity object.</summary>
    [Parameter]
    [IdentityTransformation]
    public MidIdentity? Identity { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (isOwned)
        {
            client?.Dispose();
        }

        client = null;
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override void BeginProcessing() => OrThrow(null, () =>
    {
        var isSignInNamed = MyInvocation.BoundParameters.ContainsKey(nameof(TokenSource));
        if (AccessToken != null && (isSignInNamed || Identity != null))
        {
            throw MidentityException.Argument(
                ErrorIds.ArgumentOption,
                "-AccessToken says who signs in, and so do -TokenSource and -Identity",
                "give one of them");
        }

        if (Identity != null && TokenSource == MidSignIn.AzureCli)
        {
            throw MidentityException.Argument(
                ErrorIds.ArgumentOption,
                "-Identity names an identity of this machine; with -TokenSource AzureCli it does not sign in",
                "leave one of them out");
        }

        var audience = TokenAudience();
        isOwned = AccessToken != null;
        client = Call(() => AccessToken != null
            ? ArmClients.ForToken(AccessToken, Settings)
            : ArmClients.Get(TokenSource, Identity ?? MidIdentity.Default, audience, Settings));
    });

    /// <summary>What the token is for, where it is not the cloud's usual audience.</summary>
    private protected virtual string? TokenAudience() => null;

    private protected ArmClientHandle Client => client ?? throw new ObjectDisposedException(GetType().Name);

    /// <summary>
    /// The subscription to work in: the one that was named, else the machine's, else the only one that can be seen.
    /// </summary>
    private protected string Subscription(string? given)
    {
        if (!string.IsNullOrWhiteSpace(given))
        {
            return given!;
        }

        return found ??= FromMachine() ?? OnlyOne();
    }

    /// <summary>All items of a list that crosses page by page.</summary>
    private protected IEnumerable<PSObject> Pages(Func<string?, OperationHandle> start)
    {
        string? continuation = null;
        do
        {
            var page = Object(() => start(continuation));
            foreach (var item in page.Objects("items"))
            {
                yield return item;
            }

            continuation = page.Text("continuation");
        }
        while (continuation != null);
    }

    private string? FromMachine()
    {
        if (AccessToken != null || TokenSource != MidSignIn.ManagedIdentity)
        {
            return null;
        }

        try
        {
            using var instance = InstanceCalls.New(Settings);
            var compute = Value(() => InstanceCalls.Get(instance, "compute", null)) as PSObject;
            return compute.Text("subscriptionId") is { Length: > 0 } id ? id : null;
        }
        catch (MidentityException error)
        {
            WriteVerbose($"the machine's subscription is not known ({error.Id}); those that can be seen are listed");
            return null;
        }
    }

    private string OnlyOne()
    {
        var seen = Pages(continuation => ArmCalls.SubscriptionList(Client, continuation)).Take(10).ToList();
        if (seen.Count == 1 && seen[0].Text("subscription_id") is { } one)
        {
            return one;
        }

        var names = string.Join(", ", seen.Select(item => $"{item.Text("subscription_id")} ({item.Text("display_name")})"));
        throw MidentityException.Argument(
            ErrorIds.ArgumentName,
            $"no subscription was named, and {(seen.Count == 0 ? "none" : "several")} can be seen",
            seen.Count == 0 ? "give -SubscriptionId, or grant the identity a role" : $"give -SubscriptionId, one of {names}");
    }
}
