$request = [ordered]@{ Headers = @{ Metadata = 'true' } }
$request.Uri = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=$Audience"
$request.Add('TimeoutSec', 10)
$response = Invoke-WebRequest @request -UseBasicParsing
$token = $response.Content | ConvertFrom-Json | Select-Object -ExpandProperty access_token
