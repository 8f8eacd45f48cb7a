<#
Tutorial 2: configure identities, as a signed-in administrator.

    ./tutorial-2.ps1 -SubscriptionId <id> -ResourceGroupName <group> -VMName <machine> -IdentityName <identity>

Makes a virtual machine, gives it a system-assigned identity with a role, then makes a user-assigned identity and assigns
it. Sign in with `az login` first, or give -AccessToken (Get-AzAccessToken). -Machine is the new machine's body; without
it one that exists is changed.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)] [string] $SubscriptionId,
    [Parameter(Mandatory = $true)] [string] $ResourceGroupName,
    [Parameter(Mandatory = $true)] [string] $VMName,
    [Parameter(Mandatory = $true)] [string] $IdentityName,
    [string] $Role = 'Contributor',
    [hashtable] $Machine,
    $AccessToken
)

$ErrorActionPreference = 'Stop'
$signIn = if ($AccessToken) { @{ AccessToken = $AccessToken } } else { @{ TokenSource = 'AzureCli' } }
$where = @{ SubscriptionId = $SubscriptionId; ResourceGroupName = $ResourceGroupName }
$group = "/subscriptions/$SubscriptionId/resourceGroups/$ResourceGroupName"

if ($Machine) {
    # az vm create
    $path = "$group/providers/Microsoft.Compute/virtualMachines/$VMName"
    $made = Invoke-MidRestMethod -Method PUT $path -Body $Machine -ApiVersion 2024-07-01 -Wait @signIn
    "made: $($made.name)"
}

# az vm create … --assign-identity --role --scope, az vm identity assign
$identity = Add-MidVMIdentity @where -VMName $VMName -SystemAssigned -Role $Role -Scope $group @signIn
"enabled: $($identity.Type)"

# az identity create; the region is the group's
$user = New-MidUserIdentity @where -Name $IdentityName @signIn
"made: $($user.Name) in $($user.Location), client id $($user.ClientId)"

# az vm identity assign --identities: what is there stays
$identity = $user | Add-MidVMIdentity @where -VMName $VMName @signIn
"assigned: $($identity.Type)"
