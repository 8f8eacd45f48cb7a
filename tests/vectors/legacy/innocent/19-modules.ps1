Install-Module Pester -Force
Import-Module Az.Accounts
Install-Module PowerShellGet
