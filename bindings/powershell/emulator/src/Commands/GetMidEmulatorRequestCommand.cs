using System.Linq;
using System.Management.Automation;
using Midentity.PowerShell.Json;

namespace Midentity.Emulator.Commands;

/// <summary>The requests that an emulator got, oldest first. Those to its control are not among them.</summary>
[Cmdlet(VerbsCommon.Get, "MidEmulatorRequest")]
[OutputType(typeof(MidEmulatorRequest))]
public sealed class GetMidEmulatorRequestCommand : EmulatorCmdlet
{
    /// <summary>Only those that came in here.</summary>
    [Parameter(Position = 0)]
    public MidEmulatorDoor? Door { get; set; }

    /// <summary>Only those with this path, without the query.</summary>
    [Parameter]
    [SupportsWildcards]
    public string? Path { get; set; }

    /// <summary>Only those with one of these methods.</summary>
    [Parameter]
    public string[]? Method { get; set; }

    /// <summary>Only those that were answered with one of these statuses.</summary>
    [Parameter]
    public int[]? Status { get; set; }

    /// <summary>Only those after the one with this number, as the property Number has it.</summary>
    [Parameter]
    public long After { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => OrThrow(Emulator, () =>
    {
        var door = Door == null ? string.Empty : $"?door={Door.Value.ToString().ToLowerInvariant()}";
        var pattern = Path == null ? null : WildcardPattern.Get(Path, WildcardOptions.IgnoreCase);
        var requests = Chosen.Control().Get($"requests{door}").Objects("requests").Select(one => new MidEmulatorRequest(one));
        WriteObject(
            requests.Where(request => request.Number > After
                && (pattern == null || pattern.IsMatch(request.Path))
                && (Method == null || Method.Contains(request.Method, System.StringComparer.OrdinalIgnoreCase))
                && (Status == null || (request.Status is { } status && Status.Contains(status)))),
            true);
    });
}
