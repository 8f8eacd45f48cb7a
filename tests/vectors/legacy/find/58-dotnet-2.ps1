$request = [Net.HttpWebRequest]::Create('http://169.254.169.254/metadata/instance/compute?api-version=2021-02-01')
$request.Headers['Metadata'] = 'true'
$client = New-Object System.Net.Http.HttpClient
$client.DefaultRequestHeaders.Add('Metadata', 'true')
$json = $client.GetAsync("http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=$([uri]::EscapeDataString($Resource))&object_id=$PrincipalId").Result
