using System.Management.Automation;

namespace Midentity.PowerShell;

/// <summary>Errors as PowerShell shows and counts them.</summary>
internal static class ErrorRecords
{
    /// <summary>
    /// The record of an error: its id, the kind's category, what it was about, and what to do as RecommendedAction. The
    /// hint is in the text too, because no view of PowerShell's shows the action.
    /// </summary>
    internal static ErrorRecord ToRecord(this MidentityException error, object? target) =>
        new(error, error.Id, error.Kind.Category(), target)
        {
            ErrorDetails = new ErrorDetails(error.Hint is null ? error.Message : $"{error.Message}\nhint: {error.Hint}")
            {
                RecommendedAction = error.Hint ?? string.Empty,
            },
        };
}
