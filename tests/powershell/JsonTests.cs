using System;
using System.Collections;
using System.Linq;
using System.Management.Automation;
using System.Numerics;
using System.Security;
using Midentity.PowerShell.Json;
using Xunit;

namespace Midentity.PowerShell.Tests;

public sealed class JsonTests
{
    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{")]
    [InlineData("[1,]")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\" 1}")]
    [InlineData("{a:1}")]
    [InlineData("01")]
    [InlineData("-")]
    [InlineData("1.")]
    [InlineData("1e")]
    [InlineData("+1")]
    [InlineData("nul")]
    [InlineData("truex")]
    [InlineData("\"a")]
    [InlineData("\"\\x\"")]
    [InlineData("\"\\u12\"")]
    [InlineData("\"\n\"")]
    [InlineData("1 2")]
    [InlineData("[1] x")]
    [InlineData("NaN")]
    public void What_is_no_JSON_is_refused_without_quoting_it(string text) =>
        Assert.DoesNotContain("\"", Assert.Throws<FormatException>(() => JsonReader.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Depth_has_a_limit()
    {
        string Nested(int depth) => new string('[', depth) + new string(']', depth);
        Assert.NotNull(JsonReader.Parse(Nested(JsonReader.Deepest)));
        Assert.Throws<FormatException>(() => JsonReader.Parse(Nested(100_000)));
    }

    [Fact]
    public void Numbers_nulls_empty_arrays_and_Unicode_are_kept()
    {
        var value = (PSObject)JsonReader.Parse(
            """
            {"whole": 9007199254740993, "least": -9223372036854775808, "large": 18446744073709551615, "part": 0.1,
             "huge": 1e300, "none": null, "empty": [], "object": {}, "yes": true, "no": false,
             "text": "ä 漢 \ud83d\ude00 \" \\ \/ \b\f\n\r\t\u0000", "one": [null], "Ä": 1}
            """)!;
        Assert.Equal(9007199254740993L, value.Member("whole"));
        Assert.Equal(long.MinValue, value.Member("least"));
        Assert.Equal(18446744073709551615m, value.Member("large"));
        Assert.Equal(0.1, value.Member("part"));
        Assert.Equal(1e300, value.Member("huge"));
        Assert.NotNull(value.Properties["none"]);
        Assert.Null(value.Member("none"));
        Assert.Empty((object[])value.Member("empty")!);
        Assert.Empty(((PSObject)value.Member("object")!).Properties);
        Assert.Equal(true, value.Member("yes"));
        Assert.Equal(false, value.Member("no"));
        Assert.Equal("ä 漢 😀 \" \\ / \b\f\n\r\t\0", value.Member("text"));
        Assert.Null(Assert.Single((object?[])value.Member("one")!));
        Assert.Equal(1L, value.Member("Ä"));
        Assert.Equal("whole", value.Properties.First().Name);
    }

    [Fact]
    public void What_scripts_build_is_written()
    {
        var table = new System.Collections.Specialized.OrderedDictionary
        {
            ["text"] = "ä\"\\\n😀",
            ["numbers"] = new object[] { 1, 2L, 3.5, 1e300, 4m, BigInteger.Parse("123456789012345678901234567890") },
            ["nothing"] = null,
            ["flags"] = new object[] { true, new SwitchParameter(false) },
            ["empty"] = Array.Empty<object>(),
            ["time"] = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1)),
            ["wrapped"] = PSObject.AsPSObject(PSObject.AsPSObject("x")),
        };
        Assert.Equal(
            """{"text":"ä\"\\\u000a😀","numbers":[1,2,3.5,1E+300,4,123456789012345678901234567890],"nothing":null,"flags":[true,false],"empty":[],"time":"2026-01-02T02:04:05Z","wrapped":"x"}""",
            JsonWriter.Write(table));
        var read = JsonWriter.Write(JsonReader.Parse("""{"a":{"b":[1,null,{"c":"d"}]}}"""));
        Assert.Equal("""{"a":{"b":[1,null,{"c":"d"}]}}""", read);
    }

    [Fact]
    public void What_has_no_meaning_in_JSON_is_refused()
    {
        var itself = new ArrayList();
        itself.Add(itself);
        foreach (var value in new object[] { itself, double.NaN, double.PositiveInfinity, new SecureString(), new Random() })
        {
            Assert.Throws<ArgumentException>(() => JsonWriter.Write(value));
        }
    }
}
