using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation.Language;

namespace Midentity.PowerShell.Migration;

/// <summary>Invoke-WebRequest or Invoke-RestMethod to an address that midentity takes the place of.</summary>
internal sealed class WebCall
{
    private static readonly string[] Parameters =
    [
        "Uri", "Method", "CustomMethod", "Headers", "Body", "ContentType", "TimeoutSec", "ConnectionTimeoutSeconds",
        "OperationTimeoutSeconds", "Proxy", "ProxyCredential", "Credential", "Certificate", "CertificateThumbprint",
        "WebSession", "SessionVariable", "UserAgent", "OutFile", "InFile", "Form", "MaximumRedirection",
        "MaximumRetryCount", "RetryIntervalSec", "TransferEncoding", "Authentication", "Token", "SslProtocol",
        "HttpVersion", "ResponseHeadersVariable", "StatusCodeVariable", "MaximumFollowRelLink", "ErrorAction",
        "ErrorVariable", "WarningAction", "WarningVariable", "InformationAction", "InformationVariable", "OutVariable",
        "OutBuffer", "PipelineVariable",
    ];

    private static readonly string[] Switches =
    [
        "UseBasicParsing", "NoProxy", "UseDefaultCredentials", "ProxyUseDefaultCredentials", "DisableKeepAlive",
        "SkipCertificateCheck", "SkipHeaderValidation", "AllowUnencryptedAuthentication", "SkipHttpErrorCheck",
        "PreserveAuthorizationOnRedirect", "PreserveHttpMethodOnRedirect", "AllowInsecureRedirect", "Resume",
        "FollowRelLink",
    ];

    /// <summary>What Get-MidToken does by itself, or better.</summary>
    private static readonly string[] NotNeeded =
    [
        "Uri", "Method", "Headers", "ContentType", "TimeoutSec", "ErrorAction", "UseBasicParsing", "NoProxy",
        "DisableKeepAlive", "MaximumRetryCount", "RetryIntervalSec", "UserAgent", "Verbose", "MaximumRedirection",
    ];

    private static readonly string[] TokenQuery =
    [
        "api-version", "resource", "client_id", "object_id", "principal_id", "mi_res_id", "msi_res_id", "bypass_cache",
    ];

    private readonly CommandCall call;
    private readonly ConstantFolder folder;

    private WebCall(CommandCall call, LegacyAddress address, ConstantFolder folder)
    {
        this.call = call;
        this.folder = folder;
        Address = address;
    }

    internal CommandAst Ast => call.Ast;

    internal LegacyAddress Address { get; }

    /// <summary>Whether the answer is the object in the JSON, not the response around it.</summary>
    internal bool IsRestMethod => ScriptText.Same(call.Name, "Invoke-RestMethod");

    /// <summary>Whether a literal address and nothing that the replacement can't do make it safe to rewrite.</summary>
    internal bool IsSure =>
        Address is { Kind: AddressKind.ImdsToken, Path.Text: var path }
        && path.TrimEnd('/').Equals("/metadata/identity/oauth2/token", StringComparison.OrdinalIgnoreCase)
        && !call.IsSplatted
        && !call.HasUnknownArguments
        && call.Ast.Redirections.Count == 0
        && call.Ast.InvocationOperator == TokenKind.Unknown
        && call.Positional.Count <= 1
        && call.Value("Uri", 0) is StringConstantExpressionAst uri
        && uri.StringConstantType is not (
            StringConstantType.SingleQuotedHereString or StringConstantType.DoubleQuotedHereString)
        && call.Names.All(name => NotNeeded.Contains(name, StringComparer.OrdinalIgnoreCase))
        && IsGet
        && OnlyMetadataHeader
        && (call.Value("TimeoutSec") is null or ConstantExpressionAst)
        && Address.Query.All(part => TokenQuery.Contains(part.Key))
        && Address.Query.Select(part => part.Key).Distinct().Count() == Address.Query.Count
        && IdentityParameters <= 1
        && Address.Parameter("resource") is { Text.Length: > 0 }
        && (Address.Parameter("bypass_cache")?.Text ?? "true").Equals("true", StringComparison.OrdinalIgnoreCase);

    private int IdentityParameters =>
        Address.Query.Count(
            part => part.Key is "client_id" or "object_id" or "principal_id" or "mi_res_id" or "msi_res_id");

    private bool IsGet =>
        call.Value("Method", "CustomMethod") is not { } method
        || (folder.Fold(method) is { IsConstant: true, Text: var text } && ScriptText.Same(text, "GET"));

    /// <summary>
    /// Headers: Metadata: true and nothing else. Without it the call never worked; it is left to a person.
    /// </summary>
    private bool OnlyMetadataHeader =>
        call.Value("Headers") is { } headers
        && folder.Table(headers, call.Ast) is { Count: 1 } table
        && ScriptText.Same(table[0].Key, "Metadata")
        && IsTrue(table[0].Value);

    /// <summary>Reads a command as such a call; null where it goes elsewhere.</summary>
    internal static WebCall? Read(CommandAst command, string name, ConstantFolder folder)
    {
        var call = CommandCall.Read(command, name, Parameters, Switches, folder);
        if (call.Value("Uri", 0) is not { } uri || LegacyAddress.Parse(folder.Fold(uri)) is not { } address)
        {
            return null;
        }

        if (address.Kind == AddressKind.ResourceManager)
        {
            return HasBearer(call, folder) ? new WebCall(call, address, folder) : null;
        }

        if (call.Value("Body") is { } body && folder.Table(body, command) is { } table)
        {
            address = address.With(
                table.Select(
                    entry =>
                    new KeyValuePair<string, ConstantText>(entry.Key.ToLowerInvariant(), folder.Fold(entry.Value))));
        }

        return new WebCall(call, address, folder);
    }

    /// <summary>Whether a command of another name is called as these two are (curl is an alias in 5.1).</summary>
    internal static bool LooksLike(CommandAst command) =>
        command.CommandElements.OfType<CommandParameterAst>().Any(parameter =>
            parameter.ParameterName.Length > 1
            && new[] { "Uri", "Headers", "UseBasicParsing" }.Any(name =>
                name.StartsWith(parameter.ParameterName, StringComparison.OrdinalIgnoreCase)))
        || command.CommandElements.OfType<HashtableAst>().Any();

    /// <summary>The same request as a call of Get-MidToken.</summary>
    internal string GetToken(bool asPlainText)
    {
        var text = Replacement.GetToken(Address, asPlainText);
        if (call.Value("TimeoutSec") is ConstantExpressionAst seconds)
        {
            text += $" -TimeoutSec {seconds.Extent.Text}";
        }

        if (call.Value("ErrorAction") is { } action)
        {
            text += $" -ErrorAction {ScriptText.Argument(action)}";
        }

        return call.Has("Verbose") ? text + " -Verbose" : text;
    }

    /// <summary>The same request to Resource Manager as a call of Invoke-MidRestMethod.</summary>
    internal string InvokeRest(bool raw)
    {
        var text = Replacement.InvokeRest(Address);
        if (call.Value("Method", "CustomMethod") is { } method && !IsGet)
        {
            text += $" -Method {ScriptText.Argument(method)}";
        }

        if (call.Value("Body") is { } body)
        {
            text += $" -Body {ScriptText.Argument(body)}";
        }

        return raw ? text + " -Raw" : text;
    }

    private static bool HasBearer(CommandCall call, ConstantFolder folder)
    {
        if (call.Value("Headers") is not { } headers)
        {
            return false;
        }

        // Headers that come from elsewhere: a call to Resource Manager with headers of one's own has the token in them.
        return folder.Table(headers, call.Ast) is not { } table
            || table.Any(entry => ScriptText.Same(entry.Key, "Authorization"));
    }

    private bool IsTrue(Ast value) =>
        value is VariableExpressionAst { VariablePath.UserPath: var name }
            ? ScriptText.Same(name, "true")
            : folder.Fold(value) is { IsConstant: true, Text: var text } && ScriptText.Same(text, "true");
}
