$token = Get-MidToken Arm -ResourceId /subscriptions/8d1c0000-0000-4000-8000-000000000001/resourceGroups/rg1/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id1 -AsPlainText
