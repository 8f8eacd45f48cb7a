using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace Midentity.PowerShell;

/// <summary>Completes an argument from words that are known here; it never asks the network.</summary>
public abstract class WordCompleter : IArgumentCompleter
{
    private protected WordCompleter()
    {
    }

    private protected abstract IEnumerable<KeyValuePair<string, string>> Words { get; }

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName,
        string parameterName,
        string wordToComplete,
        CommandAst commandAst,
        IDictionary fakeBoundParameters)
    {
        var begun = wordToComplete.Trim('\'', '"');
        return Words
            .Where(word => word.Key.StartsWith(begun, StringComparison.OrdinalIgnoreCase))
            .Select(word => new CompletionResult(
                Quoted(word.Key), word.Key, CompletionResultType.ParameterValue, word.Value));
    }

    private static string Quoted(string word) => word.IndexOf(' ') < 0 ? word : $"'{word}'";
}

/// <summary>Completes resources by their short names.</summary>
public sealed class ResourceNameCompleter : WordCompleter
{
    private protected override IEnumerable<KeyValuePair<string, string>> Words =>
        ResourceNames.All.Select(name => new KeyValuePair<string, string>(name, $"tokens for {name}"));
}

/// <summary>Completes the sources of tokens.</summary>
public sealed class SourceCompleter : WordCompleter
{
    private protected override IEnumerable<KeyValuePair<string, string>> Words =>
    [
        new("Auto", "what is found on this machine"),
        new("Imds", "the metadata service of virtual machines and scale sets"),
    ];
}

/// <summary>Completes the names of Azure's built-in roles that scripts give most.</summary>
public sealed class RoleNameCompleter : WordCompleter
{
    private static readonly Dictionary<string, string> Roles = new(StringComparer.Ordinal)
    {
        ["Reader"] = "see everything, change nothing",
        ["Contributor"] = "change everything but rights",
        ["Owner"] = "change everything, rights too",
        ["User Access Administrator"] = "change rights",
        ["Role Based Access Control Administrator"] = "change rights, within conditions",
        ["Managed Identity Contributor"] = "create and remove user-assigned identities",
        ["Managed Identity Operator"] = "attach user-assigned identities",
        ["Virtual Machine Contributor"] = "change machines and their identities",
        ["Key Vault Reader"] = "see vaults, but no secret",
        ["Key Vault Secrets User"] = "read secrets",
        ["Key Vault Secrets Officer"] = "change secrets",
        ["Key Vault Crypto User"] = "use keys",
        ["Storage Blob Data Reader"] = "read blobs",
        ["Storage Blob Data Contributor"] = "read and write blobs",
        ["Storage Queue Data Contributor"] = "read and write queues",
        ["Storage Table Data Contributor"] = "read and write tables",
        ["AcrPull"] = "pull images",
        ["AcrPush"] = "push images",
        ["Monitoring Reader"] = "read metrics and settings of monitoring",
        ["Log Analytics Reader"] = "read logs",
    };

    private protected override IEnumerable<KeyValuePair<string, string>> Words => Roles;
}
