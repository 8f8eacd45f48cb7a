Invoke-RestMethod 'http://169.254.170.2/v2/credentials/x'
Invoke-RestMethod 'http://100.100.100.200/latest/meta-data/'
Invoke-WebRequest 'http://169.254.169.254.example.test/metadata/identity/oauth2/token'
