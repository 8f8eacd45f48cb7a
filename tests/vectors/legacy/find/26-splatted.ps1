$params = @{
    Uri         = 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/'
    Method      = 'GET'
    Headers     = @{ Metadata = 'true' }
    ContentType = 'application/json'
}
$token = (Invoke-RestMethod @params).access_token
