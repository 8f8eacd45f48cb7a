# Read the resource group with the machine's identity
$response = Invoke-WebRequest -Uri 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/' -Method GET -Headers @{Metadata="true"}
$content = $response.Content | ConvertFrom-Json
$ArmToken = $content.access_token

(Invoke-WebRequest -Uri https://management.azure.com/subscriptions/8d1c0000-0000-4000-8000-000000000001/resourceGroups/rg1?api-version=2016-06-01 -Method GET -ContentType "application/json" -Headers @{ Authorization ="Bearer $ArmToken"}).content
