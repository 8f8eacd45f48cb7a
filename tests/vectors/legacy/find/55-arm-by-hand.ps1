$headers = @{ 'Authorization' = "Bearer $token"; 'Content-Type' = 'application/json' }
$groups = Invoke-RestMethod -Uri "https://management.azure.com/subscriptions/$sub/resourceGroups?api-version=2021-04-01&`$top=5" -Headers $headers
$body = @{ location = 'eastus' } | ConvertTo-Json
Invoke-RestMethod -Method Put -Uri ("https://management.azure.com{0}?api-version=2021-04-01" -f $id) -Headers $headers -Body $body -ContentType 'application/json'
$raw = Invoke-WebRequest "https://management.usgovcloudapi.net/subscriptions?api-version=2020-01-01" -Headers @{Authorization = 'Bearer ' + $token} | Select-Object -ExpandProperty Content
