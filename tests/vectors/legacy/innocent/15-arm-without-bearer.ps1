$endpoints = Invoke-RestMethod -Uri 'https://management.azure.com/metadata/endpoints?api-version=2022-09-01'
$page = 'https://management.azure.com/'
