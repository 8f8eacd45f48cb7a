# Schlüssel für den Tresor
$t = (Invoke-WebRequest -Uri 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net' -Headers @{Metadata='true'} | ConvertFrom-Json).access_token
$grüße = "naïve"
