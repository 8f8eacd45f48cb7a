$metadata = @{ Metadata = 'true' }
$token = Get-MidToken Arm -AsPlainText
$instance = Invoke-RestMethod -Uri 'http://169.254.169.254/metadata/instance?api-version=2021-02-01' -Headers $metadata
