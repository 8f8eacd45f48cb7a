Write-Host 'Try http://169.254.169.254/metadata/identity/oauth2/token in a browser of the machine.'
Write-Warning "http://169.254.169.254/metadata/instance did not answer"
throw "http://169.254.169.254/metadata/identity/oauth2/token: no answer"
