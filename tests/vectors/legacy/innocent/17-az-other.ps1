Get-AzVM -ResourceGroupName rg1 -Name vm1
Start-AzVM -ResourceGroupName rg1 -Name vm1
Update-AzVM -ResourceGroupName rg1 -VM $vm -Tag @{ a = 'b' }
New-AzVMConfig -VMName vm1 -VMSize Standard_B2s
