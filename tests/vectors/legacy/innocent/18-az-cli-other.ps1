az vm start -g rg1 -n vm1
az vm create -g rg1 -n vm1 --image Ubuntu2204
az storage blob list --account-name a --container-name c --auth-mode login
az account set --subscription $sub
