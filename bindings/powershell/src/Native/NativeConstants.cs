namespace Midentity.PowerShell.Native;

/// <summary>Constants of midentity.h; the tests compare them with it by name.</summary>
internal static class NativeConstants
{
    internal const int AbiVersionMajor = 1;
    internal const int Pending = -1;
    internal const int Ok = 0;
    internal const int SourceAuto = 0;
    internal const int SourceImds = 1;
    internal const int LogWarning = 2;
    internal const int LogInfo = 3;
    internal const int LogDebug = 4;
    internal const int ChangeAdd = 1;
    internal const int ChangeRemove = 2;
    internal const int ChangeRemoveAllUser = 3;
    internal const int ChangeRemoveAll = 4;
    internal const int ChangeSet = 5;
    internal const uint TokenForceRefresh = 1;
    internal const uint CredentialPrivateCache = 2;
    internal const int RoleFilterAll = 0;
    internal const int RoleFilterAtScope = 1;
    internal const int RoleFilterPrincipal = 2;
}
