namespace Midentity.Emulator;

/// <summary>The ids of this module's errors.</summary>
internal static class ErrorIds
{
    /// <summary>The emulator's program was not found.</summary>
    internal const string Missing = "emulator.missing";

    /// <summary>The program ended before it was ready, or could not be started.</summary>
    internal const string Failed = "emulator.failed";

    /// <summary>The program was not ready in time.</summary>
    internal const string Slow = "emulator.timeout";

    /// <summary>No emulator runs in this runspace, or the one that was named does not run any more.</summary>
    internal const string NotRunning = "emulator.not_running";

    /// <summary>The emulator did not take what its control was asked for.</summary>
    internal const string Refused = "emulator.refused";

    /// <summary>The emulator's control did not answer as it should.</summary>
    internal const string NoAnswer = "emulator.no_answer";

    /// <summary>The module Midentity, whose cmdlets are to go to the emulator, was not found.</summary>
    internal const string NoModule = "emulator.no_module";

    /// <summary>A command with the emulator's environment was not found, or ended with another code than 0.</summary>
    internal const string Command = "emulator.command";
}
