using System;
using System.Runtime.InteropServices;

namespace Midentity.PowerShell.Native;

// The structs of midentity.h, field by field in its order: the tests compare them with the header.
#pragma warning disable CS0649 // the library fills what it hands out

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CredentialOptions
{
    internal nuint StructSize;
    internal int IdentityKind;
    internal int Source;
    internal byte* Identity;
    internal nuint IdentityLen;
    internal byte* ImdsEndpoint;
    internal nuint ImdsEndpointLen;
    internal byte* Cloud;
    internal nuint CloudLen;
    internal byte* ExtraQuery;
    internal nuint ExtraQueryLen;
    internal long TimeoutMs;
    internal long ConnectTimeoutMs;
    internal long AttemptTimeoutMs;
    internal int Retries;
    internal uint Flags;
    internal byte* CaFile;
    internal nuint CaFileLen;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TokenOptions
{
    internal nuint StructSize;
    internal uint Flags;
    internal uint Reserved;
    internal long TimeoutMs;
    internal byte* Claims;
    internal nuint ClaimsLen;
    internal byte* TenantId;
    internal nuint TenantIdLen;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct InstanceOptions
{
    internal nuint StructSize;
    internal byte* ImdsEndpoint;
    internal nuint ImdsEndpointLen;
    internal long TimeoutMs;
    internal long ConnectTimeoutMs;
    internal int Retries;
    internal uint Reserved;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ArmClientOptions
{
    internal nuint StructSize;
    internal byte* Cloud;
    internal nuint CloudLen;
    internal byte* CaFile;
    internal nuint CaFileLen;
    internal long TimeoutMs;
    internal long OperationTimeoutMs;
    internal byte* Audience;
    internal nuint AudienceLen;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LogRecord
{
    internal nuint StructSize;
    internal int Level;
    internal int Reserved;
    internal ulong Operation;
    internal byte* Message;
    internal nuint MessageLen;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Progress
{
    internal nuint StructSize;
    internal byte* What;
    internal byte* Status;
    internal double ElapsedSeconds;
    internal double Percent;
}
