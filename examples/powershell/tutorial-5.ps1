<#
Tutorial 5: a machine reads its resource group with a user-assigned identity.

As a signed-in administrator (`az login`, or -AccessToken), make the identity, assign it, let it read the group:

    ./tutorial-5.ps1 -Prepare -SubscriptionId <id> -ResourceGroupName <group> -VMName <machine> -IdentityName <identity>

which shows its client id. Then, on the machine:

    ./tutorial-5.ps1 -ClientId <client id>
#>
[CmdletBinding(DefaultParameterSetName = 'Read')]
param(
    [Parameter(Mandatory = $true, ParameterSetName = 'Read')] [string] $ClientId,
    [Parameter(Mandatory = $true, ParameterSetName = 'Prepare')] [switch] $Prepare,
    [Parameter(Mandatory = $true, ParameterSetName = 'Prepare')] [string] $SubscriptionId,
    [Parameter(Mandatory = $true, ParameterSetName = 'Prepare')] [string] $ResourceGroupName,
    [Parameter(Mandatory = $true, ParameterSetName = 'Prepare')] [string] $VMName,
    [Parameter(Mandatory = $true, ParameterSetName = 'Prepare')] [string] $IdentityName,
    [Parameter(ParameterSetName = 'Prepare')] $AccessToken
)

$ErrorActionPreference = 'Stop'

if ($Prepare) {
    $signIn = if ($AccessToken) { @{ AccessToken = $AccessToken } } else { @{ TokenSource = 'AzureCli' } }
    $group = @{ SubscriptionId = $SubscriptionId; ResourceGroupName = $ResourceGroupName }

    # New-AzUserAssignedIdentity, Update-AzVM, New-AzRoleAssignment
    $identity = New-MidUserIdentity @group -Name $IdentityName @signIn
    $null = $identity | Add-MidVMIdentity @group -VMName $VMName @signIn
    $scope = "/subscriptions/$SubscriptionId/resourceGroups/$ResourceGroupName"
    $null = $identity | New-MidRoleAssignment -Role Reader -Scope $scope -WaitForPropagation @signIn
    "client id: $($identity.ClientId)"
    return
}

# Before the role is given Resource Manager answers 403 (arm.forbidden); after it, the group.
$machine = Get-MidInstance
$path = "/subscriptions/$($machine.SubscriptionId)/resourceGroups/$($machine.ResourceGroupName)"
$group = Invoke-MidRestMethod $path -ApiVersion 2016-06-01 -Identity $ClientId
"$($group.name) in $($group.location): $($group.properties.provisioningState)"
