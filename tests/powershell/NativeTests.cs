using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Midentity.PowerShell.Native;
using Xunit;

namespace Midentity.PowerShell.Tests;

/// <summary>What the module knows of the C interface, held against the header and the list of symbols.</summary>
public sealed partial class NativeTests
{
    private static readonly string Header = File.ReadAllText(Path.Combine(Engine.RepositoryRoot, "include", "midentity.h"));

    public static IEnumerable<TheoryDataRow<string>> Imports() => typeof(NativeMethods)
        .GetMethods(BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.DeclaredOnly)
        .Select(method => new TheoryDataRow<string>(method.Name));

    [Fact]
    public void The_imports_are_imports_and_nothing_else()
    {
        var exported = File.ReadAllLines(Path.Combine(Engine.RepositoryRoot, "bindings", "c", "symbols.txt"));
        foreach (var method in typeof(NativeMethods).GetMethods(BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly))
        {
            var import = method.GetCustomAttribute<DllImportAttribute>();
            Assert.NotNull(import);
            Assert.Equal((CallingConvention.Cdecl, "midentity", true), (import.CallingConvention, import.Value, import.ExactSpelling));
            Assert.Contains(method.Name, exported);
        }
    }

    [Theory]
    [MemberData(nameof(Imports))]
    public void An_import_has_the_header_s_parameters(string name)
    {
        var method = typeof(NativeMethods).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!;
        var declared = Regex.Match(Header, $@"MIDENTITY_API\s+([^;(]*?)\b{name}\(([^;]*)\);", RegexOptions.Singleline);
        Assert.True(declared.Success, name);
        var parameters = Spaces().Replace(declared.Groups[2].Value, " ").Split(", ").Where(text => text != "void").ToArray();
        Assert.Equal(parameters.Select(Expected), method.GetParameters().Select(parameter => Actual(parameter.ParameterType, parameter.IsOut)));
        Assert.Equal(Expected($"{declared.Groups[1].Value}x"), Actual(method.ReturnType, false));
    }

    [Theory]
    [InlineData("midentity_credential_options", typeof(CredentialOptions))]
    [InlineData("midentity_token_options", typeof(TokenOptions))]
    [InlineData("midentity_instance_options", typeof(InstanceOptions))]
    [InlineData("midentity_arm_client_options", typeof(ArmClientOptions))]
    [InlineData("midentity_log_record", typeof(LogRecord))]
    [InlineData("midentity_progress", typeof(Progress))]
    public void A_struct_has_the_header_s_fields(string name, Type type)
    {
        var body = Regex.Match(Header, $@"typedef struct {name} \{{(.*?)\}} {name};", RegexOptions.Singleline).Groups[1].Value;
        var fields = Fields().Matches(Comments().Replace(body, string.Empty))
            .Select(match => (Plain(match.Groups[2].Value), Expected(match.Value.Trim().TrimEnd(';'))));
        var ours = type.GetFields(BindingFlags.NonPublic | BindingFlags.Instance)
            .OrderBy(field => Marshal.OffsetOf(type, field.Name))
            .Select(field => (Plain(field.Name), Actual(field.FieldType, false)));
        Assert.Equal(fields, ours);
        Assert.NotEmpty(ours);
    }

    [Fact]
    public void Constants_are_the_header_s()
    {
        var numbers = Defines().Matches(Header).ToDictionary(
            match => match.Groups[1].Value.Replace("_", string.Empty, StringComparison.Ordinal).ToLowerInvariant(),
            match => long.Parse(match.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture));
        var ours = typeof(NativeConstants).GetFields(BindingFlags.NonPublic | BindingFlags.Static);
        Assert.NotEmpty(ours);
        foreach (var constant in ours)
        {
            Assert.Equal(numbers[constant.Name.ToLowerInvariant()], Convert.ToInt64(constant.GetRawConstantValue(), null));
        }

        foreach (var kind in Enum.GetValues<MidIdentityKind>())
        {
            Assert.Equal(numbers[$"identity{kind}".ToLowerInvariant()], (int)kind);
        }

        foreach (var source in Enum.GetValues<MidTokenSource>())
        {
            Assert.Equal(numbers[$"source{source}".ToLowerInvariant()], (int)source);
        }
    }

    [Fact]
    public void Texts_are_copied_whole()
    {
        using var texts = new NativeTexts();
        unsafe
        {
            Assert.True(texts.Add((string?)null).Bytes == null);
            var empty = texts.Add(string.Empty);
            Assert.True(empty.Bytes != null);
            Assert.Equal((nuint)0, empty.Length);
            var text = texts.Add("ä\0b");
            Assert.Equal((nuint)4, text.Length);
            Assert.Equal("ä\0b", NativeTexts.Read(text.Bytes, text.Length));
            Assert.Equal("ä", NativeTexts.Read(text.Bytes));
            var list = texts.Add(["a", "ü"]);
            Assert.Equal("ü", NativeTexts.Read(list[1]));
        }

        Assert.Throws<MidentityException>(() => texts.Add("\ud800"));
        Assert.Throws<MidentityException>(() => { unsafe { texts.Add(["a\0b"]); } });
    }

    private static string Plain(string name) => name.Replace("_", string.Empty, StringComparison.Ordinal).ToLowerInvariant();

    /// <summary>A C declaration as the kind of value that crosses.</summary>
    private static string Expected(string declaration)
    {
        var text = declaration.Replace("const ", string.Empty, StringComparison.Ordinal).Replace("struct ", string.Empty, StringComparison.Ordinal);
        var stars = text.Count(c => c == '*');
        var word = text.Trim().Split(' ', '*')[0];
        if (stars > 0 || word.EndsWith("_callback", StringComparison.Ordinal))
        {
            return "pointer";
        }

        return word switch
        {
            "size_t" => "word",
            "int32_t" or "uint32_t" or "midentity_status" => "32 bits",
            "int64_t" or "uint64_t" => "64 bits",
            "double" => "double",
            "bool" => "8 bits",
            "void" => "nothing",
            _ => throw new InvalidOperationException(declaration),
        };
    }

    private static string Actual(Type type, bool isOut)
    {
        if (isOut || type.IsPointer || type.IsByRef || type == typeof(IntPtr) || typeof(SafeHandle).IsAssignableFrom(type))
        {
            return "pointer";
        }

        return type == typeof(nuint) ? "word"
            : type == typeof(int) || type == typeof(uint) ? "32 bits"
            : type == typeof(long) || type == typeof(ulong) ? "64 bits"
            : type == typeof(double) ? "double"
            : type == typeof(byte) ? "8 bits"
            : type == typeof(void) ? "nothing"
            : throw new InvalidOperationException(type.Name);
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comments();

    [GeneratedRegex(@"([\w ]+[ *]+)(\w+);")]
    private static partial Regex Fields();

    [GeneratedRegex(@"#define MIDENTITY_(\w+) (-?\d+)")]
    private static partial Regex Defines();
}
