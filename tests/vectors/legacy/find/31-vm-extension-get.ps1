$token = (Invoke-RestMethod -Uri "http://localhost:50342/oauth2/token?resource=https://vault.azure.net" -Headers @{Metadata="true"}).access_token
