$http = [System.Net.Http.HttpClient]::new()
$http.DefaultRequestHeaders.Add('Metadata', 'true')
$body = $http.GetStringAsync('http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net').Result
$message = New-Object System.Net.Http.HttpRequestMessage 'Get', 'http://169.254.169.254/metadata/instance?api-version=2021-02-01'
