$uri = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/&msi_res_id=$identityId"
$token = (Invoke-RestMethod -Headers @{Metadata='true'} -Uri $uri).access_token
$other = Get-MidToken 'api://my-app' -ResourceId /subscriptions/8d1c0000-0000-4000-8000-000000000001/resourceGroups/rg1/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id1 -AsPlainText
