$body = @{ grant_type = 'client_credentials'; client_id = $id; client_secret = $secret; resource = 'https://management.azure.com/' }
$response = Invoke-RestMethod -Method Post -Uri "https://login.microsoftonline.com/$tenant/oauth2/token" -Body $body
$token = $response.access_token
