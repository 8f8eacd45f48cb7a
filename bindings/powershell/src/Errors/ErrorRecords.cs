using System.Management.Automation;

namespace Midentity.PowerShell;

/// <summary>An exception as PowerShell reports it.</summary>
internal static class ErrorRecords
{
    internal static ErrorRecord ToRecord(this MidentityException error, object? target)
    {
        var record = new ErrorRecord(error, error.Id, error.Kind.Category(), target)
        {
            ErrorDetails = new ErrorDetails(error.Message) { RecommendedAction = error.Hint ?? string.Empty },
        };
        return record;
    }
}
