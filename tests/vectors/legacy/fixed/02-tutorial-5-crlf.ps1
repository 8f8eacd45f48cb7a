$ArmToken = Get-MidToken Arm -ClientId af825a31-b0e0-471f-baea-96de555632f9 -AsPlainText
(Invoke-WebRequest -Uri https://management.azure.com/subscriptions/8d1c0000-0000-4000-8000-000000000001/resourceGroups/TestRG?api-version=2016-06-01 -Method GET -ContentType "application/json" -Headers @{Authorization ="Bearer $ArmToken"}).content
