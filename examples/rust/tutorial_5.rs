//! Tutorial 5: a machine reads its resource group with a user-assigned identity.
//!
//! As a signed-in administrator (`az login`, or a token in ARM_TOKEN), to make the identity, assign it and let it read
//! the group: `cargo run --example tutorial_5 prepare SUBSCRIPTION GROUP MACHINE IDENTITY`, which prints its client id.
//!
//! Then, on the machine: `cargo run --example tutorial_5 CLIENT_ID`

mod administrator;

use std::process::ExitCode;
use std::time::Duration;

use administrator::say;
use midentity::arm::{ArmClient, PrincipalType};
use midentity::{Credential, Identity, InstanceMetadata, Result};

const READ: &str = "Microsoft.Resources/subscriptions/resourceGroups/read";

fn main() -> ExitCode {
    let usage = "tutorial_5 CLIENT_ID, or tutorial_5 prepare SUBSCRIPTION GROUP MACHINE IDENTITY";
    administrator::run(usage, async |arguments| match arguments {
        [client_id] => Some(read(client_id).await),
        ["prepare", subscription, group, machine, name] => Some(prepare(subscription, group, machine, name).await),
        _ => None,
    })
}

async fn prepare(subscription: &str, group: &str, machine: &str, name: &str) -> Result<()> {
    let arm = administrator::client()?;
    let identity = arm.user_identities(subscription, group).create(name, None, None).await?;
    say(&format!("id: {}", identity.id()));
    say(&format!("client_id: {}", identity.client_id()));
    say(&format!("principal_id: {}", identity.principal_id()));
    say(&format!("tenant_id: {}", identity.tenant_id()));
    let here = format!("/subscriptions/{subscription}/resourceGroups/{group}");
    let vm = arm.vm_identity(&format!("{here}/providers/Microsoft.Compute/virtualMachines/{machine}"))?;
    vm.add([identity.id()]).await?.wait().await?;
    let assigning = arm.role_assignments(&here)?;
    assigning.assign("Reader", identity.principal_id(), PrincipalType::ServicePrincipal).await?.wait().await?;
    Ok(())
}

async fn read(client_id: &str) -> Result<()> {
    let instance = InstanceMetadata::builder().build()?;
    let credential = Credential::builder().identity(Identity::ClientId(client_id.to_owned())).build()?;
    let arm = ArmClient::builder(credential).build()?;
    let own = arm.this_vm(&instance).await?;
    let machine = own.machine();
    let (subscription, group) =
        (machine.subscription().unwrap_or_default(), machine.resource_group().unwrap_or_default());
    // A role works some minutes after it was given, ten at most.
    let here = arm.role_assignments(&format!("/subscriptions/{subscription}/resourceGroups/{group}"))?;
    here.wait_until_allowed(READ, Duration::from_secs(600)).await?;
    let group = arm.resource_groups(subscription).get(group).await?;
    say(&format!("{} in {}: {}", group.name(), group.location(), group.provisioning_state()));
    Ok(())
}
