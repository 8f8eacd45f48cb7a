using System;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Net;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security;
using System.Text;

namespace Midentity.PowerShell.Bench;

/// <summary>The library without the module: the same calls through the C ABI and nothing around them.</summary>
internal static unsafe class Core
{
    private const string Library = "midentity";

    /// <summary>Takes the module's own library, which is in the process already.</summary>
    internal static void Use(string module)
    {
        var (folder, file) = OperatingSystem.IsWindows() ? ("win", "dll") : OperatingSystem.IsMacOS() ? ("osx", "dylib") : ("linux", "so");
        var architecture = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
        var path = Path.Combine(module, $"{folder}-{architecture}", $"midentity.{file}");
        NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), (name, _, _) => name == Library ? NativeLibrary.Load(path) : IntPtr.Zero);
    }

    /// <summary>How long one role assignment takes, made one after the other.</summary>
    internal static TimeSpan RoleAssignments(string cloud, string caFile, SecureString token, string scope, string role, string[] principals)
    {
        fixed (byte* cloudText = Text(cloud), caText = Text(caFile), tokenText = Text(new NetworkCredential(string.Empty, token).Password))
        fixed (byte* scopeText = Text(scope), roleText = Text(role), typeText = Text("ServicePrincipal"))
        {
            Check(midentity_token_provider_new_static(tokenText, NulTerminated, 0, out var provider, IntPtr.Zero));
            var options = new ArmClientOptions { StructSize = (nuint)sizeof(ArmClientOptions), Cloud = cloudText, CloudLen = NulTerminated, CaFile = caText, CaFileLen = NulTerminated };
            Check(midentity_arm_client_new(provider, &options, out var client, IntPtr.Zero));
            var elapsed = Stopwatch.StartNew();
            foreach (var principal in principals)
            {
                fixed (byte* principalText = Text(principal))
                {
                    Check(midentity_arm_role_assignment_create(
                        client, scopeText, NulTerminated, roleText, NulTerminated, principalText, NulTerminated, typeText, NulTerminated, out var operation, IntPtr.Zero));
                    Check(midentity_operation_wait(operation, -1, IntPtr.Zero));
                    midentity_operation_free(operation);
                }
            }

            var took = elapsed.Elapsed;
            midentity_arm_client_free(client);
            midentity_token_provider_free(provider);
            return took / principals.Length;
        }
    }

    private static nuint NulTerminated => nuint.MaxValue;

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text + "\0");

    private static void Check(int status)
    {
        if (status != 0)
        {
            throw new Win32Exception(status, $"the library answered with status {status}");
        }
    }

    [DllImport(Library, ExactSpelling = true)]
    private static extern int midentity_token_provider_new_static(byte* token, nuint tokenLength, long expiresOn, out IntPtr provider, IntPtr error);

    [DllImport(Library, ExactSpelling = true)]
    private static extern void midentity_token_provider_free(IntPtr provider);

    [DllImport(Library, ExactSpelling = true)]
    private static extern int midentity_arm_client_new(IntPtr provider, ArmClientOptions* options, out IntPtr client, IntPtr error);

    [DllImport(Library, ExactSpelling = true)]
    private static extern void midentity_arm_client_free(IntPtr client);

    [DllImport(Library, ExactSpelling = true)]
    private static extern int midentity_arm_role_assignment_create(
        IntPtr client, byte* scope, nuint scopeLength, byte* role, nuint roleLength, byte* principal, nuint principalLength, byte* type, nuint typeLength, out IntPtr operation, IntPtr error);

    [DllImport(Library, ExactSpelling = true)]
    private static extern int midentity_operation_wait(IntPtr operation, long timeout, IntPtr error);

    [DllImport(Library, ExactSpelling = true)]
    private static extern void midentity_operation_free(IntPtr operation);

    [StructLayout(LayoutKind.Sequential)]
    private struct ArmClientOptions
    {
        internal nuint StructSize;
        internal byte* Cloud;
        internal nuint CloudLen;
        internal byte* CaFile;
        internal nuint CaFileLen;
        internal long TimeoutMs;
        internal long OperationTimeoutMs;
        internal byte* Audience;
        internal nuint AudienceLen;
    }
}
