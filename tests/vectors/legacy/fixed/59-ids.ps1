$a = Invoke-RestMethod -Uri "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net&mi_res_id=$([uri]::EscapeDataString($id.Id))" -Headers @{Metadata='true'}
$b = Get-MidToken Arm -ClientId c1000000-0000-4000-8000-000000000011 -ForceRefresh -AsPlainText
$c = (Invoke-RestMethod -Uri 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/&client_id=1&object_id=2' -Headers @{Metadata='true'}).access_token
$d = (Invoke-RestMethod -Uri 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/' -Headers @{Metadata='true'} -Proxy $proxy).access_token
