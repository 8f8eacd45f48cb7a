using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Text.RegularExpressions;
using Xunit;

namespace Midentity.PowerShell.Tests;

/// <summary>Cmdlets, parameters and help say the same. xtask makes the help; see make test-powershell.</summary>
public sealed class HelpTests : IDisposable
{
    private static readonly string[] Common =
    [
        .. PSCmdlet.CommonParameters.Concat(PSCmdlet.OptionalCommonParameters)
            .Where(name => name is not ("WhatIf" or "Confirm")),
    ];

    private readonly Engine engine = new();

    public static TheoryData<string> Cmdlets
    {
        get
        {
            using var engine = new Engine();
            return [.. engine.Run("(Get-Command -Module Midentity).Name").Select(name => name.ToString())];
        }
    }

    public static TheoryData<string> Topics =>
        ["about_Midentity", "about_Midentity_Errors", "about_Midentity_Migration"];

    public void Dispose() => engine.Dispose();

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Full_help_has_every_part(string name)
    {
        var help = engine.Run("Get-Help $name -Full", ("name", name)).Single();
        Assert.StartsWith("MamlCommandHelpInfo#", help.TypeNames[0], StringComparison.Ordinal);
        Assert.NotEmpty(Text(help, "Synopsis"));
        Assert.NotEmpty(Text(help, "description"));
        Assert.True(Items(Item(help, "examples"), "example").Count >= 2);
        Assert.NotEmpty(Items(Item(help, "returnValues"), "returnValue"));
        var shown = engine.Show("Get-Help $name -Full", ("name", name));
        Assert.DoesNotContain("{{", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("```", shown, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Each_parameter_is_described_as_it_is(string name)
    {
        var command = Command(name);
        var help = engine.Run("Get-Help $name -Full", ("name", name)).Single();
        var described = Items(Item(help, "parameters"), "parameter").ToDictionary(item => Text(item, "name"));
        var real = command.Parameters.Values.Where(parameter => !Common.Contains(parameter.Name)).ToList();
        Assert.Equal(real.Select(parameter => parameter.Name).Order(), described.Keys.Order());
        foreach (var parameter in real)
        {
            var page = described[parameter.Name];
            var sets = parameter.ParameterSets.Values.ToList();
            Assert.NotEmpty(Text(page, "description"));
            Assert.Equal(sets.All(set => set.IsMandatory), bool.Parse(Text(page, "required")));
            var position = sets.Select(set => set.Position).Where(at => at >= 0).DefaultIfEmpty(-1).First();
            Assert.Equal(position < 0 ? "named" : $"{position}", Text(page, "position"));
            var pipeline = new[]
            {
                sets.Any(set => set.ValueFromPipelineByPropertyName) ? "ByPropertyName" : null,
                sets.Any(set => set.ValueFromPipeline) ? "ByValue" : null,
            }.OfType<string>().ToList();
            Assert.Equal(
                pipeline.Count == 0 ? "False" : $"True ({string.Join(", ", pipeline)})",
                Text(page, "pipelineInput"));
            Assert.Equal(
                parameter.Attributes.OfType<SupportsWildcardsAttribute>().Any(),
                bool.Parse(Text(page, "globbing")));
            Assert.Equal(
                parameter.Aliases.Count == 0 ? "none" : string.Join(", ", parameter.Aliases),
                Text(page, "aliases"));
            Assert.Equal(parameter.ParameterType.Name, Text(Item(page, "type"), "name"));
        }
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Syntax_is_what_the_engine_says(string name)
    {
        var page = File.ReadAllText(
            Path.Combine(Engine.RepositoryRoot, "bindings/powershell/module/help", name + ".md"))
                .ReplaceLineEndings("\n");
        var syntax = page.Split("## SYNTAX")[1].Split("## DESCRIPTION")[0];
        var written = Regex.Matches(syntax, "```\n(.*?)\n```", RegexOptions.Singleline)
            .Select(match => Regex.Replace(match.Groups[1].Value, @"\s+", " "));
        var real = Command(name).ParameterSets.Select(set => $"{name} {set}");
        Assert.Equal(
            real.Order(StringComparer.OrdinalIgnoreCase),
            written.Order(StringComparer.OrdinalIgnoreCase),
            StringComparer.OrdinalIgnoreCase);
        var help = engine.Run("Get-Help $name", ("name", name)).Single();
        Assert.Equal(Command(name).ParameterSets.Count, Items(Item(help, "Syntax"), "syntaxItem").Count);
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Examples_are_PowerShell(string name)
    {
        var help = engine.Run("Get-Help $name -Full", ("name", name)).Single();
        foreach (var example in Items(Item(help, "examples"), "example"))
        {
            Assert.True(Migration.ScriptText.Parses(Text(example, "code")), Text(example, "code"));
            Assert.NotEmpty(Text(example, "remarks"));
        }
    }

    [Theory]
    [MemberData(nameof(Topics))]
    public void Topics_are_found_and_have_a_short_description(string topic)
    {
        var text = engine.Run("Get-Help $topic", ("topic", topic)).Single().ToString();
        Assert.StartsWith("TOPIC", text.TrimStart(), StringComparison.Ordinal);
        Assert.Contains("SHORT DESCRIPTION\n    ", text.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.All(
            text.ReplaceLineEndings("\n").Split('\n').Where(line => !line.Contains("://", StringComparison.Ordinal)),
            line => Assert.True(line.Length < 100, line));
    }

    [Fact]
    public void Every_rule_that_the_vectors_know_is_in_the_topic_and_the_other_way_round()
    {
        var text = engine.Run("Get-Help about_Midentity_Migration").Single().ToString();
        var rules = text.Split("RULES")[1].Split("WHAT CHANGES")[0];
        const string Areas = "imds|extension|arc|appservice|servicefabric|arm|dotnet|address|token|az|azuread|cli|module";
        var named = Regex.Matches(rules, $@"\b(?:{Areas})\.[a-z-]+\b")
            .Select(match => match.Value).Distinct();
        var expected = File.ReadAllText(Path.Combine(Engine.RepositoryRoot, "tests/vectors/legacy/expected.json"));
        var used = Regex.Matches(expected, "\"rule\": \"([^\"]+)\"").Select(match => match.Groups[1].Value).Distinct();
        Assert.Equal(used.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_kind_of_error_is_in_the_topic_with_its_category()
    {
        var text = Regex.Replace(engine.Run("Get-Help about_Midentity_Errors").Single().ToString(), " +", " ");
        foreach (var kind in Enum.GetValues<MidErrorKind>())
        {
            Assert.Contains($"| {kind} | {kind.Category()} |", text, StringComparison.Ordinal);
        }
    }

    private CommandInfo Command(string name) =>
        (CommandInfo)engine.Run("Get-Command $name", ("name", name)).Single().BaseObject;

    private static PSObject Item(PSObject from, string name) =>
        from.Properties[name]?.Value is { } value ? PSObject.AsPSObject(value) : new PSObject();

    private static IReadOnlyList<PSObject> Items(PSObject from, string name) => from.Properties[name]?.Value switch
    {
        null => [],
        PSObject { BaseObject: object[] several } => [.. several.Select(PSObject.AsPSObject)],
        object[] several => [.. several.Select(PSObject.AsPSObject)],
        var single => [PSObject.AsPSObject(single)],
    };

    /// <summary>A text of the help, or the texts of its paragraphs.</summary>
    private static string Text(PSObject from, string name)
    {
        var value = from.Properties[name]?.Value;
        return value switch
        {
            PSObject { BaseObject: object[] paragraphs } => Joined(paragraphs),
            object[] paragraphs => Joined(paragraphs),
            null => string.Empty,
            _ => value.ToString()!.Trim(),
        };

        static string Joined(object[] paragraphs) => string.Join(
            '\n', paragraphs.Select(item => PSObject.AsPSObject(item).Properties["Text"]?.Value?.ToString())
                .Where(text => !string.IsNullOrEmpty(text)));
    }
}
