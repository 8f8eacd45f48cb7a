@{
    RootModule             = 'Midentity.PowerShell.dll'
    ModuleVersion          = '0.1.0'
    GUID                   = 'c0f5a1f4-6f5c-4a43-9f0b-6d1d9a4d2b77'
    Author                 = 'midentity contributors'
    CompanyName            = 'midentity contributors'
    Copyright              = 'MIT licence'
    Description            = 'Tokens from an Azure machine''s managed identity, and the identity work of Azure Resource Manager, with no secret in any script. For Windows PowerShell 5.1 and PowerShell 7 on Windows, Linux and macOS; no other module is needed.'
    CompatiblePSEditions   = @('Desktop', 'Core')
    PowerShellVersion      = '5.1'
    DotNetFrameworkVersion = '4.7.2'
    FormatsToProcess       = @('Midentity.Format.ps1xml')
    CmdletsToExport        = @(
        'Add-MidVMIdentity'
        'Clear-MidTokenCache'
        'ConvertFrom-MidToken'
        'Find-MidLegacyCall'
        'Get-MidContext'
        'Get-MidFederatedCredential'
        'Get-MidInstance'
        'Get-MidResource'
        'Get-MidResourceGroup'
        'Get-MidRoleAssignment'
        'Get-MidSubscription'
        'Get-MidToken'
        'Get-MidUserIdentity'
        'Get-MidVMIdentity'
        'Invoke-MidRestMethod'
        'New-MidFederatedCredential'
        'New-MidRoleAssignment'
        'New-MidUserIdentity'
        'Remove-MidFederatedCredential'
        'Remove-MidRoleAssignment'
        'Remove-MidUserIdentity'
        'Remove-MidVMIdentity'
        'Set-MidVMIdentity'
        'Test-MidEndpoint'
        'Update-MidUserIdentity'
    )
    FunctionsToExport      = @()
    AliasesToExport        = @()
    VariablesToExport      = @()
    PrivateData            = @{
        PSData = @{
            Tags       = @('Azure', 'ManagedIdentity', 'IMDS', 'Identity', 'Token', 'PSEdition_Desktop', 'PSEdition_Core', 'Windows', 'Linux', 'MacOS')
            LicenseUri = 'https://github.com/midentity/midentity/blob/main/LICENSE'
            ProjectUri = 'https://github.com/midentity/midentity'
        }
    }
}
