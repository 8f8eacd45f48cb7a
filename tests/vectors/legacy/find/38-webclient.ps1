$client = New-Object System.Net.WebClient
$client.Headers.Add('Metadata', 'true')
$json = $client.DownloadString('http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/')
$token = ($json | ConvertFrom-Json).access_token
