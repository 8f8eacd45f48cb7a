$token = (Invoke-RestMethod -Uri "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net" -Headers @{"Metadata"="True"}).access_token
$headers = @{ Authorization = "Bearer $token" }
$secret = Invoke-RestMethod -Uri "https://kv1.vault.azure.net/secrets/s1?api-version=7.4" -Headers $headers
