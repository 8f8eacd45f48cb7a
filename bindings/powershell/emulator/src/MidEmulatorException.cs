using System;
using System.Management.Automation;

namespace Midentity.Emulator;

/// <summary>Why an emulator could not be started, asked or stopped.</summary>
public sealed class MidEmulatorException : Exception
{
    /// <summary>A failure with its stable id, what happened and what to do about it.</summary>
    public MidEmulatorException(string id, ErrorCategory category, string message, string hint)
        : base(message)
    {
        Id = id;
        Category = category;
        Hint = hint;
    }

    /// <summary>The stable id, such as emulator.missing.</summary>
    public string Id { get; }

    /// <summary>How PowerShell classes it.</summary>
    public ErrorCategory Category { get; }

    /// <summary>What to do about it.</summary>
    public string Hint { get; }

    internal ErrorRecord ToRecord(object? target) => new(this, Id, Category, target)
    {
        ErrorDetails = new ErrorDetails(Message) { RecommendedAction = Hint },
    };
}
