$t = (Get-AzAccessToken).Token
Write-Output $t
$az = az account get-access-token --query accessToken --output tsv
Write-Verbose ('token: ' + $az) -Verbose
Write-Host "length $($az.Length)"
