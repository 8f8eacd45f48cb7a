# Schlüssel für den Tresor
$t = Get-MidToken KeyVault -AsPlainText
$grüße = "naïve"
