using System;
using System.Management.Automation;
using Midentity.PowerShell.Json;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Reads what the metadata service says of this machine.</summary>
[Cmdlet(VerbsCommon.Get, "MidInstance")]
[OutputType(typeof(MidInstance), typeof(PSObject), typeof(string))]
public sealed class GetMidInstanceCommand : MidNetworkCmdlet
{
    /// <summary>Only what lies below a path, such as compute/location.</summary>
    [Parameter(Position = 0)]
    public string? Path { get; set; }

    /// <summary>The metadata service's api-version.</summary>
    [Parameter]
    public string? ApiVersion { get; set; }

    /// <summary>Give the JSON text.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing() => OrThrow(Path, () =>
    {
        var path = Path?.Trim('/');
        using var instance = Call(() => InstanceCalls.New(Settings));
        var json = ValueText(() => InstanceCalls.Get(instance, path, ApiVersion));
        if (Raw)
        {
            WriteObject(json);
            return;
        }

        var value = JsonReader.Parse(json);
        WriteObject(string.IsNullOrEmpty(path) && value is PSObject document ? new MidInstance(document) : value, value is object[]);
    });
}
