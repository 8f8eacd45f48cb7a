using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation.Language;

namespace Midentity.PowerShell.Migration;

/// <summary>
/// Addresses that no web cmdlet takes: .NET's clients, other programs, and expressions of which only a person can say
/// what becomes of them.
/// </summary>
internal sealed class AddressUse(ConstantFolder folder)
{
    private static readonly string[] Requests =
    [
        "DownloadString", "DownloadData", "DownloadFile", "DownloadStringTaskAsync", "DownloadStringAsync", "OpenRead",
        "UploadString", "UploadValues", "GetStringAsync", "GetAsync", "GetByteArrayAsync", "GetStreamAsync",
        "PostAsync", "SendAsync", "PutAsync", "Create", "CreateHttp", "CreateDefault", "Open",
    ];

    private static readonly string[] Shells =
    [
        "bash", "sh", "cmd", "pwsh", "powershell", "wsl", "ssh", "Invoke-Expression", "iex", "Start-Process",
        "Invoke-AzVMRunCommand",
    ];

    private static readonly string[] Programs = ["curl", "curl.exe", "wget", "wget.exe"];

    /// <summary>Whether a command is another program that fetches addresses.</summary>
    internal static bool IsProgram(string name) =>
        Programs.Contains(System.IO.Path.GetFileName(name), StringComparer.OrdinalIgnoreCase);

    /// <summary>The address that a program is given; Resource Manager's only with a bearer header.</summary>
    internal LegacyAddress? Of(CommandAst command)
    {
        var texts = command.CommandElements.Skip(1).OfType<ExpressionAst>().Select(folder.Fold).ToList();
        var address = texts.Select(LegacyAddress.Parse).FirstOrDefault(found => found is not null);
        if (address is null)
        {
            return null;
        }

        if (address.Kind == AddressKind.ResourceManager)
        {
            return texts.Any(text => text.Text.IndexOf("Bearer", StringComparison.OrdinalIgnoreCase) >= 0)
                ? address
                : null;
        }

        // curl --data-urlencode resource=…, and -d for the old extension.
        var data = texts.Where(text => LegacyAddress.Parse(text) is null && text.Text.IndexOf('=') > 0)
            .Select(text =>
            {
                var equals = text.Text.IndexOf('=');
                var name = text.Text.Substring(0, equals).ToLowerInvariant();
                return new KeyValuePair<string, ConstantText>(name, text.From(equals + 1));
            });
        return address.With(data);
    }

    /// <summary>The address to which a .NET call makes a request.</summary>
    internal LegacyAddress? Of(InvokeMemberExpressionAst call)
    {
        if (call.Member is not StringConstantExpressionAst { Value: var name } || call.Arguments is null)
        {
            return null;
        }

        var isNew = ScriptText.Same(name, "new")
            && call.Expression is TypeExpressionAst type
            && type.TypeName.FullName.EndsWith("HttpRequestMessage", StringComparison.OrdinalIgnoreCase);
        return isNew || Requests.Contains(name, StringComparer.OrdinalIgnoreCase) ? First(call.Arguments) : null;
    }

    /// <summary>The address with which New-Object makes a request.</summary>
    internal LegacyAddress? OfNewObject(CommandAst command) =>
        First(command.CommandElements.Skip(1).OfType<ExpressionAst>().SelectMany(Flat));

    /// <summary>The address in a text that is neither shown to a person nor compared with.</summary>
    internal LegacyAddress? OfText(ExpressionAst text)
    {
        var folded = folder.Fold(text);
        var address = LegacyAddress.Parse(folded);
        if (address is null && text.Parent is CommandAst command && IsShell(CommandCall.NameOf(command)))
        {
            address = Inside(folded);
        }

        return address is { Kind: not AddressKind.ResourceManager } && !IsShownOrCompared(text) ? address : null;
    }

    /// <summary>The address in a command line that is handed to a shell.</summary>
    private static LegacyAddress? Inside(ConstantText line)
    {
        foreach (var beginning in new[] { "http://169.254.169.254/metadata/", "http://localhost:50342/oauth2/token" })
        {
            var start = line.Text.IndexOf(beginning, StringComparison.OrdinalIgnoreCase);
            if (start >= 0)
            {
                var end = line.Text.IndexOfAny([' ', '\'', '"', '|', ';', '\r', '\n'], start);
                return LegacyAddress.Parse(line.Slice(start, (end < 0 ? line.Text.Length : end) - start));
            }
        }

        return null;
    }

    private static bool IsShell(string? name) =>
        name is not null
            && Shells.Contains(System.IO.Path.GetFileNameWithoutExtension(name), StringComparer.OrdinalIgnoreCase);

    private static IEnumerable<ExpressionAst> Flat(ExpressionAst expression) => ConstantFolder.Unwrap(expression) switch
    {
        ArrayLiteralAst array => array.Elements,
        ExpressionAst other => [other],
        _ => [],
    };

    private LegacyAddress? First(IEnumerable<ExpressionAst> arguments) =>
        arguments.Select(argument => LegacyAddress.Parse(folder.Fold(argument)))
            .FirstOrDefault(address => address is not null);

    private static bool IsShownOrCompared(Ast text)
    {
        for (var ast = text; ast.Parent is not null; ast = ast.Parent)
        {
            switch (ast.Parent)
            {
                case BinaryExpressionAst { Operator: not (TokenKind.Plus or TokenKind.Format or TokenKind.Join) }:
                case AttributeBaseAst or ThrowStatementAst or SwitchStatementAst:
                    return true;
                case CommandExpressionAst
                {
                    Parent: PipelineAst { Parent: NamedBlockAst or StatementBlockAst } pipeline,
                }
                    when pipeline.PipelineElements.Count == 1 && ast is ExpressionAst:
                    return !IsValue(pipeline);
                case CommandAst command:
                    return CommandCall.NameOf(command) is { } name && (TokenOutput.IsWriter(name) || IsTest(name));
                case InvokeMemberExpressionAst { Member: StringConstantExpressionAst { Value: var member } }:
                    return member.StartsWith("Write", StringComparison.OrdinalIgnoreCase)
                        || new[] { "Contains", "StartsWith", "EndsWith", "Equals", "IndexOf" }.Contains(
                            member, StringComparer.OrdinalIgnoreCase);
                case StatementAst and not (CommandExpressionAst or PipelineBaseAst):
                    return false;
            }
        }

        return false;
    }

    /// <summary>Whether what a statement writes becomes a variable's value: $x = if (…) { 'this' }.</summary>
    private static bool IsValue(Ast statement)
    {
        for (var ast = statement.Parent; ast is not null; ast = ast.Parent)
        {
            switch (ast)
            {
                case AssignmentStatementAst:
                    return true;
                case ScriptBlockAst:
                    return false;
            }
        }

        return false;
    }

    /// <summary>Commands that ask about an address without fetching it, and those of Pester.</summary>
    private static bool IsTest(string name) =>
        name.StartsWith("Test-", StringComparison.OrdinalIgnoreCase)
        || new[] { "Should", "Mock", "It", "Describe", "Context", "Resolve-DnsName", "Select-String" }.Contains(
            name, StringComparer.OrdinalIgnoreCase);
}
