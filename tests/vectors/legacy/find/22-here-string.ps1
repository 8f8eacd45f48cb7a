$uri = @"
http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=$Resource
"@
$token = (Invoke-RestMethod -Uri $uri -Headers @{Metadata='true'}).access_token
$second = (Invoke-RestMethod -Headers @{Metadata='true'} -Uri @'
http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/
'@).access_token
