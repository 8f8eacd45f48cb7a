<#
Tutorial 1: a pipeline's step that says under which identity it runs.

    ./tutorial-1.ps1 -ClientId <client id>

on the agent's machine; without -ClientId the machine's default identity. No service connection and no az: where the
tutorial signs in and runs `az account show`, the step asks for its token itself. Handing the token on to later steps as
a secret variable is not part of the module yet.
#>
[CmdletBinding()]
param(
    [string] $ClientId
)

$ErrorActionPreference = 'Stop'

$who = if ($ClientId) { @{ ClientId = $ClientId } } else { @{} }
$context = Get-MidContext @who
"tenant: $($context.TenantId)"
"subscription: $($context.SubscriptionId)"
"machine: $($context.VMName) in $($context.ResourceGroupName)"
"identity: $($context.IdentityType) $($context.PrincipalId)"

# An identity starts without any permission: what it can see shows which roles it was given.
$identity = if ($ClientId) { @{ Identity = $ClientId } } else { @{} }
foreach ($group in Get-MidResourceGroup -SubscriptionId $context.SubscriptionId @identity) {
    "can see: $($group.ResourceGroupName)"
}
