<#
Tutorial 4: a machine reads its resource group with its system-assigned identity.

    ./tutorial-4.ps1

on the machine. Before that, as a signed-in administrator (`az login`, or -AccessToken), enable the identity and let it
read the group:

    ./tutorial-4.ps1 -Grant -SubscriptionId <id> -ResourceGroupName <group> -VMName <machine>
#>
[CmdletBinding(DefaultParameterSetName = 'Read')]
param(
    [Parameter(Mandatory = $true, ParameterSetName = 'Grant')] [switch] $Grant,
    [Parameter(Mandatory = $true, ParameterSetName = 'Grant')] [string] $SubscriptionId,
    [Parameter(Mandatory = $true, ParameterSetName = 'Grant')] [string] $ResourceGroupName,
    [Parameter(Mandatory = $true, ParameterSetName = 'Grant')] [string] $VMName,
    [Parameter(ParameterSetName = 'Grant')] $AccessToken
)

$ErrorActionPreference = 'Stop'

if ($Grant) {
    $signIn = if ($AccessToken) { @{ AccessToken = $AccessToken } } else { @{ TokenSource = 'AzureCli' } }
    $scope = "/subscriptions/$SubscriptionId/resourceGroups/$ResourceGroupName"
    $assigned = Add-MidVMIdentity $ResourceGroupName $VMName -SubscriptionId $SubscriptionId -SystemAssigned @signIn |
        New-MidRoleAssignment -Role Reader -Scope $scope -WaitForPropagation @signIn
    "$($assigned.PrincipalId) has the role $($assigned.RoleDefinitionName) at $scope"
    return
}

# Invoke-WebRequest http://169.254.169.254/metadata/identity/oauth2/token… | ConvertFrom-Json, with a header made of it.
$token = Get-MidToken Arm -SystemAssigned
$machine = Get-MidInstance
$path = "/subscriptions/$($machine.SubscriptionId)/resourceGroups/$($machine.ResourceGroupName)"
$group = Invoke-MidRestMethod $path -ApiVersion 2016-06-01 -AccessToken $token
"$($group.name) in $($group.location): $($group.properties.provisioningState)"
