$t = (iwr 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://database.windows.net/' -Headers @{Metadata='true'} -UseBasicParsing).Content | ConvertFrom-Json | select -ExpandProperty access_token
$conn.AccessToken = $t
