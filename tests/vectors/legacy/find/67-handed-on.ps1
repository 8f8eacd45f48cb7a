bash -c "curl -s -H Metadata:true 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/' | jq -r .access_token"
Invoke-Expression "Invoke-RestMethod http://169.254.169.254/metadata/instance?api-version=2021-02-01 -Headers @{Metadata='true'}"
$endpoint = if ($Local) { 'http://localhost:50342/oauth2/token' } else { 'http://169.254.169.254/metadata/identity/oauth2/token' }
$builder = [System.UriBuilder]'http://169.254.169.254/metadata/identity/oauth2/token'
$verb = 'irm'; & $verb 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/' -Headers @{Metadata='true'}
& 'Invoke-RestMethod' -Uri:'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/' -Headers:@{Metadata='true'}
$token = (Microsoft.PowerShell.Utility\Invoke-RestMethod -Uri:'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/' -Headers:@{Metadata='true'}).access_token
