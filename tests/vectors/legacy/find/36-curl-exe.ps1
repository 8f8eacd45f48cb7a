$json = curl.exe -s -H "Metadata: true" "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/"
$token = ($json | ConvertFrom-Json).access_token
$zone = curl.exe -s -H Metadata:true --noproxy "*" "http://169.254.169.254/metadata/instance/compute/zone?api-version=2021-02-01&format=text"
