using System.Collections;
using System.Management.Automation;
using Midentity.PowerShell.Json;

namespace Midentity.PowerShell.Commands;

/// <summary>A cmdlet for one user-assigned identity that exists, named by group and name, or by its id.</summary>
public abstract class UserIdentityCmdlet : ArmCmdlet
{
    private protected const string NameSet = "Name";
    private protected const string ResourceIdSet = "ResourceId";

    private protected UserIdentityCmdlet()
    {
    }

    /// <summary>The subscription; else the machine's, else the only one that can be seen.</summary>
    [Parameter(ParameterSetName = NameSet)]
    public string? SubscriptionId { get; set; }

    /// <summary>The identity's resource id, as identity objects have it.</summary>
    [Parameter(
        Mandatory = true,
        ValueFromPipeline = true,
        ValueFromPipelineByPropertyName = true,
        ParameterSetName = ResourceIdSet)]
    [Alias("Id")]
    public string ResourceId { get; set; } = string.Empty;

    /// <summary>The identity that the parameters name.</summary>
    private protected ArmName Named(string group, string name) => ParameterSetName == ResourceIdSet
        ? ArmName.OfIdentity(ResourceId)
        : new ArmName(Subscription(SubscriptionId), group, name);

    /// <summary>Tags as JSON text: texts by name.</summary>
    internal static string TagText(IDictionary tags)
    {
        var texts = new Hashtable();
        foreach (DictionaryEntry tag in tags)
        {
            var value = tag.Value is PSObject wrapped ? wrapped.BaseObject : tag.Value;
            texts[tag.Key.ToString()!] = value switch
            {
                null => string.Empty,
                string text => text,
                ICollection => throw MidentityException.Argument(
                    ErrorIds.ArgumentOption, $"the tag {tag.Key} is a list; a tag is one text", "give a text"),
                _ => LanguagePrimitives.ConvertTo<string>(value),
            };
        }

        return JsonWriter.Write(texts);
    }
}
