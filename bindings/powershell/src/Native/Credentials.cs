using System;
using System.Collections.Concurrent;

namespace Midentity.PowerShell.Native;

/// <summary>
/// The process's credentials. One is made for each way to ask and kept, so that a cached token costs no more than a look-up.
/// </summary>
internal static unsafe class Credentials
{
    /// <summary>No script needs as many; a loop over made-up ids must not fill the memory.</summary>
    private const int Most = 256;

    private static readonly ConcurrentDictionary<
        (MidIdentityKind, string?, MidTokenSource, string?, string?, string?, long), CredentialHandle> Kept = new();

    internal static CredentialHandle Get(MidIdentity identity, MidTokenSource source, MidSettings settings)
    {
        var (imds, cloud, caFile) = (settings.ImdsEndpoint, settings.Cloud, settings.CaFile);
        var key = (identity.Kind, identity.Value, source, imds, cloud, caFile, settings.Timeout);
        if (Kept.TryGetValue(key, out var kept))
        {
            return kept;
        }

        if (Kept.Count >= Most)
        {
            Forget();
        }

        return Kept.GetOrAdd(key, _ => New(identity, source, settings, 0));
    }

    /// <summary>A credential with a cache of its own.</summary>
    internal static CredentialHandle Private(MidIdentity identity, MidTokenSource source, MidSettings settings) =>
        New(identity, source, settings, NativeConstants.CredentialPrivateCache);

    /// <summary>Lets go of all; those in use are freed when their call ends.</summary>
    internal static void Forget() => Kept.Clear();

    private static CredentialHandle New(MidIdentity identity, MidTokenSource source, MidSettings settings, uint flags)
    {
        using var texts = new NativeTexts();
        var (id, imds) = (texts.Add(identity.Value), texts.Add(settings.ImdsEndpoint));
        var (cloud, caFile) = (texts.Add(settings.Cloud), texts.Add(settings.CaFile));
        var options = new CredentialOptions
        {
            StructSize = (nuint)sizeof(CredentialOptions),
            IdentityKind = (int)identity.Kind,
            Source = (int)source,
            Identity = id.Bytes,
            IdentityLen = id.Length,
            ImdsEndpoint = imds.Bytes,
            ImdsEndpointLen = imds.Length,
            Cloud = cloud.Bytes,
            CloudLen = cloud.Length,
            TimeoutMs = settings.Timeout,
            Flags = flags,
            CaFile = caFile.Bytes,
            CaFileLen = caFile.Length,
        };
        NativeError.Check(NativeMethods.midentity_credential_new(&options, out var credential, out var error), error);
        return credential;
    }
}
