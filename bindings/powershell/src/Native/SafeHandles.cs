using System;
using System.Runtime.InteropServices;

namespace Midentity.PowerShell.Native;

/// <summary>An object of the library's, freed by its own function.</summary>
internal abstract class NativeHandle : SafeHandle
{
    private protected NativeHandle()
        : base(IntPtr.Zero, true)
    {
    }

    public override bool IsInvalid => handle == IntPtr.Zero;
}

internal sealed class CredentialHandle : NativeHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.midentity_credential_free(handle);
        return true;
    }
}

internal sealed class ProviderHandle : NativeHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.midentity_token_provider_free(handle);
        return true;
    }
}

internal sealed class InstanceHandle : NativeHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.midentity_instance_free(handle);
        return true;
    }
}

internal sealed class ArmClientHandle : NativeHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.midentity_arm_client_free(handle);
        return true;
    }
}

/// <summary>A call in the background; freeing it while it runs cancels it.</summary>
internal sealed class OperationHandle : NativeHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.midentity_operation_free(handle);
        return true;
    }
}

internal sealed class TokenHandle : NativeHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.midentity_token_free(handle);
        return true;
    }
}

internal sealed class ValueHandle : NativeHandle
{
    protected override bool ReleaseHandle()
    {
        NativeMethods.midentity_value_free(handle);
        return true;
    }
}
