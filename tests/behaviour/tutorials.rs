//! The tutorials as the example programs do them: as a signed-in administrator, and as the machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use midentity_emulator::Lro;
use serde_json::json;

use crate::azure::{Azure, SUBSCRIPTION_ID, group, identity, identity_id, short, vm};

/// Programs wait in real time: the service asks for as little as it may.
fn azure() -> Azure {
    let azure = Azure::new();
    azure.emulator.set_lro(Lro { seconds: 0.0, retry_after: Some(0), fail: None });
    azure
}

/// The folder with the built examples. `cargo test` builds them; where only this program was asked for, it is done here.
/// `make test-windows` names the folder: no cargo is where its programs run.
fn examples() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        if let Some(folder) = std::env::var_os("MIDENTITY_EXAMPLES") {
            return folder.into();
        }
        let own = std::env::current_exe().unwrap();
        let folder = own.ancestors().nth(2).unwrap().join("examples");
        let built = |path: &PathBuf| path.metadata().and_then(|m| m.modified()).ok();
        let example = folder.join(format!("tutorial_5{}", std::env::consts::EXE_SUFFIX));
        if built(&example) < built(&own) {
            let names = ["read_resource_group", "tutorial_2", "tutorial_3", "tutorial_4", "tutorial_5"];
            let mut command = Command::new(env!("CARGO"));
            command.args(["build", "--quiet", "--offline", "--manifest-path"]);
            command.arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
            command.args(names.iter().flat_map(|name| ["--example", name]));
            if folder.ends_with("release/examples") {
                command.arg("--release");
            }
            assert!(command.status().unwrap().success(), "the examples can't be built");
        }
        folder
    })
}

fn program(azure: &Azure, name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(examples().join(name));
    command.args(arguments).env_clear();
    // What programs on Windows can't do without.
    command.envs(["SYSTEMROOT", "PATH"].iter().filter_map(|n| std::env::var_os(n).map(|v| (*n, v))));
    command.env("MIDENTITY_CLOUD", azure.emulator.cloud()).env("MIDENTITY_CA_FILE", azure.emulator.ca_file());
    command
}

fn as_admin(azure: &Azure, name: &str, arguments: &[&str]) -> Output {
    program(azure, name, arguments).env("ARM_TOKEN", azure.token("admin")).output().unwrap()
}

fn on_machine(azure: &Azure, machine: &str, name: &str, arguments: &[&str]) -> Output {
    let endpoint = azure.emulator.imds_endpoint_of(machine);
    program(azure, name, arguments).env("AZURE_POD_IDENTITY_AUTHORITY_HOST", endpoint).output().unwrap()
}

#[track_caller]
fn lines(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

fn words(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn wrong_arguments_and_errors_are_told_in_words() {
    let azure = azure();
    for name in ["tutorial_2", "tutorial_3", "tutorial_4", "tutorial_5"] {
        let output = as_admin(&azure, name, &["one", "two"]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(words(&output).starts_with(&format!("usage: {name}")), "{name}");
    }
    assert_eq!(azure.emulator.request_count(), 0);
    let told = words(&as_admin(&azure, "tutorial_2", &[SUBSCRIPTION_ID, "nowhere", "vm1", "id1"]));
    assert!(told.contains("ResourceGroupNotFound") && told.contains("hint: check names"), "{told}");
    let told = words(
        &program(&azure, "tutorial_2", &[SUBSCRIPTION_ID, "rg1", "both", "id1"]).env("PATH", "").output().unwrap(),
    );
    assert!(told.contains("azure_cli.missing") && told.contains("az login"), "{told}");
    let nobody = program(&azure, "tutorial_3", &[SUBSCRIPTION_ID, "rg1", "both", "id1", "id2"])
        .env("ARM_TOKEN", azure.token("nobody"))
        .output();
    assert!(words(&nobody.unwrap()).contains("hint: give it the role Reader"));
}

#[test]
fn tutorial_2_configures_with_commands() {
    let azure = azure();
    let place = [SUBSCRIPTION_ID, "rg1", "users", "new-identity"];
    let said = lines(&as_admin(&azure, "tutorial_2", &place));
    assert_eq!(said[0], "users has SystemAssigned, UserAssigned");
    assert!(said[1].starts_with("new-identity in eastus, client id "), "{said:?}");
    assert!(said[2].contains(&format!("comes: {}; goes: none", identity_id("new-identity"))), "{said:?}");
    assert!(said.contains(&"changing the identity of users: Succeeded".to_owned()), "{said:?}");
    assert_eq!(said.last().unwrap(), "users has SystemAssigned, UserAssigned");
    let bodies: Vec<_> = azure.sent().into_iter().filter(|r| r.method == "PATCH").filter_map(|r| r.body).collect();
    let kind = "SystemAssigned, UserAssigned";
    let named = json!({identity_id("new-identity"): {}});
    assert_eq!(
        bodies,
        [json!({"identity": {"type": kind}}), json!({"identity": {"type": kind, "userAssignedIdentities": named}})]
    );

    let body = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("machine-body.json");
    let machine = json!({"location": "eastus", "properties": {"hardwareProfile": {"vmSize": "Standard_B1s"}}});
    std::fs::write(&body, machine.to_string()).unwrap();
    let mut command = program(&azure, "tutorial_2", &[SUBSCRIPTION_ID, "rg1", "new", "new-identity"]);
    let said = lines(&command.env("ARM_TOKEN", azure.token("admin")).env("MACHINE_BODY", &body).output().unwrap());
    assert_eq!(said[0], "new was made with SystemAssigned");
    let calls = azure.calls();
    let at = |call: &str| calls.iter().position(|c| c == call).unwrap_or_else(|| panic!("{call} in {calls:?}"));
    assert!(at("PUT virtualMachines/new") < at("PUT roleAssignments/*"));
    // What was given works.
    let machine = midentity::blocking::ArmClient::from(azure.of("rg1/new"));
    assert_eq!(machine.get(&group("rg1"), "2021-04-01").unwrap().status(), 200);
}

#[test]
fn tutorial_3_changes_identities_and_loses_none() {
    let azure = azure();
    let said = lines(&as_admin(&azure, "tutorial_3", &[SUBSCRIPTION_ID, "rg1", "plain", "id1", "id2"]));
    let both = "SystemAssigned, UserAssigned";
    assert!(said[1].starts_with("principal: ") && said[1].len() == 47, "{said:?}");
    let rest: Vec<&str> = said.iter().filter(|l| !l.starts_with("principal")).map(String::as_str).collect();
    assert_eq!(
        rest,
        [
            "enabled: SystemAssigned",
            &format!("assigned: {both} id1"),
            &format!("assigned: {both} id1 id2"),
            &format!("removed: {both} id2"),
            "disabled: UserAssigned id2",
            &format!("enabled: {both} id2"),
            "user-assigned ones removed: SystemAssigned",
            "all removed: None",
        ]
    );
    let bodies: Vec<_> = azure.sent().into_iter().filter(|r| r.method == "PATCH").filter_map(|r| r.body).collect();
    let with = |kind: &str, id: String, value: serde_json::Value| json!({"identity": {"type": kind, "userAssignedIdentities": {id: value}}});
    let only = |kind: &str| json!({"identity": {"type": kind}});
    assert_eq!(
        bodies,
        [
            only("SystemAssigned"),
            with(both, identity("id1"), json!({})),
            with(both, identity("id2"), json!({})),
            with(both, identity("id1"), json!(null)),
            only("UserAssigned"),
            only(both),
            only("SystemAssigned"),
            only("None"),
        ]
    );
}

#[test]
fn tutorial_4_reads_with_the_system_identity() {
    let azure = azure();
    let told = words(&on_machine(&azure, "plain", "tutorial_4", &[]));
    assert!(told.contains("imds.no_identity") || told.contains("imds.identity_not_found"), "{told}");
    let told = words(&on_machine(&azure, "system", "tutorial_4", &[]));
    assert!(told.contains("AuthorizationFailed") && told.contains("the role Reader"), "{told}");
    let said = lines(&as_admin(&azure, "tutorial_4", &["grant", SUBSCRIPTION_ID, "rg1", "plain"]));
    assert!(said[0].ends_with(&format!("has the role Reader at {}", group("rg1"))), "{said:?}");
    azure.sent();
    assert_eq!(lines(&on_machine(&azure, "plain", "tutorial_4", &[])), ["rg1 in eastus: Succeeded"]);
    assert_eq!(azure.calls(), ["GET resourcegroups/rg1"]);
    let read = on_machine(&azure, "plain", "read_resource_group", &[SUBSCRIPTION_ID, "rg1"]);
    let read: serde_json::Value = serde_json::from_slice(&read.stdout).unwrap();
    assert_eq!((&read["id"], &read["properties"]["provisioningState"]), (&json!(group("rg1")), &json!("Succeeded")));
}

#[test]
fn tutorial_5_reads_with_a_user_assigned_identity() {
    let azure = azure();
    // Before the role: refused, whoever is on the machine.
    let client_id = azure.emulator.facts().user_identities[0].client_id.clone();
    let told = words(&on_machine(&azure, "users", "read_resource_group", &[SUBSCRIPTION_ID, "rg1", &client_id]));
    assert!(told.contains("AuthorizationFailed") && told.contains("hint:"), "{told}");
    let said = lines(&as_admin(&azure, "tutorial_5", &["prepare", SUBSCRIPTION_ID, "rg1", "both", "ID-5"]));
    assert_eq!(said[0], format!("id: {}", identity_id("ID-5")));
    let value = |name: &str| said.iter().find_map(|l| l.strip_prefix(name)).unwrap().trim().to_owned();
    let client_id = value("client_id:");
    assert!(client_id.len() == 36 && value("principal_id:").len() == 36 && value("tenant_id:").len() == 36);
    let sent = azure.sent();
    let role = sent.iter().find(|r| r.path.contains("roleAssignments/")).unwrap().body.clone().unwrap();
    assert_eq!(role["properties"]["principalId"], value("principal_id:"));
    assert_eq!(role["properties"]["principalType"], "ServicePrincipal");
    let patch = sent.iter().find(|r| r.method == "PATCH").unwrap();
    assert_eq!((patch.path.as_str(), short(patch).as_str()), (vm("both").as_str(), "PATCH virtualMachines/both"));
    assert_eq!(lines(&on_machine(&azure, "both", "tutorial_5", &[&client_id])), ["rg1 in eastus: Succeeded"]);
    assert_eq!(azure.calls(), ["GET Microsoft.Authorization/permissions", "GET resourcegroups/rg1"]);
    let read = on_machine(&azure, "both", "read_resource_group", &[SUBSCRIPTION_ID, "rg1", &client_id]);
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&read.stdout).unwrap()["name"], "rg1");
}

/// A stand-in for the Azure CLI, as the system has it: a script of the shell.
#[cfg(unix)]
fn write_az(folder: &Path, script: &str) {
    // Written by another process: nobody that another test starts meanwhile can hold the program open for writing.
    let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$2\" && chmod 755 \"$2\"";
    let mut command = Command::new("/bin/sh");
    let command = command.args(["-c", write, "sh", script]).arg(folder.join("az"));
    assert!(command.status().unwrap().success());
}

/// A stand-in for the Azure CLI, as the system has it: a batch file.
#[cfg(windows)]
fn write_az(folder: &Path, script: &str) {
    std::fs::write(folder.join("az.cmd"), format!("@echo off\r\n{script}\r\n")).unwrap();
}

/// With the Azure CLI's login, which a script stands in for.
#[test]
fn an_administrator_who_is_signed_in_to_the_azure_cli() {
    let azure = azure();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("az-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    // Where a system has drives, a path without one means the current folder's.
    let folder = std::path::absolute(&folder).unwrap();
    let windows = cfg!(windows);
    let az = |script: &str| {
        write_az(&folder, script);
        let place = ["grant", SUBSCRIPTION_ID, "rg1", "plain"];
        program(&azure, "tutorial_4", &place).env("PATH", &folder).output().unwrap()
    };
    let signed_out = "ERROR: Please run 'az login' to setup account.";
    let told = words(&az(&if windows {
        format!("echo {signed_out} 1>&2\r\nexit /b 1")
    } else {
        format!("echo \"{signed_out}\" >&2; exit 1")
    }));
    assert!(told.contains("azure_cli.signed_out") && told.contains("hint: run `az login`"), "{told}");
    assert!(words(&az("echo {}")).contains("azure_cli.failed"));
    let asked = folder.join("asked");
    let answer = serde_json::json!({"accessToken": azure.token("admin"), "expires_on": crate::azure::LATE});
    let said = lines(&az(&if windows {
        format!(">>\"{}\" echo %*\r\necho {answer}", asked.display())
    } else {
        format!("echo \"$@\" >> '{}'; echo '{answer}'", asked.display())
    }));
    assert!(said[0].contains("has the role Reader"), "{said:?}");
    let resource = format!("{}/", azure.emulator.cloud());
    let expected = format!("account get-access-token --output json --resource {resource}");
    let asked: Vec<String> = std::fs::read_to_string(&asked).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(asked, [expected], "asked once, and kept");
    std::fs::remove_dir_all(&folder).unwrap();
}
