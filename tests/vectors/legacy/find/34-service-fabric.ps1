[System.Net.ServicePointManager]::ServerCertificateValidationCallback = { param($s, $cert) $cert.Thumbprint -eq $env:IDENTITY_SERVER_THUMBPRINT }
$uri = "$($env:IDENTITY_ENDPOINT)?api-version=2019-07-01-preview&resource=https://vault.azure.net"
$token = (Invoke-RestMethod -Uri $uri -Headers @{ Secret = $env:IDENTITY_HEADER }).access_token
