//! Tutorial 3: a machine's identities, one after the other, as a signed-in administrator.
//!
//! Enables the system-assigned identity, assigns two user-assigned ones, removes one, disables the system-assigned one
//! while the other stays, and in the end removes all.
//!
//! `cargo run --example tutorial_3 SUBSCRIPTION GROUP MACHINE IDENTITY OTHER_IDENTITY`
//!
//! Sign in with `az login` first; or give a token in ARM_TOKEN.

mod administrator;

use std::process::ExitCode;

use administrator::say;
use midentity::arm::{IdentityChange, VmIdentity};
use midentity::{ResourceId, Result};

fn main() -> ExitCode {
    let usage = "tutorial_3 SUBSCRIPTION GROUP MACHINE IDENTITY OTHER_IDENTITY";
    administrator::run(usage, async |arguments| match arguments {
        [subscription, group, machine, one, other] => Some(change(subscription, group, machine, [one, other]).await),
        _ => None,
    })
}

async fn change(subscription: &str, group: &str, machine: &str, [one, other]: [&str; 2]) -> Result<()> {
    let arm = administrator::client()?;
    let vm = arm.vm_identity(&format!(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{machine}"
    ))?;
    show("enabled", &vm.add(["[system]"]).await?.wait().await?)?;
    // The principal that a directory group would take in.
    say(&format!("principal: {}", arm.system_identity(vm.machine().as_str()).await?.principal_id()));

    let identities = arm.user_identities(subscription, group);
    for name in [one, other] {
        identities.create(name, None, None).await?;
    }
    // With Update-AzVM those that are not listed again are lost; here they stay.
    show("assigned", &vm.add([one]).await?.wait().await?)?;
    show("assigned", &vm.add([other]).await?.wait().await?)?;
    show("removed", &vm.remove([one]).await?.wait().await?)?;
    show("disabled", &vm.remove(["[system]"]).await?.wait().await?)?;
    show("enabled", &vm.add(["[system]"]).await?.wait().await?)?;
    let plan = vm.plan(&IdentityChange::RemoveAllUser).await?;
    show("user-assigned ones removed", &vm.apply(plan).await?.wait().await?)?;
    let plan = vm.plan(&IdentityChange::RemoveAll).await?;
    show("all removed", &vm.apply(plan).await?.wait().await?)
}

fn show(what: &str, identity: &VmIdentity) -> Result<()> {
    let mut line = format!("{what}: {}", identity.kind());
    for assigned in identity.user_assigned() {
        line = format!("{line} {}", ResourceId::parse(assigned.id())?.name());
    }
    say(&line);
    Ok(())
}
