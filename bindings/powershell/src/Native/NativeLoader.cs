using System;
using System.ComponentModel;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Midentity.PowerShell.Native;

/// <summary>
/// Loads the native library that lies beside the module, by its absolute path. Left alone, .NET would look elsewhere first:
/// a file of that name on the loader's path or in the current folder would get every token.
/// </summary>
internal static class NativeLoader
{
    private static readonly object Gate = new();
    private static IntPtr library;

    /// <summary>
    /// Loads the library once in a process: OnImport runs at every import and in every runspace, and a resolver can be set
    /// only once for an assembly.
    /// </summary>
    internal static void Load()
    {
        lock (Gate)
        {
            if (library != IntPtr.Zero)
            {
                return;
            }

            var platform = NativePlatform.Current();
            var path = platform.File(Path.GetDirectoryName(typeof(NativeLoader).Assembly.Location)!);
            var loaded = Open(path, platform);
            CheckVersion(NativeMethods.midentity_abi_version(), path);
            library = loaded;
        }
    }

    /// <summary>Refuses a library whose interface is another one than the module was compiled for.</summary>
    internal static void CheckVersion(uint version, string path)
    {
        var (major, minor) = (version >> 16, version & 0xffff);
        if (major != NativeConstants.AbiVersionMajor)
        {
            throw new MidentityException(
                MidErrorKind.AbiMismatch,
                ErrorIds.LibraryMismatch,
                $"the native library {path} has interface version {major}.{minor}; this module needs version "
                + $"{NativeConstants.AbiVersionMajor}",
                "install the module again, all of one version; then start a new PowerShell process");
        }
    }

    /// <summary>Loads a file, or says why it can't be loaded.</summary>
    internal static IntPtr Open(string path, NativePlatform platform)
    {
        if (!File.Exists(path))
        {
            throw new MidentityException(
                MidErrorKind.AbiMismatch,
                ErrorIds.LibraryMissing,
                $"the module's native library is missing: {path}",
                "install the module again (Install-PSResource Midentity -Reinstall), or copy the whole module folder");
        }

        var other = NativePlatform.ArchitectureOf(path);
        if (other is { } found && found != platform.Architecture)
        {
            throw new MidentityException(
                MidErrorKind.AbiMismatch,
                ErrorIds.LibraryUnsupported,
                $"the native library {path} is for {Name(found)}; this process is {Name(platform.Architecture)}",
                "install the module again: its files were mixed up");
        }

        try
        {
            return OnCore() ? OpenOnCore(path) : OpenOnFramework(path);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException or Win32Exception)
        {
            throw new MidentityException(
                MidErrorKind.AbiMismatch,
                ErrorIds.LibraryMissing,
                $"the native library {path} can't be loaded: {FirstLine(error.Message)}",
                "look whether antivirus software blocks the file, and whether the system is one that the module is made for");
        }
    }

    private static string Name(Architecture architecture) => architecture.ToString().ToLowerInvariant();

    private static string FirstLine(string text) => text.Split('\n')[0].Trim();

    private static Type? NativeLibrary() =>
        typeof(object).Assembly.GetType("System.Runtime.InteropServices.NativeLibrary")
        ?? Type.GetType("System.Runtime.InteropServices.NativeLibrary, System.Runtime.InteropServices");

    private static bool OnCore() => NativeLibrary() != null;

    /// <summary>By reflection: netstandard2.0 does not have these.</summary>
    private static IntPtr OpenOnCore(string path)
    {
        var api = NativeLibrary()!;
        IntPtr loaded;
        try
        {
            loaded = (IntPtr)api.GetMethod("Load", [typeof(string)])!.Invoke(null, [path])!;
        }
        catch (TargetInvocationException error) when (error.InnerException != null)
        {
            throw error.InnerException;
        }

        opened = loaded;
        if (!isResolverSet)
        {
            var set = api.GetMethods().Single(method => method.Name == "SetDllImportResolver");
            var resolver = set.GetParameters()[1].ParameterType;
            var resolve = typeof(NativeLoader).GetMethod(nameof(Resolve), BindingFlags.NonPublic | BindingFlags.Static)!;
            set.Invoke(null, [typeof(NativeLoader).Assembly, Delegate.CreateDelegate(resolver, resolve)]);
            isResolverSet = true;
        }

        return loaded;
    }

    private static bool isResolverSet;
    private static IntPtr opened;

    private static IntPtr Resolve(string name, Assembly assembly, DllImportSearchPath? search) =>
        name == NativeMethods.Library ? opened : IntPtr.Zero;

    /// <summary>
    /// Windows takes a module that is loaded already for an import of the same name; the flag lets it look for what the
    /// library needs beside the library.
    /// </summary>
    private static IntPtr OpenOnFramework(string path)
    {
        const uint LoadWithAlteredSearchPath = 8;
        var loaded = LoadLibraryExW(path, IntPtr.Zero, LoadWithAlteredSearchPath);
        return loaded != IntPtr.Zero ? loaded : throw new Win32Exception(Marshal.GetLastWin32Error());
    }

    [DllImport("kernel32", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern IntPtr LoadLibraryExW(string path, IntPtr reserved, uint flags);
}
