using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation.Language;
using System.Text;
using System.Text.RegularExpressions;
using Midentity.PowerShell.Migration;
using Xunit;

namespace Midentity.PowerShell.Tests;

/// <summary>docs/migration.md: each snippet before and after.</summary>
public sealed class MigrationPageTests
{
    private static readonly string Page = File.ReadAllText(
        Path.Combine(Engine.RepositoryRoot, "docs", "migration.md")).ReplaceLineEndings("\n");

    public static TheoryData<string> Headings => [.. Snippets().Select(snippet => snippet.Heading)];

    [Fact]
    public void All_five_tutorials_are_there()
    {
        for (var number = 1; number <= 5; number++)
        {
            Assert.Contains(
                Snippets(), snippet => snippet.Heading.StartsWith($"Tutorial {number}:", StringComparison.Ordinal));
        }

        Assert.Equal(Regex.Count(Page, "^```powershell$", RegexOptions.Multiline), 2 * Snippets().Count);
    }

    [Theory]
    [MemberData(nameof(Headings))]
    public void What_was_before_is_found_and_what_is_after_is_not(string heading)
    {
        var snippet = Snippets().Single(snippet => snippet.Heading == heading);
        var found = Scan(snippet.Before);
        Assert.NotEmpty(found);
        Assert.DoesNotContain(found, call => call.Rule == "address.expression");
        Assert.Empty(Scan(snippet.After).Select(call => call.Text));
    }

    [Theory]
    [MemberData(nameof(Headings))]
    public void What_Fix_is_said_to_write_is_what_it_writes(string heading)
    {
        var snippet = Snippets().Single(snippet => snippet.Heading == heading);
        var file = ScriptFile.Decode("before.ps1", Encoding.UTF8.GetBytes(snippet.Before));
        var edits = LegacyScanner.Scan(file, out _)!.SelectMany(call => call.Edits).ToList();
        Assert.Equal(snippet.IsFixed, edits.Count > 0);
        if (snippet.IsFixed)
        {
            Assert.Equal(snippet.After, Encoding.UTF8.GetString(file.Apply(edits)));
        }
    }

    [Fact]
    public void What_is_not_there_yet_is_named_and_nothing_else()
    {
        using var engine = new Engine();
        var exported = engine.Run("(Get-Command -Module Midentity).Name").Select(name => name.ToString());
        var used = Snippets()
            .SelectMany(snippet => VariableIndex.All<CommandAst>(Parser.ParseInput(snippet.After, out _, out _)))
            .Select(command => command.GetCommandName())
            .Where(name => name.Contains("-Mid", StringComparison.Ordinal))
            .Distinct();
        var coming = Page.Split("Coming with a later step")[1].Split("\n\n")[0];
        var named = Regex.Matches(coming, "`([^`]+)`").Select(match => match.Groups[1].Value);
        Assert.Equal(used.Except(exported).Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    private static IReadOnlyList<LegacyCall> Scan(string script)
    {
        var calls =
            LegacyScanner.Scan(ScriptFile.Decode("snippet.ps1", Encoding.UTF8.GetBytes(script)), out var errors);
        Assert.Empty(errors.Select(error => error.Message));
        return calls!;
    }

    private static IReadOnlyList<Snippet> Snippets()
    {
        var result = new List<Snippet>();
        foreach (var part in Page.Split("\n## Tutorial ").Skip(1))
        {
            var tutorial = "Tutorial " + part.Split('\n')[0];
            foreach (var section in part.Split("\n### ").Skip(1))
            {
                var match = Regex.Match(
                    section,
                    "^(.*)\n\nBefore[^\n]*:\n\n```powershell\n(.*?\n)```\n\nAfter([^\n]*):\n\n```powershell\n(.*?\n)```\n*$",
                    RegexOptions.Singleline);
                Assert.True(match.Success, section);
                result.Add(new Snippet(
                    $"{tutorial} / {match.Groups[1].Value}",
                    match.Groups[2].Value,
                    match.Groups[4].Value,
                    match.Groups[3].Value.Contains("`-Fix` writes", StringComparison.Ordinal)));
            }
        }

        return result;
    }

    private sealed record Snippet(string Heading, string Before, string After, bool IsFixed);
}
