using System.Collections;
using System.Management.Automation;
using Midentity.PowerShell.Json;

namespace Midentity.PowerShell;

/// <summary>What the metadata service says of this machine.</summary>
public sealed class MidInstance
{
    private readonly PSObject compute;

    internal MidInstance(PSObject document)
    {
        compute = document.Object("compute") ?? new PSObject();
        Network = document.Object("network");
    }

    /// <summary>The machine's name.</summary>
    public string? Name => compute.Text("name");

    /// <summary>The machine's own id, which stays the same for its life.</summary>
    public string? VMId => compute.Text("vmId");

    /// <summary>The machine's resource id.</summary>
    public string? ResourceId => compute.Text("resourceId");

    /// <summary>Its subscription.</summary>
    public string? SubscriptionId => compute.Text("subscriptionId");

    /// <summary>Its resource group.</summary>
    public string? ResourceGroupName => compute.Text("resourceGroupName");

    /// <summary>Its scale set; null where it is in none.</summary>
    public string? VMScaleSetName => compute.Text("vmScaleSetName") is { Length: > 0 } name ? name : null;

    /// <summary>Its region.</summary>
    public string? Location => compute.Text("location");

    /// <summary>Its availability zone; null where it has none.</summary>
    public string? Zone => compute.Text("zone") is { Length: > 0 } zone ? zone : null;

    /// <summary>Its size.</summary>
    public string? VMSize => compute.Text("vmSize");

    /// <summary>Its operating system.</summary>
    public string? OSType => compute.Text("osType");

    /// <summary>The cloud that it is in.</summary>
    public string? Environment => compute.Text("azEnvironment");

    /// <summary>Its tags.</summary>
    public Hashtable Tags
    {
        get
        {
            var tags = new Hashtable(System.StringComparer.OrdinalIgnoreCase);
            foreach (var tag in compute.Objects("tagsList"))
            {
                if (tag.Text("name") is { Length: > 0 } name)
                {
                    tags[name] = tag.Text("value");
                }
            }

            return tags;
        }
    }

    /// <summary>All that the service says of the machine.</summary>
    public PSObject Compute => compute;

    /// <summary>All that the service says of its network.</summary>
    public PSObject? Network { get; }
}
