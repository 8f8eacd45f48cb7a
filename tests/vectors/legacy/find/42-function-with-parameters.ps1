function Get-MsiToken {
    param(
        [Parameter(Mandatory)] [string] $Resource,
        [string] $ClientId
    )
    $uri = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=$Resource&client_id=$ClientId"
    if (-not $cache.ContainsKey($Resource)) {
        $cache[$Resource] = Invoke-RestMethod -Uri $uri -Headers @{ Metadata = 'true' }
    }
    $cache[$Resource].access_token
}
$cache = @{}
