function Get-Thing {
    $answer = Invoke-RestMethod -Uri 'https://login.contoso.test/token'
    Write-Output $answer.access_token
}
$h = @{ Authorization = "Bearer $(Get-Thing)" }
