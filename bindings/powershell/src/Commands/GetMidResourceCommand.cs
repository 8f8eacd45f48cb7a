using System;
using System.Collections.Generic;
using System.Management.Automation;
using Midentity.PowerShell.Json;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Commands;

/// <summary>Reads any resource by its id, or lists resources.</summary>
[Cmdlet(VerbsCommon.Get, "MidResource", DefaultParameterSetName = ListSet)]
[OutputType(typeof(PSObject))]
public sealed class GetMidResourceCommand : ArmCmdlet
{
    private const string ListSet = "List";
    private const string IdSet = "ResourceId";
    private const string ListVersion = "2021-04-01";

    /// <summary>Its resource id. It is read in the newest api-version that its provider knows.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = IdSet)]
    [Alias("Id")]
    public string ResourceId { get; set; } = string.Empty;

    /// <summary>Only those of a resource group.</summary>
    [Parameter(Position = 0, ParameterSetName = ListSet)]
    public string? ResourceGroupName { get; set; }

    /// <summary>Only those of a type, such as Microsoft.Compute/virtualMachines.</summary>
    [Parameter(Position = 1, ParameterSetName = ListSet)]
    [Alias("ResourceType")]
    public string? Type { get; set; }

    /// <summary>Only those of this name.</summary>
    [Parameter(ParameterSetName = ListSet)]
    public string? Name { get; set; }

    /// <summary>The subscription; else the machine's, else the only one that can be seen.</summary>
    [Parameter(ParameterSetName = ListSet)]
    public string? SubscriptionId { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == IdSet)
        {
            ForRecord(ResourceId, () => WriteObject(Object(() => ArmCalls.ResourceGet(Client, ResourceId)).Member("body")));
            return;
        }

        ForRecord(ResourceGroupName ?? Type, () =>
        {
            var path = $"/subscriptions/{Uri.EscapeDataString(Subscription(SubscriptionId))}";
            path += ResourceGroupName == null ? string.Empty : $"/resourceGroups/{Uri.EscapeDataString(ResourceGroupName)}";
            path += $"/resources{Filter()}";
            foreach (var item in Pages(continuation => ArmCalls.List(Client, path, ListVersion, continuation)))
            {
                WriteObject(item);
            }
        });
    }

    private string Filter()
    {
        var conditions = new List<string>();
        foreach (var (field, value) in new[] { ("resourceType", Type), ("name", Name) })
        {
            if (value != null)
            {
                conditions.Add($"{field} eq '{value.Replace("'", "''")}'");
            }
        }

        return conditions.Count == 0 ? string.Empty : $"?$filter={Uri.EscapeDataString(string.Join(" and ", conditions))}";
    }
}
