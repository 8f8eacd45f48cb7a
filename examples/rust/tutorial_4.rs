//! Tutorial 4: a machine reads its resource group with its system-assigned identity.
//!
//! On the machine: `cargo run --example tutorial_4`
//!
//! Before that, as a signed-in administrator (`az login`, or a token in ARM_TOKEN), to enable the identity and let it
//! read the group: `cargo run --example tutorial_4 grant SUBSCRIPTION GROUP MACHINE`

mod administrator;

use std::process::ExitCode;
use std::time::Duration;

use administrator::say;
use midentity::arm::{ArmClient, PrincipalType};
use midentity::{Credential, Identity, InstanceMetadata, Result};

fn main() -> ExitCode {
    administrator::run("tutorial_4 [grant SUBSCRIPTION GROUP MACHINE]", async |arguments| match arguments {
        [] => Some(read().await),
        ["grant", subscription, group, machine] => Some(grant(subscription, group, machine).await),
        _ => None,
    })
}

async fn grant(subscription: &str, group: &str, machine: &str) -> Result<()> {
    let arm = administrator::client()?;
    let here = arm.resource_groups(subscription).get(group).await?;
    let machine = format!("{}/providers/Microsoft.Compute/virtualMachines/{machine}", here.id());
    let identity = arm.vm_identity(&machine)?.add(["[system]"]).await?.wait().await?;
    let principal = identity.system_assigned().unwrap_or_default();
    let assignments = arm.role_assignments(here.id())?;
    let given = assignments.assign("Reader", principal, PrincipalType::ServicePrincipal).await?.wait().await?;
    assignments.wait_until_visible(given.id(), Duration::from_secs(60)).await?;
    say(&format!("{} has the role Reader at {}", given.principal_id(), given.scope()));
    Ok(())
}

async fn read() -> Result<()> {
    let instance = InstanceMetadata::builder().build()?;
    let credential = Credential::builder().identity(Identity::SystemAssigned).build()?;
    // The token's audience and host are the cloud's: the public one, or what MIDENTITY_CLOUD names.
    let arm = ArmClient::builder(credential).build()?;
    let own = arm.this_vm(&instance).await?;
    let machine = own.machine();
    let groups = arm.resource_groups(machine.subscription().unwrap_or_default());
    let group = groups.get(machine.resource_group().unwrap_or_default()).await?;
    say(&format!("{} in {}: {}", group.name(), group.location(), group.provisioning_state()));
    Ok(())
}
