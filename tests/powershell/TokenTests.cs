using System;
using System.Collections;
using System.Linq;
using System.Management.Automation;
using System.Security;
using Midentity.PowerShell.Tokens;
using Xunit;

namespace Midentity.PowerShell.Tests;

public sealed class TokenTests : IDisposable
{
    private readonly EmulatorProcess emulator = EmulatorProcess.Fresh();
    private readonly Engine engine;

    public TokenTests() => engine = new Engine(emulator);

    public void Dispose() => engine.Dispose();

    [Fact]
    public void A_token_comes_as_a_SecureString_with_what_is_known_about_it()
    {
        var token = engine.One<MidToken>("Get-MidToken Arm");
        Assert.True(token.Token.IsReadOnly());
        Assert.Same(token.Token, token.AccessToken);
        Assert.Equal(("Bearer", "Imds", "Arm", "default"), (token.Type, token.Source, token.Resource, token.Identity));
        Assert.Equal(TimeSpan.Zero, token.ExpiresOn.Offset);
        Assert.True(token.ExpiresIn > TimeSpan.FromHours(1));
        Assert.True(token.RefreshOn < token.ExpiresOn);
        Assert.Equal(emulator.Facts()["tenant_id"]!.ToString(), token.TenantId);
        Assert.False(token.FromCache);
        Assert.True(engine.One<MidToken>("Get-MidToken Arm").FromCache);
        Assert.Single(emulator.TokenRequests());
    }

    [Fact]
    public void Its_forms_are_the_same_token()
    {
        var secret = SecretText.Reveal(engine.One<MidToken>("Get-MidToken Arm -AsSecureString").Token);
        Assert.Equal(secret, engine.One<string>("Get-MidToken Arm -AsPlainText"));
        Assert.Equal($"Bearer {secret}", engine.One<Hashtable>("Get-MidToken Arm -AsHeader")["authorization"]);
        Assert.Equal("argument.option", Id(engine.Error("Get-MidToken Arm -AsPlainText -AsHeader")));
    }

    [Theory]
    [InlineData("Arm", "https://management.azure.com/")]
    [InlineData("-Resource keyvault", "https://vault.azure.net")]
    [InlineData("-ResourceUrl https://vault.azure.net/", "https://vault.azure.net/")]
    [InlineData("-ResourceUri https://graph.microsoft.com", "https://graph.microsoft.com")]
    [InlineData("-Audience api://x", "api://x")]
    [InlineData("-Scope https://storage.azure.com/.default", "https://storage.azure.com")]
    public void What_it_is_for_is_named_in_any_of_the_usual_words(string arguments, string resource)
    {
        // The emulated tenant knows only some resources; what was asked is what counts.
        engine.Try($"Get-MidToken {arguments} -Cloud AzureCloud");
        Assert.Equal(resource, emulator.TokenRequests().Last()["query"]!["resource"]![0]!.ToString());
    }

    [Fact]
    public void Each_way_to_name_an_identity_names_it()
    {
        var user = emulator.Facts()["user_identities"]![0]!;
        var system = emulator.Facts()["system"]!;
        var (client, principal, id) = (user["client_id"]!.ToString(), user["principal_id"]!.ToString(), user["id"]!.ToString());
        foreach (var (arguments, kind) in new[]
        {
            ("-ClientId $client", "client_id"), ("-ObjectId $principal", "object_id"), ("-PrincipalId $principal", "object_id"), ("-ResourceId $id", "msi_res_id"),
            ("-Identity $client", "client_id"), ("-Identity $id", "msi_res_id"),
            ("-Identity ([guid]$client)", "client_id"),
        })
        {
            emulator.Reset();
            Assert.Equal(
                principal,
                engine.One<string>(
                    $"(Get-MidToken Arm {arguments} | ConvertFrom-MidToken).ObjectId", ("client", client), ("principal", principal), ("id", id)));
            Assert.NotNull(Assert.Single(emulator.TokenRequests())["query"]![kind]);
        }

        Assert.Equal(system["principal_id"]!.ToString(), engine.One<string>("(Get-MidToken Arm -SystemAssigned | ConvertFrom-MidToken).ObjectId"));
        Assert.Equal(system["principal_id"]!.ToString(), engine.One<string>("(Get-MidToken Arm | ConvertFrom-MidToken).ObjectId"));
        var made = BindingTests.Made(("Id", id), ("Name", "id1"), ("PrincipalId", principal), ("ClientId", client), ("TenantId", "t"));
        Assert.Equal(principal, engine.One<string>("($made | Get-MidToken Arm | ConvertFrom-MidToken).ObjectId", ("made", made)));
    }

    [Theory]
    [InlineData("Get-MidToken Arm -SystemAssigned -ClientId c1000000-0000-4000-8000-000000000011", "-ClientId and -SystemAssigned")]
    [InlineData("'SystemAssigned' | Get-MidToken Arm -ResourceId /x", "-Identity and -ResourceId")]
    [InlineData("Get-MidContext -ObjectId a -ClientId b", "-ClientId and -ObjectId")]
    public void Two_ways_to_name_an_identity_are_refused(string script, string said)
    {
        var error = engine.Error(script);
        Assert.StartsWith("argument.identity,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
        Assert.Contains(said, error.ErrorDetails.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
    }

    [Theory]
    [InlineData("Get-MidToken Arm -Identity $null")]
    [InlineData("$null | Get-MidToken Arm")]
    [InlineData("Get-MidToken Arm -Identity ''")]
    public void An_identity_that_is_nothing_is_never_the_default_one(string script)
    {
        Assert.NotEmpty(engine.Try(script).Errors);
        Assert.Empty(emulator.TokenRequests());
    }

    [Theory]
    [InlineData("Get-MidToken", "argument.scope")]
    [InlineData("Get-MidToken ''", "argument.scope")]
    [InlineData("Get-MidToken 'a b:c'", "argument.scope")]
    [InlineData("Get-MidToken Amr", "argument.scope")]
    [InlineData("Get-MidToken Arm -Scope x", "argument.scope")]
    [InlineData("Get-MidToken Arm -ClientId ''", "argument.identity")]
    [InlineData("Get-MidToken Arm -ObjectId 'x y'", "argument.identity")]
    [InlineData("Get-MidToken Arm -ImdsEndpoint nowhere", "argument.endpoint")]
    [InlineData("Get-MidToken Arm -Cloud nowhere", "argument.cloud")]
    [InlineData("Get-MidToken Arm -ClientId 00000000-0000-4000-8000-00000000dead", "imds.identity_not_found")]
    public void A_failure_ends_the_statement_with_one_record(string script, string id)
    {
        var error = engine.Error(script);
        Assert.Equal($"{id},Midentity.PowerShell.Commands.GetMidTokenCommand", error.FullyQualifiedErrorId);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        Assert.Equal(error.Exception.Message, error.ErrorDetails.Message);
        Assert.IsType<MidentityException>(error.Exception);
        Assert.Empty(engine.Try($"try {{ {script}; 'went on' }} catch {{ }}").Output);
    }

    [Fact]
    public void A_forced_refresh_and_a_private_cache_ask_again()
    {
        engine.Run("Get-MidToken Arm");
        var outcome = engine.Try("Get-MidToken Arm -ForceRefresh");
        Assert.Equal(2, emulator.TokenRequests().Count);
        Assert.True(((MidToken)outcome.Output.Single().BaseObject).Unchanged);
        Assert.Contains("same token", Assert.Single(outcome.Warnings), StringComparison.Ordinal);
        engine.Run("Get-MidToken Arm -NoCache; Get-MidToken Arm -NoCache");
        Assert.Equal(4, emulator.TokenRequests().Count);
        engine.Run("Clear-MidTokenCache -WhatIf; Get-MidToken Arm");
        Assert.Equal(4, emulator.TokenRequests().Count);
        engine.Run("Clear-MidTokenCache; Get-MidToken Arm; Clear-MidTokenCache -All; Get-MidToken Arm");
        Assert.Equal(6, emulator.TokenRequests().Count);
        engine.Run("Get-MidToken Arm -SystemAssigned; Clear-MidTokenCache SystemAssigned -WhatIf; Clear-MidTokenCache SystemAssigned; Get-MidToken Arm");
        Assert.Equal(7, emulator.TokenRequests().Count);
        engine.Run("Get-MidToken Arm -SystemAssigned");
        Assert.Equal(8, emulator.TokenRequests().Count);
        Assert.StartsWith("argument.option,", engine.Error("Clear-MidTokenCache SystemAssigned -All").FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_that_soon_expires_comes_with_a_warning()
    {
        emulator.Tokens("""{"lifetime_seconds": 120, "fresh": true}""");
        Assert.Contains("expires in", Assert.Single(engine.Try("Get-MidToken Arm").Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Verbose_has_a_line_for_each_attempt_and_never_the_token()
    {
        emulator.Fault("""{"match": {"door": "imds"}, "times": 1, "status": 500, "body": {}}""");
        var outcome = engine.Try("Get-MidToken Arm -Verbose");
        Assert.Empty(outcome.Errors);
        Assert.Contains(outcome.Verbose, line => line.Contains("500", StringComparison.Ordinal));
        Assert.Contains(outcome.Verbose, line => line.StartsWith("took a token", StringComparison.Ordinal));
        var secret = SecretText.Reveal(((MidToken)outcome.Output.Single().BaseObject).Token);
        Assert.DoesNotContain(outcome.Verbose, line => line.Contains(secret[..40], StringComparison.Ordinal));
        Assert.Empty(engine.Try("Get-MidToken Arm").Verbose);
    }

    [Fact]
    public void The_time_limit_holds()
    {
        emulator.Fault("""{"match": {"door": "imds"}, "hang": true}""");
        var elapsed = System.Diagnostics.Stopwatch.StartNew();
        var error = engine.Error("Get-MidToken Arm -TimeoutSec 1");
        Assert.InRange(elapsed.Elapsed.TotalSeconds, 0.5, 5);
        Assert.Contains(error.CategoryInfo.Category, new[] { ErrorCategory.OperationTimeout, ErrorCategory.ConnectionError });
        Assert.StartsWith("ParameterArgumentValidationError", engine.Error("Get-MidToken Arm -TimeoutSec 0").FullyQualifiedErrorId, StringComparison.Ordinal);
        emulator.ClearFaults();
    }

    [Fact]
    public void Claims_are_decoded_and_called_unverified()
    {
        var claims = engine.One<MidTokenClaims>("Get-MidToken Arm | ConvertFrom-MidToken");
        Assert.Equal([$"{emulator.Cloud}/"], claims.Audience);
        Assert.Equal(emulator.Facts()["tenant_id"]!.ToString(), claims.TenantId);
        Assert.EndsWith("/virtualMachines/vm1", claims.ResourceId, StringComparison.OrdinalIgnoreCase);
        Assert.False(claims.Verified);
        Assert.NotNull(claims.Claims.Properties["emulated"]);
        Assert.NotNull(claims.Header.Properties["kid"]);
        var same = claims.ObjectId;
        Assert.Equal(same, engine.One<string>("((Get-MidToken Arm -AsPlainText) | ConvertFrom-MidToken).ObjectId"));
        Assert.Equal(same, engine.One<string>("(ConvertFrom-MidToken (Get-MidToken Arm).Token).ObjectId"));
        Assert.Equal(same, engine.One<string>("(ConvertFrom-MidToken (Get-MidToken Arm -AsHeader).Authorization).ObjectId"));
    }

    [Theory]
    [InlineData("'abc'")]
    [InlineData("'a.b.c'")]
    [InlineData("'e30.W10.c'")]
    [InlineData("'a.b.c.d.e'")]
    [InlineData("7")]
    public void What_is_no_readable_token_is_one_error_without_it(string given)
    {
        var outcome = engine.Try($"{given}, (Get-MidToken Arm) | ConvertFrom-MidToken");
        var error = Assert.Single(outcome.Errors);
        Assert.StartsWith("token.unreadable,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Null(error.TargetObject);
        Assert.DoesNotContain(given.Trim('\''), error.ToString(), StringComparison.Ordinal);
        Assert.Single(outcome.Output);
    }

    private static string Id(ErrorRecord error) => error.FullyQualifiedErrorId.Split(',')[0];
}
