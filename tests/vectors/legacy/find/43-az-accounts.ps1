Connect-AzAccount -Identity -AccountId af825a31-b0e0-471f-baea-96de555632f9 | Out-Null
$token = (Get-AzAccessToken -ResourceUrl 'https://vault.azure.net').Token
$graph = Get-AzAccessToken -ResourceTypeName MSGraph -AsSecureString
$arm = Get-AzAccessToken
Invoke-AzRestMethod -Path '/subscriptions?api-version=2020-01-01' -Method GET
