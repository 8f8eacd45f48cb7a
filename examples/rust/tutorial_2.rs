//! Tutorial 2: configure identities with commands, as a signed-in administrator.
//!
//! Makes a virtual machine with a system-assigned identity that has a role, where MACHINE_BODY names a JSON file with
//! the machine's body; else switches the identity of an existing machine on. Then makes a user-assigned identity and
//! assigns it.
//!
//! `cargo run --example tutorial_2 SUBSCRIPTION GROUP MACHINE IDENTITY`
//!
//! Sign in with `az login` first; or give a token in ARM_TOKEN.

mod administrator;

use std::process::ExitCode;

use administrator::say;
use midentity::Result;
use midentity::arm::{IdentityChange, NewVirtualMachine};

fn main() -> ExitCode {
    administrator::run("tutorial_2 SUBSCRIPTION GROUP MACHINE IDENTITY", async |arguments| match arguments {
        [subscription, group, machine, name] => Some(configure(subscription, group, machine, name).await),
        _ => None,
    })
}

async fn configure(subscription: &str, group: &str, machine: &str, name: &str) -> Result<()> {
    let arm = administrator::client()?;
    let here = arm.resource_groups(subscription).get(group).await?;
    let machine_id = format!("{}/providers/Microsoft.Compute/virtualMachines/{machine}", here.id());
    let vm = arm.vm_identity(&machine_id)?;
    if let Some(body) = body() {
        // az vm create … --assign-identity --role contributor --scope …
        let new = NewVirtualMachine::from_body(body).identities(["[system]"]).role("Contributor", here.id());
        let made = arm.virtual_machines(subscription, group).create(machine, new).await?.wait().await?;
        say(&format!("{machine} was made with {}", made.kind()));
    } else {
        // az vm identity assign
        say(&format!("{machine} has {}", vm.add(["[system]"]).await?.wait().await?.kind()));
    }

    // az identity create; the region is the group's
    let identity = arm.user_identities(subscription, group).create(name, None, None).await?;
    say(&format!("{} in {}, client id {}", identity.name(), identity.location(), identity.client_id()));

    // az vm identity assign --identities: what is there stays
    let plan = vm.plan(&IdentityChange::Add(vec![identity.id().into()])).await?;
    say(&plan.to_string());
    let work = vm.apply(plan).await?.on_progress(|p| say(&format!("{}: {}", p.what(), p.status())));
    let changed = work.wait().await?;
    for warning in changed.warnings() {
        say(&format!("warning: {warning}"));
    }
    say(&format!("{machine} has {}", changed.kind()));
    Ok(())
}

fn body() -> Option<serde_json::Value> {
    let text = std::fs::read_to_string(std::env::var_os("MACHINE_BODY")?).ok()?;
    serde_json::from_str(&text).ok()
}
