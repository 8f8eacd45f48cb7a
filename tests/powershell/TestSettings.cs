using System.IO;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Xunit.v3;

// Environment, caches and the emulator belong to the whole process.
[assembly: Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace Midentity.PowerShell.Tests;

internal static class TestSettings
{
    /// <summary>The module's assembly comes from the module's folder for the tests too: there is only one of it.</summary>
    [ModuleInitializer]
    internal static void UseTheModulesOwnAssembly() => AssemblyLoadContext.Default.Resolving += static (context, name) =>
        name.Name == "Midentity.PowerShell"
            ? context.LoadFromAssemblyPath(Path.Combine(Engine.ModuleFolder, "Midentity.PowerShell.dll"))
            : null;
}
