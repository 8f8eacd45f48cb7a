$tokenUri = "$($env:MSI_ENDPOINT)?resource=https://vault.azure.net&api-version=2017-09-01"
$answer = Invoke-RestMethod -Uri $tokenUri -Headers @{ Secret = $env:MSI_SECRET }
$bearer = "Bearer $($answer.access_token)"
$endpoint = [Environment]::GetEnvironmentVariable('MSI_ENDPOINT')
$more = (Invoke-RestMethod -Headers @{ Secret = $env:MSI_SECRET } -Uri ($endpoint + '?api-version=2017-09-01&resource=https://graph.microsoft.com/&clientid=' + $clientId)).access_token
