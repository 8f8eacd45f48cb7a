<#
Tutorial 3: a machine's identities, one after the other, as a signed-in administrator.

    ./tutorial-3.ps1 -SubscriptionId <id> -ResourceGroupName <group> -VMName <machine> -First <identity> -Second <identity>

Enables the system-assigned identity, assigns two user-assigned ones, removes one, disables the system-assigned one while
the other stays, and in the end removes all. The tutorial's step that puts the machine into a directory group needs
Microsoft Graph, which is not part of the module yet. Sign in with `az login` first, or give -AccessToken
(Get-AzAccessToken).
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory = $true)] [string] $SubscriptionId,
    [Parameter(Mandatory = $true)] [string] $ResourceGroupName,
    [Parameter(Mandatory = $true)] [string] $VMName,
    [Parameter(Mandatory = $true)] [string] $First,
    [Parameter(Mandatory = $true)] [string] $Second,
    $AccessToken
)

$ErrorActionPreference = 'Stop'
$signIn = if ($AccessToken) { @{ AccessToken = $AccessToken } } else { @{ TokenSource = 'AzureCli' } }
$group = @{ SubscriptionId = $SubscriptionId; ResourceGroupName = $ResourceGroupName }
$vm = $group + @{ VMName = $VMName }

function Show($What, $Identity) {
    $names = [string[]] $Identity.UserAssigned.Name
    if ($names) { [Array]::Sort($names) }
    "${What}: $($Identity.Type) $names".TrimEnd()
}

# Update-AzVM -AssignIdentity
$identity = Add-MidVMIdentity @vm -SystemAssigned @signIn
Show enabled $identity
"principal: $($identity.PrincipalId)"

# New-AzUserAssignedIdentity
$one = New-MidUserIdentity @group -Name $First @signIn
$two = New-MidUserIdentity @group -Name $Second @signIn

# Update-AzVM -IdentityType UserAssigned loses those that are not listed again; here they stay.
Show assigned ($one | Add-MidVMIdentity @vm @signIn)
Show assigned ($two | Add-MidVMIdentity @vm @signIn)
Show removed ($one | Remove-MidVMIdentity @vm @signIn -Confirm:$false)

# Update-AzVM -IdentityType UserAssigned
Show disabled (Remove-MidVMIdentity @vm -SystemAssigned @signIn -Confirm:$false)

# Update-AzVM -IdentityType SystemAssigned
Show enabled (Add-MidVMIdentity @vm -SystemAssigned @signIn)
Show 'user-assigned ones removed' (Remove-MidVMIdentity @vm -AllUserAssigned @signIn -Confirm:$false)

# Update-AzVM -IdentityType None
Show 'all removed' (Remove-MidVMIdentity @vm -All @signIn -Confirm:$false)
