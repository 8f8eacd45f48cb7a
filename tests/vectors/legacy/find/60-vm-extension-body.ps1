$body = @{ resource = $Audience; client_id = $ClientId }
$token = (Invoke-RestMethod -Method Get -Uri 'http://127.0.0.1:50342/oauth2/token' -Body $body -Headers @{ Metadata = 'true' }).access_token
Invoke-WebRequest -Uri "http://localhost:50342/oauth2/token" -Method Post -Body "resource=https://graph.microsoft.com/" -Headers @{ Metadata = 'true' }
