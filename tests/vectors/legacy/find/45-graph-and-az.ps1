Connect-MgGraph -Identity -NoWelcome
$token = az account get-access-token --resource https://management.azure.com/ --query accessToken -o tsv
$json = az account get-access-token --resource-type ms-graph | ConvertFrom-Json
az login --identity --username af825a31-b0e0-471f-baea-96de555632f9
Connect-MgGraph -Identity -ClientId af825a31-b0e0-471f-baea-96de555632f9
