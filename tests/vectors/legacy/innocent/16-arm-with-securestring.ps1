$t = Get-MidToken Arm
Invoke-RestMethod -Uri 'https://management.azure.com/subscriptions?api-version=2020-01-01' -Authentication Bearer -Token $t.Token
