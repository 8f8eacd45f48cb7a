$headers = @{ Authorization = "Bearer $token" }
$me = Invoke-RestMethod -Uri 'https://graph.microsoft.com/v1.0/me' -Headers $headers
$secret = Invoke-RestMethod -Uri 'https://kv1.vault.azure.net/secrets/s?api-version=7.4' -Headers $headers
