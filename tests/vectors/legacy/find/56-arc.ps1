$uri = 'http://localhost:40342/metadata/identity/oauth2/token?api-version=2020-06-01&resource=https%3A%2F%2Fmanagement.azure.com'
try { Invoke-WebRequest -Method GET -Uri $uri -Headers @{Metadata='True'} -UseBasicParsing } catch { $wwwAuth = $_.Exception.Response.Headers['WWW-Authenticate'] }
$token = (Invoke-WebRequest -Method GET -Uri $uri -Headers @{Metadata='True'; Authorization="Basic $secret"} -UseBasicParsing).content | ConvertFrom-Json | Select-Object -ExpandProperty access_token
