$url = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=$Resource"
$wc = [System.Net.WebClient]::new()
$wc.Headers['Metadata'] = 'true'
$token = ($wc.DownloadString($url) | ConvertFrom-Json).access_token
