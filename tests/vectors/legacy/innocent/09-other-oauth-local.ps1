$token = (Invoke-RestMethod -Method Post -Uri 'http://localhost:8080/oauth2/token' -Body @{ resource = 'x' }).access_token
$next = (Invoke-RestMethod 'https://login.contoso.test/oauth2/token').access_token
