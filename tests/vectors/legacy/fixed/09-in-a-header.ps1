$response = Get-MidToken Arm -AsPlainText
$headers = @{
    'Authorization' = "Bearer $($response)"
    'Content-Type'  = 'application/json'
}
$subs = Invoke-RestMethod -Uri 'https://management.azure.com/subscriptions?api-version=2020-01-01' -Headers $headers
