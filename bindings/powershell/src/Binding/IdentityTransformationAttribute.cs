using System;
using System.Management.Automation;

namespace Midentity.PowerShell;

/// <summary>Lets a parameter take an identity by its client id, its resource id, or as an object.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class IdentityTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        try
        {
            return MidIdentity.From(inputData);
        }
        catch (ArgumentException error)
        {
            throw new ArgumentTransformationMetadataException(error.Message, error);
        }
    }
}
