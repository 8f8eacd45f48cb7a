using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace Midentity.PowerShell;

/// <summary>Completes from a list that is known beforehand; completion never asks the network.</summary>
public abstract class KnownNamesCompleter : IArgumentCompleter
{
    private readonly IEnumerable<string> names;

    private protected KnownNamesCompleter(IEnumerable<string> names) => this.names = names;

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        var word = (wordToComplete ?? string.Empty).Trim('\'', '"');
        return names
            .Where(name => name.StartsWith(word, StringComparison.OrdinalIgnoreCase))
            .Select(name => new CompletionResult(
                name.IndexOf(' ') < 0 ? name : $"'{name}'",
                name,
                CompletionResultType.ParameterValue,
                name));
    }
}

/// <summary>Completes the names of resources that tokens are for.</summary>
public sealed class ResourceCompleter : KnownNamesCompleter
{
    /// <summary>A completer of resources.</summary>
    public ResourceCompleter()
        : base(TokenResource.Names)
    {
    }
}

/// <summary>Completes the names of built-in roles; any other role's name can be given as well.</summary>
public sealed class RoleCompleter : KnownNamesCompleter
{
    /// <summary>A completer of roles.</summary>
    public RoleCompleter()
        : base(
        [
            "Contributor",
            "Key Vault Administrator",
            "Key Vault Certificates Officer",
            "Key Vault Crypto User",
            "Key Vault Reader",
            "Key Vault Secrets Officer",
            "Key Vault Secrets User",
            "Managed Identity Contributor",
            "Managed Identity Operator",
            "Monitoring Reader",
            "Network Contributor",
            "Owner",
            "Reader",
            "Role Based Access Control Administrator",
            "Storage Account Contributor",
            "Storage Blob Data Contributor",
            "Storage Blob Data Owner",
            "Storage Blob Data Reader",
            "Storage Queue Data Contributor",
            "Storage Queue Data Reader",
            "User Access Administrator",
            "Virtual Machine Contributor",
        ])
    {
    }
}

/// <summary>Completes the names of clouds; a private cloud is named by its https origin.</summary>
public sealed class CloudCompleter : KnownNamesCompleter
{
    /// <summary>A completer of clouds.</summary>
    public CloudCompleter()
        : base(["AzureCloud", "AzureUSGovernment", "AzureChinaCloud"])
    {
    }
}
