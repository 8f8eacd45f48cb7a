using System;
using System.Diagnostics;
using System.Security;
using Midentity.PowerShell.Native;

namespace Midentity.PowerShell.Bench;

/// <summary>The library without cmdlets: the module's own calls of it, and nothing of the engine around them.</summary>
internal static class Core
{
    /// <summary>How long one role assignment takes, made one after the other.</summary>
    internal static TimeSpan RoleAssignments(string cloud, string caFile, SecureString token, string scope, string role, string[] principals)
    {
        using var client = ArmClients.ForToken(token, new MidSettings(cloud, caFile, null, 0));
        var elapsed = Stopwatch.StartNew();
        foreach (var principal in principals)
        {
            using var operation = ArmCalls.RoleAssignmentCreate(client, scope, role, principal, "ServicePrincipal");
            NativeError.Check(NativeMethods.midentity_operation_wait(operation, -1, out var error), error);
        }

        return elapsed.Elapsed / principals.Length;
    }
}
