using System;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;

namespace Midentity.PowerShell.Tests;

/// <summary>
/// This program as a child of its own tests: Windows has no shell that hands its arguments on as they are, nor any program
/// that takes all arguments and waits.
/// </summary>
internal static class ChildProgram
{
    private const string Variable = "MIDENTITY_TEST_CHILD";
    private const string ShowArguments = "arguments";

    /// <summary>Until it is disposed of, children of this program write their arguments, each in brackets.</summary>
    internal static IDisposable Shows() => new Part(ShowArguments);

    /// <summary>Until it is disposed of, children of this program make a file and then wait.</summary>
    internal static IDisposable Waits(string file) => new Part(file);

    [ModuleInitializer]
    internal static void Play()
    {
        switch (Environment.GetEnvironmentVariable(Variable))
        {
            case null:
                return;
            case ShowArguments:
                Environment.GetCommandLineArgs().Skip(1).ToList().ForEach(argument => Console.WriteLine($"[{argument}]"));
                break;
            case var file:
                File.WriteAllText(file, string.Empty);
                Thread.Sleep(TimeSpan.FromMinutes(1));
                break;
        }

        Environment.Exit(0);
    }

    private sealed class Part : IDisposable
    {
        internal Part(string part) => Environment.SetEnvironmentVariable(Variable, part);

        public void Dispose() => Environment.SetEnvironmentVariable(Variable, null);
    }
}
