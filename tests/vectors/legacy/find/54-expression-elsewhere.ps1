Start-BitsTransfer -Source 'http://169.254.169.254/metadata/instance?api-version=2021-02-01' -Destination instance.json
Invoke-Something -Address "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=$r"
$config = @{ TokenUri = 'http://169.254.169.254/metadata/identity/oauth2/token' }
