$url = 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=' + [uri]::EscapeDataString($resource)
$request = [System.Net.HttpWebRequest]::Create($url)
$request.Headers.Add('Metadata', 'true')
$reader = New-Object System.IO.StreamReader($request.GetResponse().GetResponseStream())
$token = ($reader.ReadToEnd() | ConvertFrom-Json).access_token
