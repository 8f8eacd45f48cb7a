using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Text.RegularExpressions;
using Xunit;
using static Midentity.PowerShell.Tests.EmulatorEngine;

namespace Midentity.PowerShell.Tests;

/// <summary>The module Midentity.Emulator: manifest, help and cmdlets say the same.</summary>
public sealed class EmulatorModuleTests : IDisposable
{
    private static readonly string[] Names =
    [
        "Get-MidEmulator", "Get-MidEmulatorRequest", "Invoke-MidEmulated", "Set-MidEmulatorFault", "Start-MidEmulator",
        "Stop-MidEmulator",
    ];

    private readonly Engine engine = EmulatorEngine.New();

    public static TheoryData<string> Cmdlets => [.. Names];

    public void Dispose() => engine.Dispose();

    [Fact]
    public void Manifest_is_valid_and_exports_the_cmdlets_and_nothing_else()
    {
        var manifest = (PSModuleInfo)engine.Run("Test-ModuleManifest $path", ("path", EmulatorEngine.Manifest)).Single().BaseObject;
        Assert.Equal(Engine.Version, manifest.Version.ToString());
        Assert.Equal(Names, manifest.ExportedCmdlets.Keys.Order(StringComparer.Ordinal));
        Assert.Empty(manifest.ExportedFunctions);
        Assert.Empty(manifest.ExportedAliases);
        Assert.Equal(Names, engine.Run("(Get-Command -Module Midentity.Emulator).Name").Select(name => name.ToString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_assembly_needs_nothing_but_the_engine()
    {
        var needed = engine.Run("(Get-Module Midentity.Emulator).ImplementingAssembly.GetReferencedAssemblies() | ForEach-Object Name");
        Assert.Equal(["System.Management.Automation", "netstandard"], needed.Select(name => name.ToString()).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Help_describes_every_parameter_and_set(string name)
    {
        var command = (CommandInfo)engine.Run("Get-Command $name", ("name", name)).Single().BaseObject;
        var page = File.ReadAllText(
            Path.Combine(Engine.RepositoryRoot, "bindings/powershell/emulator/module/help", name + ".md")).ReplaceLineEndings("\n");
        var syntax = page.Split("## SYNTAX")[1].Split("## DESCRIPTION")[0];
        var written = Regex.Matches(syntax, "```\n(.*?)\n```", RegexOptions.Singleline)
            .Select(match => Regex.Replace(match.Groups[1].Value, @"\s+", " "));
        Assert.Equal(
            command.ParameterSets.Select(set => $"{name} {set}").Order(StringComparer.OrdinalIgnoreCase),
            written.Order(StringComparer.OrdinalIgnoreCase),
            StringComparer.OrdinalIgnoreCase);
        var described = Regex.Matches(page.Split("## PARAMETERS")[1], @"\n### -(\w+)\n\S").Select(match => match.Groups[1].Value);
        var common = PSCmdlet.CommonParameters.Concat(PSCmdlet.OptionalCommonParameters).Except(["WhatIf", "Confirm"]);
        Assert.Equal(command.Parameters.Keys.Except(common).Order(), described.Order());
        var shown = engine.Show("Get-Help $name -Full", ("name", name));
        Assert.All(command.Parameters.Keys.Except(common), parameter => Assert.Contains($"-{parameter}", shown, StringComparison.Ordinal));
        Assert.Contains("Example 2", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void The_topic_is_found()
    {
        var text = engine.Run("Get-Help about_Midentity_Emulator").Single().ToString();
        Assert.Contains("SHORT DESCRIPTION\n    ", text.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.All(Names.Except(["Get-MidEmulator"]), name => Assert.Contains(name, text, StringComparison.Ordinal));
    }
}
