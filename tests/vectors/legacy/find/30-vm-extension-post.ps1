$response = Invoke-WebRequest -Uri http://localhost:50342/oauth2/token -Method POST -Body @{resource="https://management.azure.com/"} -Headers @{Metadata="true"}
$content = $response.Content | ConvertFrom-Json
$access_token = $content.access_token
