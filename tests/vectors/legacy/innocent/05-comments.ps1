# Invoke-WebRequest -Uri 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/' -Headers @{Metadata="true"}
<#
$response = Invoke-RestMethod http://169.254.169.254/metadata/instance?api-version=2021-02-01 -Headers @{Metadata="true"}
Connect-AzAccount -Identity
#>
Get-Date
