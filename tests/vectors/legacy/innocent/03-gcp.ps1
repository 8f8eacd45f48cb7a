$token = (Invoke-RestMethod -Headers @{ 'Metadata-Flavor' = 'Google' } -Uri 'http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token').access_token
