$client = New-Object System.Net.WebClient
$text = $client.DownloadString('https://example.test/metadata/instance')
$http = [System.Net.Http.HttpClient]::new()
$http.GetStringAsync('http://169.254.169.254/latest/meta-data/').Result
