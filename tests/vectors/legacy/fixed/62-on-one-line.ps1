$r = iwr 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/' -Headers @{Metadata='true'}; $j = $r.Content | ConvertFrom-Json; $t = $j.access_token
Invoke-RestMethod -Headers @{ Authorization = 'Bearer ' + (Get-MidToken Graph -AsPlainText) } -Uri 'https://graph.microsoft.com/v1.0/users'
