using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Microsoft.PowerShell;
using Xunit;

namespace Midentity.PowerShell.Tests;

/// <summary>
/// The modules as they are published. For xtask package-powershell, in a process of their own: an assembly and a library that
/// are loaded stay, and here they must be the packages'.
/// </summary>
public sealed class PackageTests : IDisposable
{
    private static readonly string Packages = Environment.GetEnvironmentVariable("MIDENTITY_PACKAGES") ?? string.Empty;

    private readonly System.Management.Automation.PowerShell shell;

    public PackageTests()
    {
        var state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows())
        {
            state.ExecutionPolicy = ExecutionPolicy.Bypass;
        }

        shell = System.Management.Automation.PowerShell.Create(state);
    }

    public void Dispose() => shell.Dispose();

    [Fact(Explicit = true)]
    public void Manifests_of_packages_are_valid()
    {
        foreach (var name in new[] { "Midentity", "Midentity.Emulator" })
        {
            var manifest = (PSModuleInfo)Assert.Single(Run("Test-ModuleManifest $args[0]", Manifest(name))).BaseObject;
            Assert.Equal((name, Engine.Version), (manifest.Name, manifest.Version.ToString()));
            Assert.NotEmpty(manifest.ExportedCmdlets);
        }
    }

    /// <summary>Neither -Path nor a variable names the emulator's program.</summary>
    [Fact(Explicit = true)]
    public void Packages_are_all_that_a_token_of_the_emulator_needs()
    {
        Run("Import-Module $args[0], $args[1]", Manifest("Midentity"), Manifest("Midentity.Emulator"));
        var folder = Directory.CreateTempSubdirectory("midentity").FullName;
        var program = Run("(Start-MidEmulator -StateDir $args[0]).Program", folder).Single().ToString()!;
        Assert.StartsWith(Path.GetFullPath(Packages), program, StringComparison.Ordinal);
        var token = Run("Invoke-MidEmulated { Get-MidToken Arm }").Single();
        Assert.Equal("Arm", token.Properties["Resource"].Value);
        Assert.StartsWith(Path.GetFullPath(Packages), token.BaseObject.GetType().Assembly.Location, StringComparison.Ordinal);
        Run("Stop-MidEmulator");
        foreach (var name in new[] { "Get-MidToken", "Start-MidEmulator", "about_Midentity_Errors", "about_Midentity_Emulator" })
        {
            Assert.NotEmpty(Run("Get-Help $args[0]", name));
        }

        Directory.Delete(folder, true);
    }

    private static string Manifest(string name) => Path.Combine(Packages, name, Engine.Version, $"{name}.psd1");

    private System.Collections.ObjectModel.Collection<PSObject> Run(string script, params string[] arguments)
    {
        shell.Commands.Clear();
        shell.AddScript(script);
        foreach (var argument in arguments)
        {
            shell.AddArgument(argument);
        }

        var output = shell.Invoke();
        Assert.Empty(shell.Streams.Error.Select(error => error.ToString()));
        return output;
    }
}
