az login --identity
az account show
az vm identity assign -g myResourceGroup -n myVm
az identity create -g myResourceGroup -n myUserAssignedIdentity
az vm identity assign --resource-group myResourceGroup --name myVm --identities myUserAssignedIdentity '[system]' --role Reader --scope $scope
az vm create --resource-group myResourceGroup --name myVM --image win2016datacenter --assign-identity --role contributor --scope mySubscription --admin-username azureuser
az vm create -g myResourceGroup -n myVM --image Ubuntu2204 --assign-identity $id1 --role Reader --scope $scope
az vm identity remove -g myResourceGroup -n myVm --identities id1 id2
az role assignment create --assignee-object-id $principal --role Reader --scope $scope
az rest --method post --url https://management.azure.com/subscriptions/$sub/providers?api-version=2020-01-01 --body '{}'
