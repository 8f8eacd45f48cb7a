using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation.Language;

namespace Midentity.PowerShell.Migration;

/// <summary>A command with its arguments by name, splatted ones too.</summary>
internal sealed class CommandCall
{
    private static readonly Dictionary<string, string> Aliases = new(StringComparer.OrdinalIgnoreCase)
    {
        ["iwr"] = "Invoke-WebRequest",
        ["irm"] = "Invoke-RestMethod",
        ["echo"] = "Write-Output",
        ["write"] = "Write-Output",
        ["oh"] = "Out-Host",
        ["tee"] = "Tee-Object",
        ["sc"] = "Set-Content",
        ["ac"] = "Add-Content",
        ["select"] = "Select-Object",
        ["foreach"] = "ForEach-Object",
        ["%"] = "ForEach-Object",
        ["inmo"] = "Install-Module",
        ["ipmo"] = "Import-Module",
    };

    private static readonly string[] CommonSwitches =
        ["Verbose", "Debug", "WhatIf", "Confirm", "Force", "PassThru", "AsJob", "NoWait"];

    private static readonly Dictionary<string, string> ShortNames = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ea"] = "ErrorAction",
        ["ev"] = "ErrorVariable",
        ["wa"] = "WarningAction",
        ["ov"] = "OutVariable",
        ["infa"] = "InformationAction",
        ["vb"] = "Verbose",
        ["db"] = "Debug",
    };

    private readonly List<KeyValuePair<string, Ast?>> named = [];
    private readonly List<ExpressionAst> positional = [];

    private CommandCall(CommandAst ast, string name)
    {
        Ast = ast;
        Name = name;
    }

    internal CommandAst Ast { get; }

    /// <summary>The command's name, without its module and with aliases replaced.</summary>
    internal string Name { get; }

    /// <summary>Whether arguments come from a table: such a call is reported, never rewritten.</summary>
    internal bool IsSplatted { get; private set; }

    /// <summary>Whether some arguments come from where the script does not show them.</summary>
    internal bool HasUnknownArguments { get; private set; }

    internal IReadOnlyList<ExpressionAst> Positional => positional;

    internal IEnumerable<string> Names => named.Select(argument => argument.Key);

    /// <summary>The name under which a command is known; null where it is only known at run time.</summary>
    internal static string? NameOf(CommandAst command)
    {
        var name = command.GetCommandName();
        if (string.IsNullOrEmpty(name))
        {
            return null;
        }

        var module = name.LastIndexOf('\\');
        name = module > 0 && name.IndexOf('/') < 0 && name.IndexOf(':') < 0 ? name.Substring(module + 1) : name;
        return Aliases.TryGetValue(name, out var full) ? full : name;
    }

    /// <summary>Sorts the arguments; a parameter that is no switch takes the next element as its value.</summary>
    internal static CommandCall Read(
        CommandAst command,
        string name,
        IReadOnlyCollection<string> parameters,
        IReadOnlyCollection<string> switches,
        ConstantFolder folder)
    {
        var call = new CommandCall(command, name);
        IReadOnlyList<CommandElementAst> elements = command.CommandElements;
        for (var i = 1; i < elements.Count; i++)
        {
            switch (elements[i])
            {
                case CommandParameterAst parameter:
                    var full = call.FullName(parameter.ParameterName, parameters, switches, out var isSwitch);
                    var value = parameter.Argument;
                    if (value is null && !isSwitch && i + 1 < elements.Count && elements[i + 1] is ExpressionAst next)
                    {
                        value = next;
                        i++;
                    }

                    call.named.Add(new KeyValuePair<string, Ast?>(full, value));
                    break;
                case VariableExpressionAst { Splatted: true } splat:
                    call.Splat(splat, parameters, switches, folder);
                    break;
                case ExpressionAst expression:
                    call.positional.Add(expression);
                    break;
                default:
                    call.HasUnknownArguments = true;
                    break;
            }
        }

        return call;
    }

    internal bool Has(string name) => named.Any(argument => ScriptText.Same(argument.Key, name));

    /// <summary>A named argument's value, by the first of several names.</summary>
    internal Ast? Value(params string[] names)
    {
        foreach (var name in names)
        {
            foreach (var argument in named.Where(argument => ScriptText.Same(argument.Key, name)))
            {
                return argument.Value;
            }
        }

        return null;
    }

    /// <summary>The argument of a name, else the one at a place.</summary>
    internal Ast? Value(string name, int position) =>
        Value(name) ?? (!Has(name) && position < positional.Count ? positional[position] : null);

    /// <summary>The arguments as they are written, without those of some names.</summary>
    internal string Rest(
        IReadOnlyCollection<string> parameters, IReadOnlyCollection<string> switches, params string[] without)
    {
        var result = new List<string>();
        IReadOnlyList<CommandElementAst> elements = Ast.CommandElements;
        for (var i = 1; i < elements.Count; i++)
        {
            if (elements[i] is not CommandParameterAst parameter)
            {
                result.Add(elements[i].Extent.Text);
                continue;
            }

            var full = FullName(parameter.ParameterName, parameters, switches, out var isSwitch);
            var text = parameter.Extent.Text;
            if (parameter.Argument is null && !isSwitch && i + 1 < elements.Count && elements[i + 1] is ExpressionAst)
            {
                text += " " + elements[++i].Extent.Text;
            }

            if (!without.Contains(full, StringComparer.OrdinalIgnoreCase))
            {
                result.Add(text);
            }
        }

        return string.Join(" ", result);
    }

    private string FullName(
        string written,
        IReadOnlyCollection<string> parameters,
        IReadOnlyCollection<string> switches,
        out bool isSwitch)
    {
        var name = ShortNames.TryGetValue(written, out var longer) ? longer : written;
        var all = parameters.Concat(switches).Concat(CommonSwitches).ToList();
        var exact = all.FirstOrDefault(known => ScriptText.Same(known, name));
        var matches = all.Where(known => known.StartsWith(name, StringComparison.OrdinalIgnoreCase)).ToList();
        var full = exact ?? (matches.Count == 1 ? matches[0] : name);
        isSwitch = switches.Concat(CommonSwitches).Contains(full, StringComparer.OrdinalIgnoreCase);
        return full;
    }

    private void Splat(
        VariableExpressionAst splat,
        IReadOnlyCollection<string> parameters,
        IReadOnlyCollection<string> switches,
        ConstantFolder folder)
    {
        IsSplatted = true;
        var table = folder.Table(splat, splat);
        if (table is null)
        {
            HasUnknownArguments = true;
            return;
        }

        foreach (var entry in table)
        {
            folder.Use(entry.Value);
            named.Add(new KeyValuePair<string, Ast?>(FullName(entry.Key, parameters, switches, out _), entry.Value));
        }
    }
}
