using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using Midentity.PowerShell.Migration;

namespace Midentity.PowerShell.Commands;

/// <summary>Finds calls in scripts that midentity takes the place of, and rewrites the sure ones.</summary>
[Cmdlet(
    VerbsCommon.Find,
    "MidLegacyCall",
    DefaultParameterSetName = "Path",
    SupportsShouldProcess = true,
    ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(LegacyCall))]
public sealed class FindMidLegacyCallCommand : PSCmdlet
{
    private static readonly string[] Scripts = [".ps1", ".psm1"];

    private readonly HashSet<string> seen = new(StringComparer.Ordinal);

    /// <summary>Scripts, or folders with scripts; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = "Path")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Scripts or folders by their exact names.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = "LiteralPath")]
    [Alias("PSPath", "FullName", "LP")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Rewrites the calls of which no use is left unseen; every other byte of the file stays.</summary>
    [Parameter]
    public SwitchParameter Fix { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (var file in ParameterSetName == "Path" ? Path.SelectMany(Matching) : LiteralPath.SelectMany(Exact))
        {
            if (Stopping)
            {
                return;
            }

            if (seen.Add(file))
            {
                Look(file);
            }
        }
    }

    /// <summary>
    /// The file, or the scripts of a folder and of those in it. Links to folders are not followed: they may lead in
    /// circles. A folder that can't be read is one error, and the others go on.
    /// </summary>
    private IReadOnlyList<string> Below(string path)
    {
        if (!Directory.Exists(path))
        {
            return [path];
        }

        var found = new List<string>();
        var folders = new Stack<string>([path]);
        while (folders.Count > 0 && !Stopping)
        {
            var folder = folders.Pop();
            try
            {
                found.AddRange(Directory.GetFiles(folder).Where(file =>
                    Scripts.Contains(System.IO.Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)));
                foreach (var inner in Directory.GetDirectories(folder))
                {
                    if ((File.GetAttributes(inner) & FileAttributes.ReparsePoint) == 0)
                    {
                        folders.Push(inner);
                    }
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                WriteError(new ErrorRecord(error, "legacy.read", ErrorCategory.ReadError, folder));
            }
        }

        found.Sort(StringComparer.Ordinal);
        return found;
    }

    private IReadOnlyList<string> Matching(string path)
    {
        try
        {
            var found = GetResolvedProviderPathFromPSPath(path, out var provider);
            return InFiles(path, provider) ? [.. found.SelectMany(Below)] : [];
        }
        catch (Exception error) when (error is ItemNotFoundException or SessionStateException)
        {
            WriteError(new ErrorRecord(error, "legacy.path", ErrorCategory.ObjectNotFound, path));
            return [];
        }
    }

    private IReadOnlyList<string> Exact(string path)
    {
        try
        {
            var full = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
            if (!InFiles(path, provider))
            {
                return [];
            }

            if (!File.Exists(full) && !Directory.Exists(full))
            {
                throw new ItemNotFoundException($"There is no {full}.");
            }

            return [.. Below(full)];
        }
        catch (Exception error) when (error is ItemNotFoundException or SessionStateException)
        {
            WriteError(new ErrorRecord(error, "legacy.path", ErrorCategory.ObjectNotFound, path));
            return [];
        }
    }

    private bool InFiles(string path, ProviderInfo provider)
    {
        if (provider.Name == "FileSystem")
        {
            return true;
        }

        var error = new NotSupportedException($"{path} is no file: its provider is {provider.Name}.");
        WriteError(new ErrorRecord(error, "legacy.path", ErrorCategory.InvalidArgument, path));
        return false;
    }

    private void Look(string path)
    {
        ScriptFile file;
        try
        {
            file = ScriptFile.Read(path);
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            WriteError(new ErrorRecord(error, "legacy.read", ErrorCategory.ReadError, path));
            return;
        }

        if (LegacyScanner.Scan(file, out var errors) is not { } calls)
        {
            var first = errors[0];
            var error = new ParseException($"{path}({first.Extent.StartLineNumber}): {first.Message}");
            WriteError(new ErrorRecord(error, "legacy.parse", ErrorCategory.ParserError, path));
            return;
        }

        if (Fix && calls.Count > 0)
        {
            Rewrite(file, calls);
        }

        WriteObject(calls, true);
    }

    private void Rewrite(ScriptFile file, IReadOnlyList<LegacyCall> calls)
    {
        var sure = calls.Where(call => call.FixState == LegacyFixState.Sure).ToList();
        var left = calls.Count - sure.Count;
        if (left > 0)
        {
            var lines = string.Join(
                ", ",
                calls.Where(call => call.FixState != LegacyFixState.Sure).Select(call => $"{call.Line} ({call.Rule})"));
            WriteWarning($"{file.Path}: {left} left for you to rewrite, in line {lines}.");
        }

        if (sure.Count == 0)
        {
            return;
        }

        var what = string.Join("; ", sure.Select(call => $"line {call.Line}: {call.Replacement}"));
        if (!ShouldProcess(file.Path, $"Rewrite {sure.Count} call(s), {what}"))
        {
            return;
        }

        try
        {
            var changed = file.Apply(sure.SelectMany(call => call.Edits));
            if (LegacyScanner.Scan(ScriptFile.Decode(file.Path, changed), out _) is null)
            {
                throw new InvalidOperationException("what would come out is no PowerShell; nothing was written");
            }

            file.Write(changed);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            WriteError(new ErrorRecord(error, "legacy.write", ErrorCategory.WriteError, file.Path));
            return;
        }

        foreach (var call in sure)
        {
            call.FixState = LegacyFixState.Fixed;
        }
    }
}
