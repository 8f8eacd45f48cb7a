using System.Management.Automation;

namespace Midentity.Emulator;

/// <summary>What happens when the module is removed.</summary>
public sealed class ModuleLifetime : IModuleAssemblyCleanup
{
    /// <summary>Ends what this runspace has started.</summary>
    public void OnRemove(PSModuleInfo psModuleInfo) => RunspaceEmulators.Current.StopAll();
}
