using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;

namespace Midentity.PowerShell.Native;

/// <summary>Which native library a process needs.</summary>
internal sealed class NativePlatform
{
    internal NativePlatform(OSPlatform system, Architecture architecture, bool isMusl)
    {
        System = system;
        Architecture = architecture;
        IsMusl = isMusl;
    }

    internal OSPlatform System { get; }

    /// <summary>The process's, not the machine's: an emulated x64 process on ARM64 takes the x64 library.</summary>
    internal Architecture Architecture { get; }

    /// <summary>Whether the process runs on musl (Alpine), where libraries for glibc can't be loaded.</summary>
    internal bool IsMusl { get; }

    internal static NativePlatform Current()
    {
        var system = new[] { OSPlatform.Windows, OSPlatform.Linux, OSPlatform.OSX }
            .FirstOrDefault(RuntimeInformation.IsOSPlatform);
        var isMusl = system == OSPlatform.Linux && RunsOnMusl("/proc/self/maps");
        return new NativePlatform(system, RuntimeInformation.ProcessArchitecture, isMusl);
    }

    /// <summary>The library's file below the module's folder.</summary>
    internal string File(string module)
    {
        var architecture = Architecture switch
        {
            Architecture.X64 => "x64",
            Architecture.Arm64 => "arm64",
            _ => null,
        };
        var (name, extension) = System == OSPlatform.Windows ? ("win", "dll")
            : System == OSPlatform.Linux ? (IsMusl ? "linux-musl" : "linux", "so")
            : System == OSPlatform.OSX ? ("osx", "dylib")
            : (null, string.Empty);
        if (name == null || architecture == null)
        {
            var remedy = Architecture == Architecture.X86
                ? "start the 64-bit PowerShell (not 'Windows PowerShell (x86)')"
                : "use a 64-bit PowerShell on Windows, Linux or macOS";
            throw Unsupported($"the module has no native library for this kind of process ({Architecture})", remedy);
        }

        var file = Path.Combine(module, $"{name}-{architecture}", $"midentity.{extension}");
        if (IsMusl && !global::System.IO.File.Exists(file))
        {
            throw Unsupported(
                "this system is built on musl (as Alpine is), and the module's libraries for Linux need glibc",
                "use a PowerShell image that is based on Debian, Ubuntu, Azure Linux or another system with glibc");
        }

        return file;
    }

    /// <summary>Whether the maps of a process name musl's loader.</summary>
    internal static bool RunsOnMusl(string maps)
    {
        try
        {
            return global::System.IO.File.ReadLines(maps).Any(line => line.IndexOf("/ld-musl-", StringComparison.Ordinal) >= 0);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The processor that an ELF or PE file is for; null where the file does not say.</summary>
    internal static Architecture? ArchitectureOf(string path)
    {
        const int Elf = 0x464c457f;
        const short Pe = 0x5a4d;
        try
        {
            using var file = global::System.IO.File.OpenRead(path);
            using var reader = new BinaryReader(file);
            if (reader.ReadInt32() == Elf)
            {
                file.Position = 18;
                return reader.ReadUInt16() switch
                {
                    3 => Architecture.X86,
                    40 => Architecture.Arm,
                    62 => Architecture.X64,
                    183 => Architecture.Arm64,
                    _ => null,
                };
            }

            file.Position = 0;
            if (reader.ReadInt16() != Pe)
            {
                return null;
            }

            file.Position = 0x3c;
            file.Position = reader.ReadInt32() + 4;
            return reader.ReadUInt16() switch
            {
                0x14c => Architecture.X86,
                0x1c4 => Architecture.Arm,
                0x8664 => Architecture.X64,
                0xaa64 => Architecture.Arm64,
                _ => null,
            };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private static MidentityException Unsupported(string message, string hint) =>
        new(MidErrorKind.AbiMismatch, ErrorIds.LibraryUnsupported, message, hint);
}
