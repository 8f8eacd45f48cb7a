@{
    RootModule             = 'Midentity.Emulator.PowerShell.dll'
    ModuleVersion          = '0.1.0'
    GUID                   = '6c1f8d35-52a8-4a53-8d6e-2b7f7a60c1de'
    Author                 = 'midentity contributors'
    CompanyName            = 'midentity contributors'
    Copyright              = 'MIT licence'
    Description            = 'An emulated Azure for tests of scripts: starts and stops midentity''s emulator, sends one runspace''s Midentity cmdlets or a child process to it, shows the requests that it got, and makes it fail on purpose. Its tokens can never pass for real ones. Not for production.'
    CompatiblePSEditions   = @('Desktop', 'Core')
    PowerShellVersion      = '5.1'
    DotNetFrameworkVersion = '4.7.2'
    FormatsToProcess       = @('Midentity.Emulator.Format.ps1xml')
    CmdletsToExport        = @(
        'Get-MidEmulator'
        'Get-MidEmulatorRequest'
        'Invoke-MidEmulated'
        'Set-MidEmulatorFault'
        'Start-MidEmulator'
        'Stop-MidEmulator'
    )
    FunctionsToExport      = @()
    AliasesToExport        = @()
    VariablesToExport      = @()
    PrivateData            = @{
        PSData = @{
            Tags       = @('Azure', 'ManagedIdentity', 'IMDS', 'Emulator', 'Testing', 'Pester', 'PSEdition_Desktop', 'PSEdition_Core', 'Windows', 'Linux', 'MacOS')
            LicenseUri = 'https://github.com/midentity/midentity/blob/main/LICENSE'
            ProjectUri = 'https://github.com/midentity/midentity'
        }
    }
}
