using System;
using System.Collections.Concurrent;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security;
using Midentity.PowerShell.Tokens;

namespace Midentity.PowerShell.Native;

/// <summary>Clients of Resource Manager. They are kept for the process: each holds connections, and az's sign-in its tokens.</summary>
internal static unsafe class ArmClients
{
    private const int Most = 64;

    private static readonly ConcurrentDictionary<
        (MidSignIn, MidIdentityKind, string?, string?, string?, string?, string?, long), ArmClientHandle> Kept = new();

    /// <summary>The client for a token, which is the caller's to free: a kept one would keep the token.</summary>
    internal static ArmClientHandle ForToken(SecureString token, MidSettings settings)
    {
        using var provider = SecretText.WithUtf8(token, static (bytes, length) =>
        {
            var status = NativeMethods.midentity_token_provider_new_static(bytes, (nuint)length, 0, out var made, out var error);
            NativeError.Check(status, error);
            return made;
        });
        return New(provider, null, settings);
    }

    internal static ArmClientHandle Get(MidSignIn signIn, MidIdentity identity, string? audience, MidSettings settings)
    {
        var imds = signIn == MidSignIn.ManagedIdentity ? settings.ImdsEndpoint : null;
        var key = (signIn, identity.Kind, identity.Value, audience, settings.Cloud, settings.CaFile, imds, settings.Timeout);
        if (Kept.TryGetValue(key, out var kept))
        {
            return kept;
        }

        if (Kept.Count >= Most)
        {
            Forget();
        }

        return Kept.GetOrAdd(key, _ =>
        {
            using var provider = Provider(signIn, identity, settings);
            return New(provider, audience, settings);
        });
    }

    internal static void Forget() => Kept.Clear();

    private static ProviderHandle Provider(MidSignIn signIn, MidIdentity identity, MidSettings settings)
    {
        ProviderHandle provider;
        IntPtr error;
        if (signIn == MidSignIn.ManagedIdentity)
        {
            var credential = Credentials.Get(identity, MidTokenSource.Auto, settings);
            NativeError.Check(NativeMethods.midentity_token_provider_from_credential(credential, out provider, out error), error);
            return provider;
        }

        using var texts = new NativeTexts();
        var program = texts.Add(AzureCli());
        NativeError.Check(
            NativeMethods.midentity_token_provider_new_azure_cli(null, 0, program.Bytes, program.Length, out provider, out error),
            error);
        return provider;
    }

    /// <summary>az by this process's PATH, which outside Windows is not what native code sees; null leaves it to the library.</summary>
    private static string? AzureCli()
    {
        string[] names = RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? ["az.cmd", "az.exe"] : ["az"];
        return (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator)
            .Where(folder => folder.Length > 0 && folder.IndexOfAny(Path.GetInvalidPathChars()) < 0 && Path.IsPathRooted(folder))
            .SelectMany(folder => names.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
    }

    private static ArmClientHandle New(ProviderHandle provider, string? audience, MidSettings settings)
    {
        using var texts = new NativeTexts();
        var (cloud, caFile, resource) = (texts.Add(settings.Cloud), texts.Add(settings.CaFile), texts.Add(audience));
        var options = new ArmClientOptions
        {
            StructSize = (nuint)sizeof(ArmClientOptions),
            Cloud = cloud.Bytes,
            CloudLen = cloud.Length,
            CaFile = caFile.Bytes,
            CaFileLen = caFile.Length,
            Audience = resource.Bytes,
            AudienceLen = resource.Length,
            TimeoutMs = settings.Timeout,
            OperationTimeoutMs = settings.Timeout,
        };
        NativeError.Check(NativeMethods.midentity_arm_client_new(provider, &options, out var client, out var error), error);
        return client;
    }
}
