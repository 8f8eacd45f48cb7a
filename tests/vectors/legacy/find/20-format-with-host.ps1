$imds = '169.254.169.254'
$answer = Invoke-WebRequest ("http://{0}/metadata/identity/oauth2/token?resource={1}&api-version=2018-02-01" -f $imds, $Resource) -Headers @{Metadata='true'}
$token = ($answer.Content | ConvertFrom-Json).access_token
