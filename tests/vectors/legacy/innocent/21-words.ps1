az-like-function get-access-token
function Get-AccessTokenCount { 3 }
$az = 'az account get-access-token'
$help = 'Connect-AzAccount -Identity'
