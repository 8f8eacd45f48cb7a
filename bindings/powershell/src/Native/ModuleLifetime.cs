using System.Management.Automation;

namespace Midentity.PowerShell.Native;

/// <summary>What happens when the module is imported and removed.</summary>
public sealed class ModuleLifetime : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    /// <summary>Loads the native library; sends nothing.</summary>
    public void OnImport() => NativeLoader.Load();

    /// <summary>
    /// Lets go of credentials and clients. The library itself stays: native libraries are never unloaded, so another version
    /// needs a new process. Tokens stay in its cache for other runspaces.
    /// </summary>
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        Credentials.Forget();
        ArmClients.Forget();
    }
}
