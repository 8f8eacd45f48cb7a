try {
    $answer = Invoke-RestMethod -Uri 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/' -Headers @{ Metadata = 'true' } -TimeoutSec 3
} catch {
    throw 'no identity'
}
$token = $answer.access_token
$again = "Bearer " + $answer.access_token
