Connect-AzAccount
$vmConfig = New-AzVMConfig -VMName myVM -VMSize Standard_D2s_v3 -AssignIdentity:$SystemAssigned
$vm = Get-AzVM -ResourceGroupName myResourceGroup -Name myVM
Update-AzVM -ResourceGroupName myResourceGroup -VM $vm -AssignIdentity:$SystemAssigned
$sp = Get-AzADServicePrincipal -DisplayName "myVM"
$group = Get-AzADGroup -SearchString "myGroup"
Add-AzureADGroupMember -ObjectId $group.Id -RefObjectId $sp.Id
Update-AzVm -ResourceGroupName myResourceGroup -VM $vm -IdentityType "UserAssigned"
Update-AzVm -ResourceGroupName myResourceGroup -VM $vm -IdentityType None
Update-AzVm -ResourceGroupName myResourceGroup -VM $vm -IdentityType "SystemAssigned"
New-AzUserAssignedIdentity -ResourceGroupName myResourceGroup -Name ID1 -Location eastus
Update-AzVM -ResourceGroupName myResourceGroup -VM $vm -IdentityType UserAssigned -IdentityID "/subscriptions/$sub/resourcegroups/myResourceGroup/providers/Microsoft.ManagedIdentity/userAssignedIdentities/ID1"
