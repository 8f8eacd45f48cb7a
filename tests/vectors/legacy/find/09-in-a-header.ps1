$response = irm -Uri 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/' -Headers @{ Metadata = 'true' }
$headers = @{
    'Authorization' = "Bearer $($response.access_token)"
    'Content-Type'  = 'application/json'
}
$subs = Invoke-RestMethod -Uri 'https://management.azure.com/subscriptions?api-version=2020-01-01' -Headers $headers
