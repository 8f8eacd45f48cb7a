//! Tutorials 4 and 5: inside a machine, take a token as its system-assigned identity (or as a user-assigned one, by
//! client id) and read a resource group from Resource Manager.
//!
//! `cargo run --example read_resource_group SUBSCRIPTION GROUP [CLIENT_ID]`

use std::io::Write;
use std::process::ExitCode;

use midentity::arm::ArmClient;
use midentity::{Credential, Identity, Result, blocking};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (subscription, group, client_id) = match arguments.as_slice() {
        [subscription, group] => (subscription, group, None),
        [subscription, group, client_id] => (subscription, group, Some(client_id.clone())),
        _ => {
            let _ = writeln!(std::io::stderr(), "usage: read_resource_group SUBSCRIPTION GROUP [CLIENT_ID]");
            return ExitCode::from(2);
        }
    };
    match read(subscription, group, client_id) {
        Ok(text) => {
            let _ = writeln!(std::io::stdout(), "{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let hint = error.hint().unwrap_or("see docs/errors.md");
            let _ = writeln!(std::io::stderr(), "{error}\nhint: {hint}");
            ExitCode::FAILURE
        }
    }
}

fn read(subscription: &str, group: &str, client_id: Option<String>) -> Result<String> {
    let identity = client_id.map_or(Identity::SystemAssigned, Identity::ClientId);
    let credential = Credential::builder().identity(identity).build()?;
    // The token's audience and host are the cloud's: the public one, or what MIDENTITY_CLOUD names.
    let arm = blocking::ArmClient::from(ArmClient::builder(credential).build()?);
    let path = format!("/subscriptions/{subscription}/resourceGroups/{group}");
    Ok(arm.get(&path, "2021-04-01")?.into_body().to_string())
}
