using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;

namespace Midentity.PowerShell;

/// <summary>
/// What one runspace's cmdlets use where a parameter is not given, before the environment: the environment belongs to the
/// whole process and its children, and other runspaces share it.
/// </summary>
public sealed class MidSession
{
    private static readonly ConditionalWeakTable<Runspace, MidSession> Sessions = new();

    /// <summary>The values of the runspace that runs this; outside any runspace, values that nobody else sees.</summary>
    public static MidSession Current =>
        Runspace.DefaultRunspace is { } runspace ? Sessions.GetValue(runspace, _ => new MidSession()) : new MidSession();

    /// <summary>The cloud's name or https origin; null for none.</summary>
    public string? Cloud { get; set; }

    /// <summary>The file with the roots to trust; null for none.</summary>
    public string? CaFile { get; set; }

    /// <summary>Where the metadata service answers; null for none.</summary>
    public string? ImdsEndpoint { get; set; }
}
