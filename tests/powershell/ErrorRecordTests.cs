using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Midentity.PowerShell.Tests;

/// <summary>Errors of every kind, and that none of them, nor anything else, shows a token.</summary>
public sealed class ErrorRecordTests : ArmFixture
{
    private const string Canary = "c4n4ry-t0ken";

    [Theory]
    [InlineData("""{"status": 400, "body": {"error": "invalid_request", "error_description": "Identity not found"}}""", "Get-MidToken Arm", "imds.no_identity", ErrorCategory.ConnectionError)]
    [InlineData("""{"status": 400, "body": {"error": "invalid_request", "error_description": "Identity not found"}}""", "Get-MidToken Arm -ClientId $userClient", "imds.identity_not_found", ErrorCategory.ObjectNotFound)]
    [InlineData("""{"status": 403, "body": {"error": "unauthorized_client"}}""", "Get-MidToken Arm", "imds.refused", ErrorCategory.AuthenticationError)]
    [InlineData("""{"status": 200, "body": "no json"}""", "Get-MidToken Arm", "imds.intercepted", ErrorCategory.ConnectionError)]
    [InlineData("""{"status": 200, "body": {"expires_in": "60"}}""", "Get-MidToken Arm", "imds.bad_answer", ErrorCategory.InvalidResult)]
    [InlineData("""{"status": 429, "headers": {"Retry-After": "100"}, "body": {}}""", "Get-MidToken Arm -TimeoutSec 3", "imds.throttled", ErrorCategory.LimitsExceeded)]
    [InlineData("""{"status": 404, "body": {"error": {"code": "ResourceNotFound", "message": "no"}}}""", "Get-MidSubscription", "arm.not_found", ErrorCategory.ObjectNotFound)]
    [InlineData("""{"status": 403, "body": {"error": {"code": "AuthorizationFailed", "message": "no"}}}""", "Get-MidSubscription", "arm.forbidden", ErrorCategory.PermissionDenied)]
    [InlineData("""{"status": 409, "body": {"error": {"code": "Conflict", "message": "no"}}}""", "Get-MidSubscription", "arm.conflict", ErrorCategory.ResourceExists)]
    [InlineData("""{"status": 400, "body": {"error": {"code": "BadRequest", "message": "no"}}}""", "Get-MidSubscription", "arm.bad_request", ErrorCategory.InvalidArgument)]
    [InlineData("""{"status": 429, "headers": {"Retry-After": "100"}, "body": {"error": {"code": "TooMany", "message": "no"}}}""", "Get-MidSubscription -TimeoutSec 3", "arm.throttled", ErrorCategory.LimitsExceeded)]
    [InlineData("""{"status": 501, "body": {"error": {"code": "x", "message": "no"}}}""", "Get-MidSubscription -TimeoutSec 3", "arm.service", ErrorCategory.ResourceUnavailable)]
    [InlineData("""{"status": 200, "body": "no json"}""", "Get-MidSubscription", "arm.bad_answer", ErrorCategory.InvalidResult)]
    [InlineData("""{"hang": true}""", "Get-MidSubscription -TimeoutSec 1", "arm.timeout", ErrorCategory.OperationTimeout)]
    public void A_failure_of_each_kind_has_its_id_and_category(string fault, string script, string id, ErrorCategory category)
    {
        var door = script.Contains("Token", StringComparison.Ordinal) ? "imds" : "arm";
        Emulator.Fault($$"""{"match": {"door": "{{door}}"}, {{fault[1..]}}""");
        var error = Engine.Error(script);
        Assert.Equal((id, category), (Id(error), error.CategoryInfo.Category));
        var exception = Assert.IsType<MidentityException>(error.Exception);
        Assert.Equal(exception.Kind.Category(), category);
        Assert.Equal(id, exception.Id);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        Assert.True(exception.Attempts >= 1 || id == "arm.bad_answer");
        if (category == ErrorCategory.LimitsExceeded)
        {
            Assert.Equal(TimeSpan.FromSeconds(100), exception.RetryAfter);
        }

        Assert.Equal(door == "imds" ? "Imds" : null, exception.Source);
    }

    [Fact]
    public void Nobody_there_is_said_at_once()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var error = Engine.Error($"Get-MidToken Arm -ImdsEndpoint http://127.0.0.1:{port}");
        Assert.Equal(("imds.unreachable", ErrorCategory.ConnectionError), (Id(error), error.CategoryInfo.Category));
        Assert.Equal("arm.transport", Id(Engine.Error($"Get-MidSubscription @a -Cloud https://127.0.0.1:{port} -TimeoutSec 2")));
    }

    [Fact]
    public void Every_kind_becomes_a_record_with_its_fields()
    {
        foreach (var kind in Enum.GetValues<MidErrorKind>())
        {
            var record = new MidentityException(kind, "a.b", "what", "remedy").ToRecord("target");
            Assert.Equal(("what", "remedy"), (record.ErrorDetails.Message, record.ErrorDetails.RecommendedAction));
            Assert.Equal(("a.b", "target", kind.Category()), (record.FullyQualifiedErrorId, record.TargetObject, record.CategoryInfo.Category));
        }
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"match": {"door": "arm"}, "status": 403, "body": {"error": {"code": "AuthorizationFailed", "message": "no"}}}""")]
    [InlineData("""{"match": {"door": "arm"}, "status": 401, "body": {"error": {"code": "InvalidAuthenticationToken", "message": "no"}}}""")]
    [InlineData("""{"match": {"door": "arm"}, "drop": "headers"}""")]
    [InlineData("""{"match": {"door": "imds"}, "status": 200, "body": {"access_token": "c4n4ry-t0ken"}}""")]
    [InlineData("""{"match": {"door": "imds"}, "status": 200, "body": {"access_token": "c4n4ry-t0ken", "expires_in": "x"}}""")]
    [InlineData("""{"match": {"door": "imds"}, "status": 200, "body": {"access_token": "c4n4ry-t0ken", "expires_in": 3600}}""")]
    [InlineData("""{"match": {"door": "imds"}, "status": 200, "body": {"access_token": "c4n4ry-t0ken", "expires_in": 3600, "resource": "https://else.where"}}""")]
    public void No_token_is_in_anything_that_is_shown(string fault)
    {
        if (fault != "{}")
        {
            Emulator.Fault(fault);
        }

        var texts = new List<string>();
        foreach (var script in new[]
        {
            "Get-MidToken Arm", "Get-MidToken Arm -ForceRefresh", "Get-MidToken Arm -SystemAssigned", "Get-MidContext", "Test-MidEndpoint -Detailed",
            $"Get-MidSubscription -AccessToken {Canary}", $"Get-MidSubscription -AccessToken {Canary} -TokenSource AzureCli",
            $"Get-MidSubscription -AccessToken @('{Canary}', 'x')", $"Invoke-MidRestMethod /subscriptions -ApiVersion 2022-12-01 -AccessToken '{Canary}'",
            $"'{Canary}', '{Canary}.{Canary}.x' | ConvertFrom-MidToken", $"New-MidUserIdentity rg1 id9 @s -AccessToken {Canary}",
            "Get-MidSubscription", "Get-MidToken Arm | ConvertFrom-MidToken",
        })
        {
            var arguments = script.StartsWith('\'') ? string.Empty : " -TimeoutSec 2";
            var outcome = Engine.Try($"{script.Replace(" | ", $"{arguments} | ", StringComparison.Ordinal)} -Verbose -Debug:$true", ("DebugPreference", "Continue"));
            texts.AddRange(outcome.Verbose.Concat(outcome.Warnings));
            foreach (var error in outcome.Errors)
            {
                texts.AddRange([error.ToString(), error.Exception.ToString(), error.CategoryInfo.ToString(), $"{error.ErrorDetails?.Message} {error.ErrorDetails?.RecommendedAction}"]);
                texts.Add(error.TargetObject?.ToString() ?? string.Empty);
                texts.AddRange(error.Exception.Data.Values.OfType<object>().Select(value => value.ToString()!));
            }

            Engine.Run("$shown = $result", ("result", outcome.Output.ToArray()));
            texts.Add(Engine.Show("$shown; $shown | ForEach-Object { \"$_\"; $_.PSObject.Properties | ForEach-Object { \"$($_.Name): $($_.Value)\" } }"));
        }

        texts.AddRange(Engine.Lines);
        Assert.NotEmpty(texts);
        var first = Token.Split('.')[0];
        foreach (var text in texts)
        {
            // The script itself is the only place where a person wrote the canary.
            Assert.DoesNotContain(Canary, text.Replace($"-AccessToken {Canary}", string.Empty, StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.DoesNotContain(first, text, StringComparison.Ordinal);
        }
    }
}
