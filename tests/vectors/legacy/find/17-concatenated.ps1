$base = 'http://169.254.169.254/metadata/identity/oauth2/token'
$uri = $base + '?api-version=2018-02-01' + '&resource=' + 'https://management.azure.com/'
$response = Invoke-WebRequest -Uri $uri -Headers @{Metadata="true"} -UseBasicParsing
$token = ($response.Content | ConvertFrom-Json).access_token
