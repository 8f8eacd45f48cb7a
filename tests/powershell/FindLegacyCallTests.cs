using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Text;
using Midentity.PowerShell.Migration;
using Xunit;

namespace Midentity.PowerShell.Tests;

/// <summary>Find-MidLegacyCall as a cmdlet: paths, errors, -WhatIf, formats.</summary>
public sealed class FindLegacyCallTests : IDisposable
{
    private const string Call =
        "$t = (Invoke-RestMethod 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01"
        + "&resource=https://management.azure.com/' -Headers @{Metadata='true'}).access_token";

    private readonly Engine engine = new();
    private readonly Scratch scratch = new();

    public void Dispose()
    {
        engine.Dispose();
        scratch.Dispose();
    }

    [Fact]
    public void What_is_no_script_is_one_error_each_and_the_rest_goes_on()
    {
        var good = scratch.Write("good.ps1", Call);
        var broken = scratch.Write("broken.ps1", "if ($x {\n");
        var spoilt = scratch.Write("spoilt.ps1", [0xff, 0xfe, 0x41, 0x00, 0x42]);
        var outcome = engine.Try(
            "Find-MidLegacyCall -LiteralPath $paths",
            ("paths", new[] { scratch.Folder + "/none.ps1", broken, spoilt, "env:PATH", good }));
        Assert.Equal(
            ["legacy.path", "legacy.parse", "legacy.read", "legacy.path"],
            outcome.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]));
        Assert.All(outcome.Errors, error => Assert.EndsWith(
            ",Midentity.PowerShell.Commands.FindMidLegacyCallCommand", error.FullyQualifiedErrorId));
        Assert.Equal(
            [ErrorCategory.ObjectNotFound, ErrorCategory.ParserError, ErrorCategory.ReadError,
                ErrorCategory.InvalidArgument],
            outcome.Errors.Select(error => error.CategoryInfo.Category));
        Assert.Equal(broken, outcome.Errors[1].TargetObject);
        Assert.Equal(good, Assert.Single(outcome.Output).Properties["Path"].Value);
    }

    [Fact]
    public void Wildcards_folders_and_the_pipeline_name_files()
    {
        scratch.Write("a.ps1", Call);
        scratch.Write("b.psm1", Call);
        scratch.Write("c.txt", Call);
        scratch.Write("deep/er/d.PS1", Call);
        scratch.Write("we[ird].ps1", Call);
        int Count(string script, params (string, object?)[] variables) =>
            engine.Run(script, [.. variables, ("folder", scratch.Folder)]).Count;

        Assert.Equal(4, Count("Find-MidLegacyCall $folder"));
        Assert.Equal(1, Count("Find-MidLegacyCall -Path $folder/?.ps1"));
        Assert.Equal(1, Count("Find-MidLegacyCall -Path $folder/c.txt"));
        Assert.Equal(1, Count("Find-MidLegacyCall -LiteralPath \"$folder/we[ird].ps1\""));
        Assert.Equal(2, Count("\"$folder/a.ps1\", \"$folder/b.psm1\" | Find-MidLegacyCall"));
        Assert.Equal(2, Count(
            "$files | Find-MidLegacyCall",
            ("files",
                new[] { new FileInfo(scratch.Folder + "/a.ps1"), new FileInfo(scratch.Folder + "/we[ird].ps1") })));
        Assert.Equal(1, Count("\"$folder/a.ps1\", \"$folder/a.ps1\", \"$folder/./a.ps1\" | Find-MidLegacyCall"));
        Assert.NotEmpty(engine.Try("Find-MidLegacyCall -Path $folder/none.ps1").Errors);
        Assert.Equal(0, Count("Find-MidLegacyCall -Path $folder/none*.ps1"));
    }

    [Fact]
    public void Folders_that_lead_in_circles_are_read_once()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // links need a privilege there
        }

        scratch.Write("deep/a.ps1", Call);
        Directory.CreateSymbolicLink(Path.Combine(scratch.Folder, "deep", "up"), scratch.Folder);
        Assert.Single(engine.Run("Find-MidLegacyCall $folder", ("folder", scratch.Folder)));
    }

    [Fact]
    public void WhatIf_changes_nothing_and_names_the_change()
    {
        var path = scratch.Write("a.ps1", Call);
        var shown = engine.Show("Find-MidLegacyCall $path -Fix -WhatIf", ("path", path));
        Assert.Contains("line 1: Get-MidToken Arm -AsPlainText", shown, StringComparison.Ordinal);
        Assert.Equal(Call, File.ReadAllText(path));
        var call = (LegacyCall)engine.Run("Find-MidLegacyCall $path -Fix -WhatIf", ("path", path)).Single().BaseObject;
        Assert.Equal(LegacyFixState.Sure, call.FixState);
    }

    [Fact]
    public void Without_Fix_nothing_is_written()
    {
        var path = scratch.Write("a.ps1", Call);
        engine.Run("Find-MidLegacyCall $path", ("path", path));
        Assert.Equal(Call, File.ReadAllText(path));
    }

    [Fact]
    public void A_table_shows_line_rule_and_replacement()
    {
        var path = scratch.Write("a.ps1", Call);
        var shown = engine.Show("Find-MidLegacyCall $path", ("path", path));
        Assert.Contains(path, shown, StringComparison.Ordinal);
        Assert.Contains("imds.token", shown, StringComparison.Ordinal);
        Assert.Contains("Get-MidToken Arm -AsPlainText", shown, StringComparison.Ordinal);
        Assert.Contains("Sure", shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("utf-8", false, "\n")]
    [InlineData("utf-8", true, "\r\n")]
    [InlineData("utf-16", true, "\r\n")]
    [InlineData("utf-16BE", true, "\n")]
    [InlineData("utf-32", true, "\n")]
    [InlineData("iso-8859-1", false, "\r\n")]
    public void Encoding_mark_and_line_ends_stay(string name, bool marked, string newline)
    {
        var encoding = Encoding.GetEncoding(name);
        byte[] Bytes(string text) => [.. marked ? encoding.GetPreamble() : [], .. encoding.GetBytes(text)];
        var before = $"# Grüße{newline}{Call}{newline}# ende";
        var path = scratch.Write("a.ps1", Bytes(before));
        engine.Run("Find-MidLegacyCall $path -Fix", ("path", path));
        Assert.Equal(
            Bytes($"# Grüße{newline}$t = Get-MidToken Arm -AsPlainText{newline}# ende"), File.ReadAllBytes(path));
    }

    [Fact]
    public void What_can_t_be_replaced_is_said_and_left()
    {
        var path = scratch.Write("a.ps1", Call);
        File.SetAttributes(path, FileAttributes.ReadOnly);
        var refused = engine.Try("Find-MidLegacyCall -LiteralPath $path -Fix", ("path", path));
        File.SetAttributes(path, FileAttributes.Normal);
        Assert.StartsWith(
            "legacy.write,", Assert.Single(refused.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(LegacyFixState.Sure, ((LegacyCall)Assert.Single(refused.Output).BaseObject).FixState);
        Assert.Equal(Call, File.ReadAllText(path));
        if (OperatingSystem.IsWindows())
        {
            return; // links need a privilege there, and files have no mode
        }

        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        File.SetUnixFileMode(path, Mode);
        var link = Path.Combine(scratch.Folder, "link.ps1");
        File.CreateSymbolicLink(link, path);
        refused = engine.Try("Find-MidLegacyCall -LiteralPath $path -Fix", ("path", link));
        Assert.StartsWith(
            "legacy.write,", Assert.Single(refused.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(Call, File.ReadAllText(path));
        engine.Run("Find-MidLegacyCall -LiteralPath $path -Fix", ("path", path));
        Assert.NotEqual(Call, File.ReadAllText(path));
        Assert.Equal(Mode, File.GetUnixFileMode(path));
    }

    [Fact]
    public void A_module_that_is_not_here_is_no_error_of_the_script()
    {
        var path =
            scratch.Write("a.ps1", "using module NotHere\n#requires -Modules NotHere\n[NotHere.Type]::new()\n" + Call);
        Assert.Single(engine.Run("Find-MidLegacyCall $path", ("path", path)));
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("/a/b-c_d.e", "/a/b-c_d.e")]
    [InlineData("af825a31-b0e0-471f-baea-96de555632f9", "af825a31-b0e0-471f-baea-96de555632f9")]
    [InlineData("2018-02-01", "'2018-02-01'")]
    [InlineData("it's", "'it''s'")]
    [InlineData("a\u2019b", "'a\u2019\u2019b'")]
    [InlineData("$x; Remove-Item /", "'$x; Remove-Item /'")]
    public void Texts_become_arguments_that_mean_the_same(string text, string argument)
    {
        Assert.Equal(argument, ScriptText.Argument(text));
        Assert.Equal(text, engine.Run($"function f($a) {{ $a }}; f {argument}").Single().ToString());
    }
}
