$resource = [uri]::EscapeDataString('https://management.azure.com/')
$url = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=$resource"
$token = (Invoke-RestMethod -Uri $url -Headers @{Metadata = 'true'} -Method Get).access_token
