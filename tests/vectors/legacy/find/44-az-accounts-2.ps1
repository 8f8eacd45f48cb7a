$null = Connect-AzAccount -Identity
$ctx = Get-AzContext
$t = Get-AzAccessToken -ResourceUrl https://database.windows.net/
Login-AzureRmAccount -AccessToken $ArmToken -AccountId $ctx.Account.Id
Add-AzureRmAccount -MSI
Login-AzureRmAccount -AccessToken $t.Token -AccountId MSI@50342
