$armToken = Get-MidToken Arm -AsPlainText
$vaultToken = Get-MidToken KeyVault -AsPlainText
