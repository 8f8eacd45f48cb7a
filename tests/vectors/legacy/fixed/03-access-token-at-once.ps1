$token = Get-MidToken KeyVault -AsPlainText
$headers = @{ Authorization = "Bearer $token" }
$secret = Invoke-RestMethod -Uri "https://kv1.vault.azure.net/secrets/s1?api-version=7.4" -Headers $headers
