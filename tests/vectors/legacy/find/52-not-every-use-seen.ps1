$answer = Invoke-RestMethod -Uri 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/' -Headers @{ Metadata = 'true' }
$token = $answer.access_token
$until = $answer.expires_on
$reply = Invoke-WebRequest -Uri 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net' -Headers @{ Metadata = 'true' }
if ($reply.StatusCode -ne 200) { throw 'no token' }
$vaultToken = ($reply.Content | ConvertFrom-Json).access_token
