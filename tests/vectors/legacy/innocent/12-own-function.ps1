function Invoke-RestMethod { param($Uri, $Headers) @{ access_token = 'fake' } }
$t = (Invoke-RestMethod -Uri 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=x' -Headers @{}).access_token
