$uri = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/&msi_res_id=$identityId"
$token = (Invoke-RestMethod -Headers @{Metadata='true'} -Uri $uri).access_token
$other = (Invoke-RestMethod -Headers @{Metadata='true'} -Uri 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=api%3A%2F%2Fmy-app&msi_res_id=%2Fsubscriptions%2F8d1c0000-0000-4000-8000-000000000001%2FresourceGroups%2Frg1%2Fproviders%2FMicrosoft.ManagedIdentity%2FuserAssignedIdentities%2Fid1').access_token
