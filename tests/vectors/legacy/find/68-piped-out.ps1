az account get-access-token | ConvertFrom-Json | Select-Object -ExpandProperty accessToken | Write-Host
az account get-access-token --query accessToken -o tsv | Out-File token.txt
$json = az account get-access-token | ConvertFrom-Json
echo $json.accessToken
Get-MidToken Arm -AsPlainText | Set-Content token.txt
