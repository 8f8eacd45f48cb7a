using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation.Language;
using System.Text;
using System.Text.Json;
using Midentity.PowerShell.Migration;
using Xunit;

namespace Midentity.PowerShell.Tests;

/// <summary>tests/vectors/legacy: what must be found, and what must not.</summary>
public sealed class LegacyTests
{
    private static readonly string Folder = Path.Combine(Engine.RepositoryRoot, "tests", "vectors", "legacy");

    public static TheoryData<string> Find => Names("find");

    public static TheoryData<string> Innocent => Names("innocent");

    public static TheoryData<string> Fixed => Names("fixed");

    [Fact]
    public void There_are_enough_of_each_and_every_file_is_expected()
    {
        Assert.True(Directory.GetFiles(Path.Combine(Folder, "find")).Length >= 40);
        Assert.True(Directory.GetFiles(Path.Combine(Folder, "innocent")).Length >= 25);
        Assert.Equal(
            Directory.GetFiles(Path.Combine(Folder, "find")).Select(Path.GetFileName).Order(StringComparer.Ordinal),
            Expected().Keys.Order(StringComparer.Ordinal));
        Assert.Equal(
            Expected().Where(file => file.Value.Any(call => call.Fix)).Select(file => file.Key)
                .Order(StringComparer.Ordinal),
            Directory.GetFiles(Path.Combine(Folder, "fixed")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Find))]
    public void Findings_are_exactly_those_expected(string name)
    {
        var found = Scan(Path.Combine(Folder, "find", name)).Select(call => new ExpectedCall(
            call.Line, call.Column, call.Rule, call.FixState == LegacyFixState.Sure, call.Text, call.Replacement));
        Assert.Equal(Expected()[name], found);
    }

    [Theory]
    [MemberData(nameof(Find))]
    public void Replacements_parse_and_say_why(string name)
    {
        foreach (var call in Scan(Path.Combine(Folder, "find", name)))
        {
            Assert.NotEmpty(call.Why);
            Assert.Equal(call.Rule == "imds.other" && call.Replacement is null, call.Replacement is null);
            Assert.True(call.Replacement is null || ScriptText.Parses(call.Replacement), call.Replacement);
            Assert.Equal(call.Text, ScriptFile.Read(call.Path).Text[call.Extent.Start..call.Extent.End]);
        }
    }

    [Theory]
    [MemberData(nameof(Innocent))]
    public void Innocent_scripts_are_left_alone(string name) =>
        Assert.Empty(
            Scan(Path.Combine(Folder, "innocent", name)).Select(call => $"{call.Line} {call.Rule} {call.Text}"));

    [Theory]
    [MemberData(nameof(Fixed))]
    public void A_fixed_file_parses_and_differs_only_where_it_was_said(string name)
    {
        using var scratch = new Scratch();
        var path = scratch.Copy(Path.Combine(Folder, "find", name));
        var before = ScriptFile.Read(path);
        using var engine = new Engine();
        var outcome = engine.Try("Find-MidLegacyCall -LiteralPath $path -Fix", ("path", path));
        Assert.Empty(outcome.Errors);
        var calls = outcome.Output.Select(item => (LegacyCall)item.BaseObject).ToList();
        Assert.Equal(File.ReadAllBytes(Path.Combine(Folder, "fixed", name)), File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(scratch.Folder));

        // Undo each edit in the new text: what is left is the old text, letter by letter.
        var after = ScriptFile.Read(path).Text;
        var undone = new StringBuilder();
        var (old, at) = (0, 0);
        foreach (var edit in calls.SelectMany(call => call.Edits).OrderBy(edit => edit.Start))
        {
            undone.Append(after, at, edit.Start - old).Append(before.Text, edit.Start, edit.End - edit.Start);
            at += edit.Start - old + edit.Replacement.Length;
            old = edit.End;
        }

        Assert.Equal(before.Text, undone.Append(after, at, after.Length - at).ToString());
        Parser.ParseInput(after, out _, out var errors);
        Assert.Empty(errors.Select(error => error.Message));
        Assert.All(
            calls.Where(call => call.Edits.Count > 0), call => Assert.Equal(LegacyFixState.Fixed, call.FixState));
        var left = calls.Count(call => call.Edits.Count == 0);
        var said = outcome.Warnings.Count(warning => warning.Contains($"{left} left", StringComparison.Ordinal));
        Assert.Equal(left > 0 ? 1 : 0, said);
    }

    [Theory]
    [MemberData(nameof(Fixed))]
    public void A_second_fix_changes_nothing(string name)
    {
        using var scratch = new Scratch();
        var path = scratch.Copy(Path.Combine(Folder, "fixed", name));
        var before = File.ReadAllBytes(path);
        using var engine = new Engine();
        var found = engine.Run("Find-MidLegacyCall -Path $path -Fix -WarningAction SilentlyContinue", ("path", path));
        Assert.DoesNotContain(found, item => ((LegacyCall)item.BaseObject).Rule == "imds.token"
            && ((LegacyCall)item.BaseObject).FixState != LegacyFixState.ByHand);
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Fact]
    public void Files_that_can_t_be_fixed_are_not_touched()
    {
        using var scratch = new Scratch();
        using var engine = new Engine();
        foreach (var (name, calls) in Expected().Where(file => !file.Value.Any(call => call.Fix)))
        {
            var path = scratch.Copy(Path.Combine(Folder, "find", name));
            var before = File.ReadAllBytes(path);
            var stamp = File.GetLastWriteTimeUtc(path);
            var outcome = engine.Try("Find-MidLegacyCall -LiteralPath $path -Fix", ("path", path));
            Assert.Contains(
                outcome.Warnings, warning => warning.Contains($"{calls.Count} left", StringComparison.Ordinal));
            Assert.Equal(before, File.ReadAllBytes(path));
            Assert.Equal(stamp, File.GetLastWriteTimeUtc(path));
        }
    }

    private static IReadOnlyList<LegacyCall> Scan(string path)
    {
        var calls = LegacyScanner.Scan(ScriptFile.Read(path), out var errors);
        Assert.Empty(errors.Select(error => error.Message));
        return calls!;
    }

    private static TheoryData<string> Names(string folder) =>
        [.. Directory.GetFiles(Path.Combine(Folder, folder)).Select(file => Path.GetFileName(file)!)
            .Order(StringComparer.Ordinal)];

    private static Dictionary<string, List<ExpectedCall>> Expected()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "expected.json")));
        return json.RootElement.GetProperty("files").EnumerateObject().ToDictionary(
            file => file.Name,
            file => file.Value.EnumerateArray().Select(call => new ExpectedCall(
                call.GetProperty("line").GetInt32(),
                call.GetProperty("column").GetInt32(),
                call.GetProperty("rule").GetString()!,
                call.GetProperty("fix").GetBoolean(),
                call.GetProperty("text").GetString()!,
                call.GetProperty("replacement").GetString())).ToList());
    }

    private sealed record ExpectedCall(int Line, int Column, string Rule, bool Fix, string Text, string? Replacement);
}

/// <summary>A folder that is there for one test.</summary>
internal sealed class Scratch : IDisposable
{
    internal string Folder { get; } = Directory.CreateTempSubdirectory("midentity-").FullName;

    public void Dispose() => Directory.Delete(Folder, true);

    internal string Copy(string from) => Write(Path.GetFileName(from), File.ReadAllBytes(from));

    internal string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    internal string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
