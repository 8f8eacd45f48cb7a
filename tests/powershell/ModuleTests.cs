using System;
using System.Linq;
using System.Management.Automation;
using System.Reflection;
using Xunit;

namespace Midentity.PowerShell.Tests;

public sealed class ModuleTests
{
    [Fact]
    public void Manifest_is_valid_and_has_the_tree_s_version()
    {
        using var engine = new Engine();
        var manifest = (PSModuleInfo)engine.Run("Test-ModuleManifest $path", ("path", Engine.Manifest)).Single()
            .BaseObject;
        Assert.Equal(Engine.Version, manifest.Version.ToString());
        Assert.Equal(new Version(5, 1), manifest.PowerShellVersion);
        Assert.Equal(["Core", "Desktop"], manifest.CompatiblePSEditions.Order());
        Assert.Empty(manifest.ExportedFunctions);
        Assert.Empty(manifest.ExportedAliases);
        Assert.Equal(Engine.Version, typeof(MidErrorKind).Assembly.GetName().Version!.ToString(3));
    }

    [Fact]
    public void The_manifest_exports_every_cmdlet_of_the_assembly_and_no_other()
    {
        using var engine = new Engine();
        var exported = engine.Run("(Get-Command -Module Midentity).Name").Select(name => name.ToString());
        var compiled = typeof(MidErrorKind).Assembly.GetExportedTypes()
            .Select(type => type.GetCustomAttribute<CmdletAttribute>())
            .OfType<CmdletAttribute>()
            .Select(cmdlet => $"{cmdlet.VerbName}-{cmdlet.NounName}");
        Assert.Equal(compiled.Order(), exported.Order());
    }

    [Fact]
    public void The_assembly_needs_nothing_but_the_engine()
    {
        var needed = typeof(MidErrorKind).Assembly.GetReferencedAssemblies().Select(name => name.Name);
        Assert.Equal(["System.Management.Automation", "netstandard"], needed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_module_can_be_removed_and_imported_again()
    {
        using var engine = new Engine();
        engine.Run("Remove-Module Midentity");
        Assert.NotEmpty(engine.Try("Find-MidLegacyCall -Path x.ps1").Errors);
        engine.Run("Import-Module $path -Force; Import-Module $path -Force", ("path", Engine.Manifest));
        Assert.NotEmpty(engine.Run("Get-Command Find-MidLegacyCall"));
    }
}
