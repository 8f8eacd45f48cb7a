using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Midentity.PowerShell.Native;
using Xunit;

namespace Midentity.PowerShell.Tests;

public sealed class LoaderTests
{
    [Theory]
    [InlineData("WINDOWS", Architecture.X64, "win-x64/midentity.dll")]
    [InlineData("WINDOWS", Architecture.Arm64, "win-arm64/midentity.dll")]
    [InlineData("LINUX", Architecture.X64, "linux-x64/midentity.so")]
    [InlineData("LINUX", Architecture.Arm64, "linux-arm64/midentity.so")]
    [InlineData("OSX", Architecture.X64, "osx-x64/midentity.dylib")]
    [InlineData("OSX", Architecture.Arm64, "osx-arm64/midentity.dylib")]
    public void The_process_says_which_file(string system, Architecture architecture, string file) =>
        Assert.Equal(
            Path.Combine("module", file.Replace('/', Path.DirectorySeparatorChar)).Replace('\\', '/'),
            new NativePlatform(OSPlatform.Create(system), architecture, false).File("module").Replace('\\', '/'));

    [Theory]
    [InlineData("WINDOWS", Architecture.X86, "64-bit PowerShell")]
    [InlineData("LINUX", Architecture.Arm, "64-bit PowerShell")]
    [InlineData("FREEBSD", Architecture.X64, "64-bit PowerShell")]
    public void Other_processes_are_refused_with_what_to_do(string system, Architecture architecture, string remedy)
    {
        var platform = new NativePlatform(OSPlatform.Create(system), architecture, false);
        var error = Assert.Throws<MidentityException>(() => platform.File("module"));
        Assert.Equal((MidErrorKind.AbiMismatch, "library.unsupported"), (error.Kind, error.Id));
        Assert.Contains(remedy, error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Musl_is_refused_unless_there_is_a_library_for_it()
    {
        var folder = Directory.CreateTempSubdirectory("midentity").FullName;
        var platform = new NativePlatform(OSPlatform.Linux, Architecture.X64, true);
        var error = Assert.Throws<MidentityException>(() => platform.File(folder));
        Assert.Equal("library.unsupported", error.Id);
        Assert.Contains("musl", error.Message, StringComparison.Ordinal);
        var own = Directory.CreateDirectory(Path.Combine(folder, "linux-musl-x64")).FullName;
        File.WriteAllText(Path.Combine(own, "midentity.so"), string.Empty);
        Assert.Equal(Path.Combine(own, "midentity.so"), platform.File(folder));
        Directory.Delete(folder, true);
    }

    [Fact]
    public void Musl_shows_in_the_process_s_maps()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "7f00-7f01 r-xp 0 08:01 12  /lib/ld-musl-x86_64.so.1\n");
        Assert.True(NativePlatform.RunsOnMusl(file));
        File.WriteAllText(file, "7f00-7f01 r-xp 0 08:01 12  /lib/x86_64-linux-gnu/libc.so.6\n");
        Assert.False(NativePlatform.RunsOnMusl(file));
        File.Delete(file);
        Assert.False(NativePlatform.RunsOnMusl(file));
    }

    [Fact]
    public void A_missing_foreign_or_broken_library_is_one_clear_error()
    {
        var platform = NativePlatform.Current();
        var file = Path.GetTempFileName();
        File.Delete(file);
        Assert.Equal("library.missing", Assert.Throws<MidentityException>(() => NativeLoader.Open(file, platform)).Id);

        File.WriteAllText(file, "no library");
        var broken = Assert.Throws<MidentityException>(() => NativeLoader.Open(file, platform));
        Assert.Equal("library.missing", broken.Id);
        Assert.Contains(file, broken.Message, StringComparison.Ordinal);

        // An ELF header for another processor (s390x has none of ours; 183 is arm64, 62 x64).
        var other = platform.Architecture == Architecture.X64 ? 183 : 62;
        var header = new byte[64];
        "\u007fELF"u8.CopyTo(header);
        header[18] = (byte)other;
        File.WriteAllBytes(file, header);
        var foreign = Assert.Throws<MidentityException>(() => NativeLoader.Open(file, platform));
        Assert.Equal("library.unsupported", foreign.Id);
        Assert.Contains(platform.Architecture.ToString().ToLowerInvariant(), foreign.Message, StringComparison.Ordinal);

        var windows = new byte[128];
        "MZ"u8.CopyTo(windows);
        windows[0x3c] = 0x40;
        BitConverter.GetBytes((ushort)(other == 183 ? 0xaa64 : 0x8664)).CopyTo(windows, 0x44);
        File.WriteAllBytes(file, windows);
        Assert.Equal("library.unsupported", Assert.Throws<MidentityException>(() => NativeLoader.Open(file, platform)).Id);
        File.Delete(file);
    }

    [Fact]
    public void Another_interface_version_is_refused_with_both_versions_and_the_path()
    {
        NativeLoader.CheckVersion((NativeConstants.AbiVersionMajor << 16) | 7, "/x/midentity.so");
        var error = Assert.Throws<MidentityException>(() => NativeLoader.CheckVersion((2 << 16) | 3, "/x/midentity.so"));
        Assert.Equal((MidErrorKind.AbiMismatch, "library.mismatch"), (error.Kind, error.Id));
        Assert.Contains("2.3", error.Message, StringComparison.Ordinal);
        Assert.Contains("version 1", error.Message, StringComparison.Ordinal);
        Assert.Contains("/x/midentity.so", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Importing_again_and_in_other_runspaces_loads_nothing_again()
    {
        using var one = new Engine();
        using var other = new Engine();
        one.Run("Import-Module $path -Force; Import-Module $path -Force; Remove-Module Midentity; Import-Module $path", ("path", Engine.Manifest));
        Assert.NotEmpty(other.Run("Get-Command Get-MidToken"));
        NativeLoader.Load();
    }

    /// <summary>A child process, because a library that is loaded stays.</summary>
    [Fact]
    public void A_planted_library_never_wins()
    {
        var planted = Directory.CreateTempSubdirectory("midentity").FullName;
        var extension = OperatingSystem.IsWindows() ? "dll" : OperatingSystem.IsMacOS() ? "dylib" : "so";
        var runtime = OperatingSystem.IsWindows() ? "mscordaccore" : "libSystem.Native";
        var foreign = Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), $"{runtime}.{extension}");
        string[] names = [$"libmidentity.{extension}", $"midentity.{extension}", "midentity"];
        foreach (var name in names)
        {
            File.Copy(foreign, Path.Combine(planted, name));
        }

        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
        };
        var test = typeof(LoaderTests).Assembly.Location;
        if (!Path.GetFileNameWithoutExtension(Environment.ProcessPath!).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
        {
            Assert.True(File.Exists(Environment.ProcessPath));
        }
        else
        {
            start.ArgumentList.Add("exec");
            start.ArgumentList.Add(test);
        }

        foreach (var argument in new[] { "-noLogo", "-explicit", "only", "-method", $"{typeof(LoaderTests).FullName}.{nameof(Child)}" })
        {
            start.ArgumentList.Add(argument);
        }

        var path = OperatingSystem.IsWindows() ? "PATH" : OperatingSystem.IsMacOS() ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH";
        start.Environment[path] = $"{planted}{Path.PathSeparator}{Environment.GetEnvironmentVariable(path)}";
        start.Environment["PLANTED"] = planted;
        using var child = Process.Start(start)!;
        var output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode == 0, output);
        Assert.Contains("Total: 1", output, StringComparison.Ordinal);
        Directory.Delete(planted, true);
    }

    /// <summary>What the child process runs: another library of that name would have none of our functions.</summary>
    [Fact(Explicit = true)]
    public unsafe void Child()
    {
        var planted = Environment.GetEnvironmentVariable("PLANTED")!;
        // The test runner has gone elsewhere.
        Environment.CurrentDirectory = planted;
        using var engine = new Engine();
        Assert.Equal(Engine.Version, NativeTexts.Read(NativeMethods.midentity_version()));
        if (OperatingSystem.IsLinux())
        {
            var maps = File.ReadAllLines("/proc/self/maps");
            Assert.Contains(maps, line => line.EndsWith(Path.Combine(Engine.ModuleFolder, "linux-x64", "midentity.so"), StringComparison.Ordinal));
            Assert.DoesNotContain(maps, line => line.Contains(planted, StringComparison.Ordinal));
        }
    }
}
