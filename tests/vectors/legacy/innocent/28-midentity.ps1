$id = New-MidUserIdentity -ResourceGroupName rg1 -Name id1
$id | Add-MidVMIdentity -ResourceGroupName rg1 -VMName vm1
Invoke-MidRestMethod -Path /subscriptions -ApiVersion 2020-01-01
