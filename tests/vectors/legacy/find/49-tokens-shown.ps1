$response = Invoke-WebRequest -Uri 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/' -Headers @{Metadata="true"}
$content = $response.Content | ConvertFrom-Json
$ArmToken = $content.access_token
echo "The managed identities for Azure resources access token is $ArmToken"
Write-Host $content.access_token
Write-Host "##vso[task.setvariable variable=token]$ArmToken"
$ArmToken | Out-File token.txt
$ArmToken
