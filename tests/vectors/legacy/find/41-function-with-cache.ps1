function Get-ArmToken {
    if ($script:token -and $script:expires -gt (Get-Date).AddMinutes(5)) {
        return $script:token
    }
    $answer = Invoke-RestMethod -Uri 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/' -Headers @{ Metadata = 'true' }
    $script:token = $answer.access_token
    $script:expires = [DateTimeOffset]::FromUnixTimeSeconds($answer.expires_on).LocalDateTime
    return $script:token
}
$headers = @{ Authorization = 'Bearer ' + (Get-ArmToken) }
Invoke-RestMethod -Uri "https://management.azure.com/subscriptions/$sub/resourceGroups?api-version=2021-04-01" -Headers $headers
