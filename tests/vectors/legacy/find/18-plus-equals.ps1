$uri = 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01'
$uri += '&resource=https://vault.azure.net'
if ($ClientId) {
    $uri += "&client_id=$ClientId"
}
$token = Invoke-RestMethod -Uri $uri -Headers @{Metadata='true'}
$kv = $token.access_token
