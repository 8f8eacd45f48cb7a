using System;
using System.Management.Automation;
using Midentity.PowerShell.Tokens;

namespace Midentity.PowerShell;

/// <summary>Lets a parameter take a token as a SecureString, or as what Get-AzAccessToken or Get-MidToken returned.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TokenTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        GivenToken.Of(inputData) ?? throw new ArgumentTransformationMetadataException(
            "The access token is empty, or the object holds none: give (Get-AzAccessToken).Token, or a SecureString.");
}
