using System;
using System.Linq;
using System.Threading;

namespace Midentity.PowerShell;

/// <summary>What the environment says about proxies.</summary>
internal static class ProxyVariables
{
    private const string Metadata = "169.254.169.254";

    /// <summary>The variable that names a proxy; null for none.</summary>
    internal static string? Proxy => Set("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy");

    /// <summary>Whether programs that look at NO_PROXY ask the metadata service past the proxy.</summary>
    internal static bool LeaveMetadataOut =>
        Set("NO_PROXY", "no_proxy") is { } name && Environment.GetEnvironmentVariable(name)!.Contains(Metadata);

    /// <summary>
    /// What to tell who asks an endpoint, once in a process: this library keeps to itself, the next command of the script
    /// may hand its tokens to the proxy. Null where there is nothing to tell.
    /// </summary>
    internal static string? Warning(string? endpoint) =>
        endpoint == MidSettings.DefaultImds && Proxy is { } proxy && !LeaveMetadataOut && Interlocked.Exchange(ref told, 1) == 0
            ? $"{proxy} is set and NO_PROXY does not name {Metadata}: midentity asks the metadata service without the proxy, other programs by it. Add {Metadata} to NO_PROXY."
            : null;

    /// <summary>Lets the next one be told again; for tests.</summary>
    internal static void Forget() => told = 0;

    private static int told;

    private static string? Set(params string[] names) =>
        names.FirstOrDefault(name => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(name)));
}
