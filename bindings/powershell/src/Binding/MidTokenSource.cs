namespace Midentity.PowerShell;

/// <summary>Where tokens come from. The numbers are those of the C interface.</summary>
public enum MidTokenSource
{
    /// <summary>Found out; the only one so far is Imds.</summary>
    Auto = 0,

    /// <summary>The instance metadata service of Azure's machines.</summary>
    Imds = 1,
}

/// <summary>Who signs in to Resource Manager.</summary>
public enum MidSignIn
{
    /// <summary>The machine's managed identity.</summary>
    ManagedIdentity = 0,

    /// <summary>Whoever has signed in with the Azure CLI (az login).</summary>
    AzureCli = 1,
}
