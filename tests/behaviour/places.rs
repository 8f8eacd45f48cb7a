//! Resource groups, subscriptions, new machines, and the machine that we are on.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use midentity::arm::{NewVirtualMachine, VirtualMachines};
use midentity::{Clock, Env, ErrorKind, InstanceMetadata};
use midentity_emulator::{Lro, LroFailure};
use serde_json::{Value, json};

use crate::azure::{Azure, FOREIGN, SUBSCRIPTION_ID, group, identity, subscription, vm};
use crate::case::now;

fn body() -> Value {
    json!({
        "location": "eastus",
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_B1s"},
            "osProfile": {"computerName": "new", "adminUsername": "me", "adminPassword": "c4n4ry-password"},
        },
    })
}

fn machines(azure: &Azure) -> VirtualMachines {
    azure.admin().virtual_machines(SUBSCRIPTION_ID, "rg1")
}

#[tokio::test]
async fn group_names_are_checked_before_anything_is_sent() {
    let azure = Azure::new();
    let groups = azure.admin().resource_groups(SUBSCRIPTION_ID);
    for name in ["", "a/b", "rg.", "a b", "a?b", &"x".repeat(91)] {
        for error in [
            groups.get(name).await.unwrap_err(),
            groups.exists(name).await.unwrap_err(),
            groups.create(name, "eastus", &BTreeMap::new()).await.unwrap_err(),
            groups.delete(name).await.unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.id()), (ErrorKind::InvalidArgument, "argument.name"), "{name}");
            assert!(error.hint().unwrap().contains("1 to 90"), "{error:?}");
        }
    }
    let other = azure.admin().resource_groups("contoso");
    assert!(other.list().unwrap_err().hint().unwrap().contains("GUID"));
    assert_eq!(azure.emulator.request_count(), 0);
}

#[tokio::test]
async fn groups_that_are_not_there_or_not_to_be_seen() {
    let azure = Azure::new();
    let groups = azure.admin().resource_groups(SUBSCRIPTION_ID);
    assert!(groups.exists("rg1").await.unwrap() && !groups.exists("absent").await.unwrap());
    assert_eq!(azure.calls(), ["HEAD resourcegroups/rg1", "HEAD resourcegroups/absent"]);
    assert_eq!(groups.get("absent").await.unwrap_err().service_code(), Some("ResourceGroupNotFound"));
    let work = groups.delete("absent").await.unwrap();
    assert!(!work.changes());
    work.wait().await.unwrap();
    let error = azure.of("nobody").resource_groups(SUBSCRIPTION_ID).exists("rg1").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden, "not seeing it is no no");
    let error = groups.create("rg1", "westus", &BTreeMap::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let error = azure.of("reader").resource_groups(SUBSCRIPTION_ID).delete("rg1").await.unwrap_err();
    assert!(error.hint().unwrap().contains("the role Contributor"), "{error:?}");
}

#[tokio::test]
async fn groups_live() {
    let azure = Azure::new();
    let groups = azure.admin().resource_groups(SUBSCRIPTION_ID);
    let name = "grüppe_(1).x";
    let tags: BTreeMap<String, String> = [("owner".to_owned(), "me".to_owned())].into();
    let made = groups.create(name, "northeurope", &tags).await.unwrap();
    assert_eq!((made.name(), made.location(), made.provisioning_state()), (name, "northeurope", "Succeeded"));
    assert_eq!((made.tags(), made.tag("owner"), made.tag("x")), (&tags, Some("me"), None));
    assert_eq!(azure.body("PUT"), json!({"location": "northeurope", "tags": {"owner": "me"}}));
    assert_eq!(groups.get(name).await.unwrap().id(), made.id());
    azure.emulator.set_page_size(2);
    let all = groups.list().unwrap().collect().await.unwrap();
    assert_eq!(all.len(), 3);
    groups.delete(name).await.unwrap().wait().await.unwrap();
    assert!(!groups.exists(name).await.unwrap());
}

#[tokio::test]
async fn subscriptions_that_one_sees() {
    let azure = Azure::new();
    let all = azure.admin().subscriptions().list().unwrap().collect().await.unwrap();
    assert_eq!(all.len(), 1, "another tenant's are not among them");
    let own = &all[0];
    assert_eq!(
        (own.subscription_id(), own.id(), own.display_name(), own.state()),
        (SUBSCRIPTION_ID, subscription().as_str(), "s1", "Enabled")
    );
    assert_eq!(own.tenant_id(), azure.emulator.facts().tenant_id);
    assert!(azure.of("nobody").subscriptions().list().unwrap().collect().await.unwrap().is_empty());
}

#[tokio::test]
async fn machines_that_cannot_be_are_refused_before_anything_is_made() {
    let azure = Azure::new();
    let all = machines(&azure);
    let new = || NewVirtualMachine::from_body(body());
    for (name, new, id) in [
        ("new", new().role("Reader", &subscription()), "argument.option"),
        ("new", new().identities(["id1"]).role("Reader", &subscription()), "argument.option"),
        ("new", new().identities(["a b"]), "argument.name"),
        ("new", new().identities(["x"]), "argument.name"),
        ("new", new().identities([vm("both").as_str()]), "argument.identity"),
        ("new", NewVirtualMachine::from_body(json!([])), "argument.option"),
        ("new", NewVirtualMachine::from_body(Value::Null).identities(["id1"]), "argument.option"),
        ("new", new().identities(["[system]"]).role("Reader", "rg1"), "argument.scope_path"),
        ("a/b", new(), "argument.path"),
        ("", new(), "argument.path"),
    ] {
        let error = all.create(name, new).await.unwrap_err();
        assert_eq!((error.kind(), error.id()), (ErrorKind::InvalidArgument, id), "{name}: {error}");
    }
    assert_eq!(azure.emulator.request_count(), 0);
    let unknown = new().identities(["[system]"]).role("Raeder", &subscription());
    assert_eq!(all.create("new", unknown).await.unwrap_err().id(), "role.unknown");
    assert!(azure.sent().iter().all(|r| r.method == "GET"));
}

#[tokio::test]
async fn a_machine_with_identities_and_a_role_in_one_call() {
    let azure = Azure::new();
    azure.slow(1000.0);
    let new = NewVirtualMachine::from_body(body())
        .identities(["[system]", "id1", "ID1", &identity("id2")])
        .role("Contributor", &group("rg1"));
    assert!(!format!("{new:?}").contains("c4n4ry"));
    let work = machines(&azure).create("new", new).await.unwrap();
    assert_eq!(work.what(), "making the virtual machine new");
    let shown = azure.hurry(work, 2, 1001).wait().await.unwrap();
    assert_eq!(shown.kind(), "SystemAssigned, UserAssigned");
    assert_eq!(shown.user_assigned().len(), 2);
    let sent = azure.sent();
    let puts: Vec<_> = sent.iter().filter(|r| r.method == "PUT").collect();
    let expected = json!({"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {identity("id1"): {}, identity("id2"): {}}});
    assert_eq!(puts[0].body.as_ref().unwrap()["identity"], expected);
    let role = &puts[1].body.as_ref().unwrap()["properties"];
    assert_eq!(
        (role["principalId"].as_str(), &role["principalType"]),
        (shown.system_assigned(), &json!("ServicePrincipal"))
    );
    let own = azure.of("rg1/new").resource_groups(SUBSCRIPTION_ID).get("rg1").await.unwrap();
    assert_eq!(own.name(), "rg1");
    for (name, identities, kind) in [
        ("new-0", vec![], "None"),
        ("new-1", vec!["[system]"], "SystemAssigned"),
        ("new-2", vec!["id1"], "UserAssigned"),
    ] {
        azure.slow(0.0);
        let new = NewVirtualMachine::from_body(body()).identities(identities);
        assert_eq!(machines(&azure).create(name, new).await.unwrap().wait().await.unwrap().kind(), kind);
    }
}

#[tokio::test]
async fn a_machine_that_is_there_is_left_as_it_is() {
    let azure = Azure::new();
    let before = azure.machine("both").show().await.unwrap();
    let new = NewVirtualMachine::from_body(body()).identities(["[system]"]);
    let error = machines(&azure).create("both", new).await.unwrap_err();
    assert_eq!((error.kind(), error.id()), (ErrorKind::Conflict, "arm.conflict"), "{error}");
    assert!(azure.sent().iter().all(|r| r.method == "GET"));
    assert_eq!(azure.machine("both").show().await.unwrap().user_assigned().len(), before.user_assigned().len());
}

#[tokio::test]
async fn half_done_says_what_was_done() {
    let new = || NewVirtualMachine::from_body(body()).identities(["[system]"]).role("Reader", &group("rg1"));
    // The machine is made, the role is not given.
    let azure = Azure::new();
    let work = azure.of("contributor").virtual_machines(SUBSCRIPTION_ID, "rg1").create("new", new()).await.unwrap();
    let error = work.wait().await.unwrap_err();
    assert_eq!((error.kind(), error.service_code()), (ErrorKind::Forbidden, Some("AuthorizationFailed")));
    assert!(error.message().contains("the machine was made, and its identity did not get the role"), "{error}");
    assert!(azure.machine("new").show().await.unwrap().system_assigned().is_some());
    // The machine is not made.
    let azure = Azure::new();
    azure.emulator.set_lro(Lro { seconds: 0.0, fail: Some(LroFailure::default()), ..Lro::default() });
    let error = machines(&azure).create("new", new()).await.unwrap().wait().await.unwrap_err();
    assert_eq!(error.id(), "arm.operation_failed");
    assert!(error.message().starts_with("making the virtual machine new ended as Failed"), "{error}");
    assert!(!azure.sent().iter().any(|r| r.path.contains("roleAssignments/")), "no role for what failed");
    // Its principal never shows up.
    let azure = Azure::new();
    let unknown = json!({"error": {"code": "PrincipalNotFound", "message": "m"}});
    azure.fault(
        json!({"method": "PUT", "path": format!("{}/providers/Microsoft.Authorization", group("rg1"))}),
        json!({"status": 400, "body": unknown}),
    );
    let said = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&said);
    let work = machines(&azure).create("new", new()).await.unwrap();
    let work = work.on_progress(move |p| heard.lock().unwrap().push(p.status().to_owned()));
    let error = work.wait().await.unwrap_err();
    assert_eq!(error.id(), "role.principal_unknown");
    assert!(error.message().contains("the machine was made"), "{error}");
    assert!(said.lock().unwrap().iter().any(|s| s.contains("waiting for the principal")), "one callback for all of it");
}

#[tokio::test]
async fn rights_for_a_machine_with_an_identity() {
    let azure = Azure::new();
    for (identity, words) in [("id1", "Managed Identity Operator"), (FOREIGN, "Managed Identity Operator")] {
        let new = NewVirtualMachine::from_body(body()).identities([identity]);
        let all = azure.of("machines").virtual_machines(SUBSCRIPTION_ID, "rg1");
        let error = all.create("new", new).await.unwrap_err();
        assert_eq!((error.kind(), error.service_code()), (ErrorKind::Forbidden, Some("LinkedAuthorizationFailed")));
        assert!(error.hint().unwrap().contains(words), "{error:?}");
    }
    assert_eq!(azure.machine("new").show().await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn this_machine_is_known_by_its_metadata() {
    let azure = Azure::new();
    let instance = |endpoint: &str| {
        let clock = Clock::manual_between_requests(now());
        InstanceMetadata::builder().imds_endpoint(endpoint).env(Env::fixed([])).clock(clock).build().unwrap()
    };
    let client = azure.admin();
    let own = client.this_vm(&instance(azure.emulator.imds_endpoint())).await.unwrap();
    assert_eq!(own.machine().as_str(), vm("both"));
    assert_eq!(own.show().await.unwrap().kind(), "SystemAssigned, UserAssigned");
    let other = client.this_vm(&instance(&azure.emulator.imds_endpoint_of("plain"))).await.unwrap();
    assert_eq!(other.machine().name(), "plain");
    for (answer, id) in [
        (json!({"resourceId": ""}), "imds.bad_answer"),
        (json!({}), "imds.bad_answer"),
        (json!({"resourceId": group("rg1")}), "argument.path"),
    ] {
        azure.emulator.clear_faults();
        let fault = json!({"match": {"door": "imds"}, "status": 200, "body": answer});
        azure.emulator.add_fault_json(&fault.to_string()).unwrap();
        let error = client.this_vm(&instance(azure.emulator.imds_endpoint())).await.unwrap_err();
        assert_eq!(error.id(), id, "{answer}");
    }
}
