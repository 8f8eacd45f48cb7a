# Größe: gemessen
$r = Invoke-WebRequest 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://graph.microsoft.com/' -Headers @{Metadata = 'true'} -UseBasicParsing
# the answer is JSON
$json = $r.Content | ConvertFrom-Json  # an object

# the token
$graphToken = $json.access_token
Invoke-RestMethod 'https://graph.microsoft.com/v1.0/me' -Headers @{ Authorization = "Bearer $graphToken" }
