using System;

namespace Midentity.PowerShell;

/// <summary>
/// Where calls go: by parameter, else by the session's value, else by the environment. The environment is read here and not
/// left to the library, because outside Windows what a script sets in $env: does not reach native code.
/// </summary>
internal sealed class MidSettings
{
    internal const string CloudVariable = "MIDENTITY_CLOUD";
    internal const string CaFileVariable = "MIDENTITY_CA_FILE";
    internal const string ImdsVariable = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
    internal const string DefaultImds = "http://169.254.169.254";

    internal MidSettings(string? cloud, string? caFile, string? imdsEndpoint, long timeout)
    {
        var session = MidSession.Current;
        (Cloud, _) = First(cloud, session.Cloud, CloudVariable, "AzureCloud");
        (CaFile, _) = First(caFile, session.CaFile, CaFileVariable, null);
        (ImdsEndpoint, ImdsEndpointFrom) = First(imdsEndpoint, session.ImdsEndpoint, ImdsVariable, DefaultImds);
        Timeout = timeout;
    }

    internal string? Cloud { get; }

    internal string? CaFile { get; }

    internal string? ImdsEndpoint { get; }

    /// <summary>What said so: a parameter, the session, a variable, or nothing.</summary>
    internal string ImdsEndpointFrom { get; }

    /// <summary>In milliseconds; 0 for the library's limits.</summary>
    internal long Timeout { get; }

    /// <summary>Resource Manager's origin; null for a cloud that the library is to refuse.</summary>
    internal string? ArmOrigin => Cloud?.ToLowerInvariant() switch
    {
        "azurecloud" => "https://management.azure.com",
        "azureusgovernment" => "https://management.usgovcloudapi.net",
        "azurechinacloud" => "https://management.chinacloudapi.cn",
        { } origin when origin.StartsWith("https://", StringComparison.Ordinal) => origin.TrimEnd('/'),
        _ => null,
    };

    private static (string? Value, string From) First(string? given, string? session, string variable, string? otherwise)
    {
        if (given != null)
        {
            return (given, "a parameter");
        }

        if (session != null)
        {
            return (session, "this session");
        }

        var set = Environment.GetEnvironmentVariable(variable);
        return string.IsNullOrEmpty(set) ? (otherwise, "the default") : (set, $"the variable {variable}");
    }
}
