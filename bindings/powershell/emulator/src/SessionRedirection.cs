using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Reflection;

namespace Midentity.Emulator;

/// <summary>
/// Sends the Midentity cmdlets of this runspace to an emulator until it is disposed of, by the values that the module
/// Midentity keeps for each runspace. The environment is not touched: it belongs to the whole process and its children.
/// </summary>
internal sealed class SessionRedirection : IDisposable
{
    private const string AssemblyName = "Midentity.PowerShell";
    private const string SessionType = "Midentity.PowerShell.MidSession";

    private readonly List<(object Session, PropertyInfo Property, object? Before)> changed = new();

    private SessionRedirection()
    {
    }

    /// <summary>Takes the module in by its type's name: neither assembly is compiled against the other.</summary>
    internal static SessionRedirection To(MidEmulator emulator, Action import)
    {
        var types = Types();
        if (types.Count == 0)
        {
            import();
            types = Types();
        }

        if (types.Count == 0)
        {
            throw new MidEmulatorException(
                ErrorIds.NoModule,
                ErrorCategory.NotInstalled,
                "the module Midentity, whose cmdlets are to go to the emulator, is not imported and was not found",
                "Import-Module Midentity first; other programs are started with -FilePath");
        }

        var redirection = new SessionRedirection();
        foreach (var type in types)
        {
            var session = type.GetProperty("Current")!.GetValue(null)!;
            redirection.Set(session, "ImdsEndpoint", emulator.ImdsEndpoint);
            redirection.Set(session, "Cloud", emulator.Cloud);
            redirection.Set(session, "CaFile", emulator.CaFile);
        }

        return redirection;
    }

    public void Dispose()
    {
        foreach (var (session, property, before) in changed)
        {
            property.SetValue(session, before);
        }

        changed.Clear();
    }

    private static IReadOnlyList<Type> Types() =>
        [.. AppDomain.CurrentDomain.GetAssemblies()
            .Where(assembly => assembly.GetName().Name == AssemblyName)
            .Select(assembly => assembly.GetType(SessionType))
            .OfType<Type>()];

    private void Set(object session, string name, string value)
    {
        var property = session.GetType().GetProperty(name)!;
        changed.Add((session, property, property.GetValue(session)));
        property.SetValue(session, value);
    }
}
