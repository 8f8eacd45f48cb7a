$uri = 'http://169.254.169.254/metadata/identity/oauth2/token?api-version={0}&resource={1}' -f '2018-02-01', 'https://graph.microsoft.com/'
$token = (Invoke-RestMethod -Uri $uri -Headers @{Metadata='true'}).access_token
