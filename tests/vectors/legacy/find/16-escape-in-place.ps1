function Request-Thing([string]$Audience) {
    Invoke-RestMethod -Headers @{ Metadata = 'true' } -Uri "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=$([System.Uri]::EscapeDataString($Audience))"
}
(Request-Thing 'https://graph.microsoft.com/').access_token
