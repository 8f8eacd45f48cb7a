using System;
using System.Linq;
using System.Management.Automation;
using Midentity.PowerShell.Json;
using Xunit;

namespace Midentity.PowerShell.Tests;

public sealed class JsonReaderTests
{
    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{")]
    [InlineData("{\"a\"")]
    [InlineData("{\"a\":}")]
    [InlineData("{\"a\" 1}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{a:1}")]
    [InlineData("[1,]")]
    [InlineData("[1 2]")]
    [InlineData("[")]
    [InlineData("1 2")]
    [InlineData("nul")]
    [InlineData("True")]
    [InlineData("01")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("-")]
    [InlineData("1e")]
    [InlineData("+1")]
    [InlineData("NaN")]
    [InlineData("\"a")]
    [InlineData("\"a\\")]
    [InlineData("\"\\x\"")]
    [InlineData("\"\\u12\"")]
    [InlineData("\"\\u12g4\"")]
    [InlineData("\"a\nb\"")]
    [InlineData("\"\\n\nb\"")]
    public void What_is_no_JSON_is_refused(string text) => Assert.Throws<FormatException>(() => JsonReader.Parse(text));

    [Fact]
    public void A_fault_says_where_and_not_what()
    {
        var error = Assert.Throws<FormatException>(() => JsonReader.Parse("{\"access_token\": canary}"));
        Assert.Contains("character 17", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Depth_has_a_limit()
    {
        string Nested(int depth) => new string('[', depth) + new string(']', depth);
        Assert.NotNull(JsonReader.Parse(Nested(JsonReader.Deepest)));
        Assert.Throws<FormatException>(() => JsonReader.Parse(Nested(JsonReader.Deepest + 2)));
        Assert.Throws<FormatException>(() => JsonReader.Parse(new string('[', 1_000_000)));
    }

    [Theory]
    [InlineData("0", 0L)]
    [InlineData("-0", 0L)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    [InlineData("1.5", 1.5)]
    [InlineData("1e3", 1000.0)]
    [InlineData("-2.5E-1", -0.25)]
    [InlineData("1e400", double.PositiveInfinity)]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData(" null ", null)]
    [InlineData("\"\"", "")]
    [InlineData("\"\\u00e9\\n\\\"\\/\\\\\\b\\f\\r\\t\"", "é\n\"/\\\b\f\r\t")]
    [InlineData("\"\\ud83d\\ude00 😀\"", "😀 😀")]
    public void Values_keep_their_kind(string text, object? value) => Assert.Equal(value, JsonReader.Parse(text));

    [Fact]
    public void Half_a_surrogate_pair_stays_what_it_is() =>
        Assert.Equal("a\ud800b", (string?)JsonReader.Parse("\"a\\ud800b\""), StringComparer.Ordinal);

    [Fact]
    public void Whole_numbers_beyond_64_bits_stay_exact() =>
        Assert.Equal(9223372036854775808m, JsonReader.Parse("9223372036854775808"));

    [Fact]
    public void Objects_keep_order_nulls_and_empty_arrays()
    {
        var value = (PSObject)JsonReader.Parse(
            " { \"z\" : null , \"a\":[ ], \"m\":{ }, \"n\":[null,1,[\"x\"]], \"\":1, \"with space\":\"ü\" } ")!;
        Assert.Equal(["z", "a", "m", "n", "with space"], value.Properties.Select(property => property.Name));
        Assert.Null(value.Properties["z"].Value);
        Assert.Empty(Assert.IsType<object?[]>(value.Properties["a"].Value));
        Assert.Empty(Assert.IsType<PSObject>(value.Properties["m"].Value).Properties);
        var items = Assert.IsType<object?[]>(value.Properties["n"].Value);
        Assert.Equal([null, 1L], items.Take(2));
        Assert.Equal("ü", value.Properties["with space"].Value);
    }

    [Fact]
    public void Of_two_names_that_differ_in_case_the_later_wins()
    {
        var value = (PSObject)JsonReader.Parse("{\"Id\":1,\"id\":2}")!;
        Assert.Equal(2L, Assert.Single(value.Properties).Value);
    }
}
