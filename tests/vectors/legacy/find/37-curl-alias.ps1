$token = (curl -Uri 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/' -Headers @{Metadata='true'} -UseBasicParsing | ConvertFrom-Json).access_token
& curl.exe -H "Authorization: Bearer $token" 'https://management.azure.com/subscriptions?api-version=2020-01-01'
