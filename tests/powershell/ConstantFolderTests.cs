using System;
using System.Diagnostics;
using System.Linq;
using System.Management.Automation.Language;
using System.Text;
using Midentity.PowerShell.Migration;
using Xunit;

namespace Midentity.PowerShell.Tests;

/// <summary>What a text will be, as far as a script says it; the last statement of each script is looked at.</summary>
public sealed class ConstantFolderTests
{
    [Theory]
    [InlineData("'a'", "a")]
    [InlineData("\"a`tb`$`\"\"", "a\tb$\"")]
    [InlineData("\"a\"\"b\"", "a\"b")]
    [InlineData("$x = 'b'; \"a${x}c$($x)d\"", "abcbd")]
    [InlineData("$x = 'b'; \"a`\"$x`n\"", "a\"b\n")]
    [InlineData("@'\na\"b`\n'@", "a\"b`")]
    [InlineData("$x = 'b'\n@\"\na$x`t\"c\"\n\"@", "ab\t\"c\"")]
    [InlineData("'a' + 'b' + 3", "ab3")]
    [InlineData("('a' + ('b'))", "ab")]
    [InlineData("'{1}{0}{{x}}{0:d}' -f 'a', 'b'", "ba{x}a")]
    [InlineData("'{0}{5}' -f 'a'", "a?")]
    [InlineData("'a', 'b' -join '&'", "a&b")]
    [InlineData("-join @('a', 'b')", "ab")]
    [InlineData("[string]::Format('{0}-{1}', 'a', 'b')", "a-b")]
    [InlineData("[string]::Concat('a', 'b')", "ab")]
    [InlineData("[uri]::EscapeDataString('a b/c')", "a%20b%2Fc")]
    [InlineData("[uri]'http://a'", "http://a")]
    [InlineData("[uri]::new('http://a')", "http://a")]
    [InlineData("'http://a/'.TrimEnd('/')", "http://a")]
    [InlineData("$x = 'a'; $x += 'b'; $x += 'c'; $x", "abc")]
    [InlineData("$x = 'a'; $x = 'b'; $x", "b")]
    [InlineData("$script:x = 'a'; $x", "a")]
    [InlineData("$t = @{ Host = 'a'; Path = 'b' }; $t.Host + $t['Path']", "ab")]
    [InlineData("$t = @{}; $t.Host = 'a'; $t.Host = 'b'; $t.Host", "b")]
    [InlineData("$y", "?")]
    [InlineData("\"a$($y.Name)b\"", "a?b")]
    [InlineData("$x = Get-Content f; \"a$x\"", "a?")]
    [InlineData("foreach ($x in 1, 2) { }; \"a$x\"", "a?")]
    [InlineData("$x, $y = 'a', 'b'; $x", "?")]
    [InlineData("$x = 'a'; $x.ToUpper()", "?")]
    public void Texts_are_read(string script, string text) =>
        Assert.Equal(text, Fold(script).Text.Replace(ConstantText.HoleMark, '?'));

    [Theory]
    [InlineData("function f { $a = \"$a$a\"; $a }")]
    [InlineData("function f { $a = \"$b$b\"; $b = \"$a$a\"; $a }")]
    [InlineData("$a = { $a }; $t = @{ x = $t.x }; $t.x + $t.x")]
    public void What_is_made_of_itself_ends(string script)
    {
        var time = Stopwatch.StartNew();
        Fold(script);
        Assert.True(time.Elapsed < TimeSpan.FromSeconds(5), $"{time.Elapsed}");
    }

    [Fact]
    public void What_doubles_over_and_over_is_bounded()
    {
        var script = "$a = 'xxxxxxxx'" + string.Concat(Enumerable.Repeat("\n$a += $a", 60)) + "\n$a";
        Assert.True(Fold(script).Text.Length < 200_000);
        script = "$a = 'xxxxxxxx'" + string.Concat(Enumerable.Repeat("\n$a = \"$a$a$a\"", 60)) + "\n$a";
        Assert.True(Fold(script).Text.Length < 200_000);
    }

    [Fact]
    public void A_long_script_takes_no_long_time()
    {
        var script = new StringBuilder("$base = 'http://169.254.169.254'\n");
        for (var i = 0; i < 3000; i++)
        {
            script.Append(
                $"$r{i} = Invoke-RestMethod \"$base/metadata/instance?i={i}\" -Headers @{{Metadata='true'}}; echo \"$r{i}\"\n");
        }

        var file = ScriptFile.Decode("long.ps1", Encoding.UTF8.GetBytes(script.ToString()));
        var time = Stopwatch.StartNew();
        Assert.Equal(3000, LegacyScanner.Scan(file, out _)!.Count);
        Assert.True(time.Elapsed < TimeSpan.FromSeconds(20), $"{time.Elapsed}");
    }

    private static ConstantText Fold(string script)
    {
        var parsed = Parser.ParseInput(script, out _, out var errors);
        Assert.Empty(errors.Select(error => error.Message));
        var last = parsed.EndBlock.Statements[^1];
        if (last is FunctionDefinitionAst function)
        {
            last = function.Body.EndBlock.Statements[^1];
        }

        return new ConstantFolder(new VariableIndex(parsed)).Fold(last);
    }
}
