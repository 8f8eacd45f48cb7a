# Read the resource group with the machine's identity
$ArmToken = Get-MidToken Arm -AsPlainText

(Invoke-WebRequest -Uri https://management.azure.com/subscriptions/8d1c0000-0000-4000-8000-000000000001/resourceGroups/rg1?api-version=2016-06-01 -Method GET -ContentType "application/json" -Headers @{ Authorization ="Bearer $ArmToken"}).content
