$response = Invoke-WebRequest `
    -Uri 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/' `
    -Method GET `
    -ContentType 'application/json' `
    -Headers @{ 'Metadata' = 'true' } `
    -ErrorAction Stop
$token = ($response.Content | ConvertFrom-Json).access_token
