//! A machine's identities: what each change sends, that others are never lost, and what goes wrong.

use midentity::ErrorKind;
use midentity::arm::{IdentityChange, IdentityRef, VmIdentities, VmIdentity};
use serde_json::{Map, Value, json};

use crate::azure::{Azure, FOREIGN, identity, identity_id, names, scale_set, vm};

fn refs(texts: &[&str]) -> Vec<IdentityRef> {
    texts.iter().map(|t| IdentityRef::from(*t)).collect()
}

fn block(kind: &str, ids: &[(String, Value)]) -> Value {
    let mut identity = Map::from_iter([("type".to_owned(), Value::from(kind))]);
    if !ids.is_empty() {
        identity.insert("userAssignedIdentities".to_owned(), ids.iter().cloned().collect::<Map<_, _>>().into());
    }
    json!({ "identity": identity })
}

fn come(name: &str) -> (String, Value) {
    (identity(name), json!({}))
}

fn go(name: &str) -> (String, Value) {
    (identity_id(name), Value::Null)
}

fn user(shown: &VmIdentity) -> Vec<String> {
    let mut all = names(shown.user_assigned().iter().map(|i| i.id()));
    all.sort();
    all
}

async fn apply(machine: &VmIdentities, change: &IdentityChange) -> midentity::Result<VmIdentity> {
    let plan = machine.plan(change).await?;
    machine.apply(plan).await?.wait().await
}

#[tokio::test]
async fn every_change_sends_only_what_comes_and_goes() {
    use IdentityChange::{Add, Remove, RemoveAll, RemoveAllUser, Set};
    let (s, u, su) = ("SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned");
    let cases: Vec<(&str, IdentityChange, Value, &str, Vec<&str>)> = vec![
        ("plain", Add(refs(&["[system]"])), block(s, &[]), s, vec![]),
        ("plain", Add(refs(&["id3"])), block(u, &[come("id3")]), u, vec!["id3"]),
        ("plain", Add(refs(&["[SYSTEM]", "id3"])), block(su, &[come("id3")]), su, vec!["id3"]),
        // Switching the system identity on must not drop the others: never the bare type.
        ("users", Add(refs(&["[system]"])), block(su, &[]), su, vec!["id1", "id2"]),
        ("users", Add(refs(&["id3"])), block(u, &[come("id3")]), u, vec!["id1", "id2", "id3"]),
        ("both", Add(refs(&["id3"])), block(su, &[come("id3")]), su, vec!["id1", "id2", "id3"]),
        ("system", Add(refs(&["id1"])), block(su, &[come("id1")]), su, vec!["id1"]),
        ("both", Remove(refs(&["[system]"])), block(u, &[]), u, vec!["id1", "id2"]),
        ("both", Remove(refs(&["id1"])), block(su, &[go("id1")]), su, vec!["id2"]),
        ("users", Remove(refs(&["id1"])), block(u, &[go("id1")]), u, vec!["id2"]),
        ("users", Remove(refs(&["id1", "id2"])), block("None", &[]), "None", vec![]),
        ("both", Remove(refs(&["id1", "id2"])), block(s, &[]), s, vec![]),
        ("both", Remove(refs(&["[system]", "id1"])), block(u, &[go("id1")]), u, vec!["id2"]),
        ("both", RemoveAllUser, block(s, &[]), s, vec![]),
        ("users", RemoveAllUser, block("None", &[]), "None", vec![]),
        ("both", RemoveAll, block("None", &[]), "None", vec![]),
        ("users", Set(refs(&["id2", "id3"])), block(u, &[come("id3"), go("id1")]), u, vec!["id2", "id3"]),
        ("both", Set(refs(&["[system]"])), block(s, &[]), s, vec![]),
        ("both", Set(refs(&["id1", "id2"])), block(u, &[]), u, vec!["id1", "id2"]),
        ("both", Set(vec![]), block("None", &[]), "None", vec![]),
        ("plain", Set(refs(&["[system]", "id1", "ID1"])), block(su, &[come("id1")]), su, vec!["id1"]),
    ];
    for (name, change, body, kind, left) in cases {
        let azure = Azure::new();
        let after = apply(&azure.machine(name), &change).await.unwrap();
        let sent = azure.sent();
        let patches: Vec<_> = sent.iter().filter(|r| r.method == "PATCH").collect();
        assert_eq!(patches.len(), 1, "{name} {change:?}");
        assert_eq!(patches[0].body, Some(body), "{name} {change:?}");
        assert_eq!(patches[0].headers["if-match"], "\"1\"", "{name} {change:?}");
        assert_eq!(
            (after.kind(), user(&after)),
            (kind, left.iter().map(|n| (*n).to_owned()).collect()),
            "{name} {change:?}"
        );
        assert_eq!(after.system_assigned().is_some(), kind.contains("System"));
        assert_eq!(sent.last().map(|r| r.method.as_str()), Some("GET"), "the result is read, not guessed");
    }
}

#[tokio::test]
async fn where_nothing_changes_nothing_is_sent() {
    use IdentityChange::{Add, Remove, RemoveAll, RemoveAllUser, Set};
    let upper = identity("id1").to_uppercase().replace("/SUBSCRIPTIONS/", "//subscriptions/");
    for (name, change) in [
        ("both", Add(refs(&["[system]", "id1", &upper]))),
        ("both", Add(vec![])),
        ("both", Remove(refs(&["id3"]))),
        ("users", Remove(refs(&["[system]"]))),
        ("plain", RemoveAll),
        ("system", RemoveAllUser),
        ("both", Set(refs(&["[system]", &upper, "ID2"]))),
        ("plain", Set(vec![])),
    ] {
        let azure = Azure::new();
        let machine = azure.machine(name);
        let plan = machine.plan(&change).await.unwrap();
        assert!(!plan.changes() && plan.comes().is_empty() && plan.goes().is_empty(), "{name} {change:?}: {plan}");
        let work = machine.apply(plan).await.unwrap();
        assert!(!work.changes());
        work.wait().await.unwrap();
        assert!(azure.sent().iter().all(|r| r.method == "GET"), "{name} {change:?}");
    }
}

#[tokio::test]
async fn a_plan_is_only_read() {
    let azure = Azure::new();
    let machine = azure.machine("both");
    let plan = machine.plan(&IdentityChange::Set(refs(&["id2", "id3"]))).await.unwrap();
    assert_eq!(
        (names(plan.stays()), names(plan.comes()), names(plan.goes())),
        (vec!["id2".into()], vec!["id3".into()], vec!["[system]".into(), "id1".into()])
    );
    let expected =
        format!("stays: {}; comes: {}; goes: [system], {}", identity_id("id2"), identity("id3"), identity_id("id1"));
    assert_eq!(plan.to_string(), expected);
    assert_eq!(azure.calls(), ["GET virtualMachines/both"]);
    let after = machine.apply(plan).await.unwrap().wait().await.unwrap();
    assert_eq!(user(&after), ["id2", "id3"]);
}

#[tokio::test]
async fn scale_sets_too() {
    let azure = Azure::new();
    let set = azure.admin().vm_identity(&scale_set("set2")).unwrap();
    let after = set.remove(["id1"]).await.unwrap().wait().await.unwrap();
    assert_eq!((after.kind(), user(&after)), ("SystemAssigned, UserAssigned", vec!["id2".to_owned()]));
    assert_eq!(azure.body("PATCH"), block("SystemAssigned, UserAssigned", &[go("id1")]));
    // Its instances have to be updated before they know.
    assert_eq!(after.warnings().len(), 1);
    assert!(after.warnings()[0].contains(&format!("POST {}/manualupgrade", scale_set("set2"))), "{after:?}");
    let same = set.plan(&IdentityChange::Add(refs(&["id2"]))).await.unwrap();
    assert!(!same.changes() && same.warnings().is_empty(), "nothing to know where nothing changes");
    assert!(set.show().await.unwrap().warnings().is_empty());
    azure.sent();
    let rolling = json!({"properties": {"upgradePolicy": {"mode": "Rolling"}}});
    azure.fault(json!({"method": "GET"}), json!({"status": 200, "times": 1, "body": rolling}));
    assert!(set.plan(&IdentityChange::Add(refs(&["id1"]))).await.unwrap().warnings().is_empty());
    azure.sent();
    let empty = azure.admin().vm_identity(&scale_set("set1")).unwrap();
    let after = empty.add(["[system]", "id1"]).await.unwrap().wait().await.unwrap();
    assert_eq!(user(&after), ["id1"]);
    assert_eq!(azure.body("PATCH"), block("SystemAssigned, UserAssigned", &[come("id1")]));
}

#[tokio::test]
async fn what_is_shown() {
    let azure = Azure::new();
    let both = azure.machine("both").show().await.unwrap();
    assert_eq!(both.kind(), "SystemAssigned, UserAssigned");
    assert_eq!((both.system_assigned().unwrap().len(), both.tenant_id().unwrap().len()), (36, 36));
    let direct = azure.admin().user_identities(crate::azure::SUBSCRIPTION_ID, "rg1").get("id1").await.unwrap();
    let first = &both.user_assigned()[0];
    assert_eq!((first.client_id(), first.principal_id()), (Some(direct.client_id()), Some(direct.principal_id())));
    let plain = azure.machine("plain").show().await.unwrap();
    assert_eq!(
        (plain.kind(), plain.system_assigned(), plain.tenant_id(), plain.user_assigned().len()),
        ("None", None, None, 0)
    );
    let shown = serde_json::to_value(&both).unwrap();
    assert_eq!(
        (&shown["kind"], shown["user_assigned"][0]["id"].as_str()),
        (&json!("SystemAssigned, UserAssigned"), Some(first.id()))
    );
}

#[tokio::test]
async fn somebody_else_is_faster_and_the_change_is_planned_anew() {
    let azure = Azure::new();
    let machine = azure.machine("users");
    let plan = machine.plan(&IdentityChange::Set(refs(&["id3"]))).await.unwrap();
    // In between, another identity comes and one goes.
    azure.machine("users").set(["[system]", "id2"]).await.unwrap().wait().await.unwrap();
    azure.sent();
    let after = machine.apply(plan).await.unwrap().wait().await.unwrap();
    assert_eq!((after.kind(), user(&after)), ("UserAssigned", vec!["id3".to_owned()]));
    let patches: Vec<_> = azure.sent().into_iter().filter(|r| r.method == "PATCH").collect();
    let tags: Vec<&str> = patches.iter().map(|r| r.headers["if-match"].as_str()).collect();
    assert_eq!((tags, patches[0].status, patches[1].status), (vec!["\"1\"", "\"2\""], Some(412), Some(200)));
    assert_eq!(patches[1].body, Some(block("UserAssigned", &[come("id3"), go("id2")])));
}

#[tokio::test]
async fn a_race_that_never_ends_is_given_up() {
    let azure = Azure::new();
    azure.fault(
        json!({"method": "PATCH"}),
        json!({"status": 412, "body": {"error": {"code": "PreconditionFailed", "message": "m"}}}),
    );
    let error = azure.machine("both").add(["id3"]).await.unwrap_err();
    assert_eq!((error.kind(), error.http_status()), (ErrorKind::Conflict, Some(412)));
    assert_eq!(azure.sent().iter().filter(|r| r.method == "PATCH").count(), 4);
}

#[tokio::test]
async fn what_the_service_loses_is_put_back() {
    let azure = Azure::new();
    azure.slow(1000.0);
    let work = azure.machine("both").add(["id3"]).await.unwrap();
    // Meanwhile the service forgets one of the others, and the system identity.
    let emulator = std::sync::Arc::clone(&azure.emulator);
    let mut told = 0;
    let work = work.on_progress(move |_| {
        told += 1;
        if told == 2 {
            emulator.set_clock_offset(1001);
            let mut state = emulator.state();
            for vm in state["subscriptions"][0]["resource_groups"][0]["vms"].as_array_mut().unwrap() {
                if vm["name"] == "both" {
                    vm["system_identity"] = json!(false);
                    vm.as_object_mut().unwrap().remove("principal_id");
                    vm.as_object_mut().unwrap().remove("client_id");
                    vm["user_identities"] = json!(["id2", "id3"]);
                }
            }
            emulator.set_state(&state.to_string()).unwrap();
            emulator.set_lro(midentity_emulator::Lro { seconds: 0.0, ..Default::default() });
            let done = json!({"match": {"door": "arm", "path": format!("{}/providers/Microsoft.Compute/locations", crate::azure::subscription())}, "times": 1, "status": 200, "body": {"status": "Succeeded"}});
            emulator.add_fault_json(&done.to_string()).unwrap();
        }
    });
    let after = work.wait().await.unwrap();
    assert_eq!(
        (after.kind(), user(&after)),
        ("SystemAssigned, UserAssigned", vec!["id1".into(), "id2".into(), "id3".into()])
    );
    assert_eq!(after.warnings().len(), 1);
    let warning = &after.warnings()[0];
    assert!(
        warning.contains("put back") && warning.contains(&identity_id("id1")) && warning.contains("[system]"),
        "{warning}"
    );
    let patches: Vec<_> = azure.sent().into_iter().filter(|r| r.method == "PATCH").collect();
    assert_eq!(patches.len(), 2);
    assert_eq!(patches[1].body, Some(block("SystemAssigned, UserAssigned", &[(identity_id("id1"), json!({}))])));
}

#[tokio::test]
async fn what_cannot_be_put_back_is_an_error() {
    for (shown, missing) in [
        (json!({"type": "SystemAssigned", "principalId": "p"}), identity_id("id1")),
        (
            json!({"type": "UserAssigned", "userAssignedIdentities": {identity_id("id1"): {}, identity_id("id2"): {}, identity("id3"): {}}}),
            "[system]".to_owned(),
        ),
    ] {
        let azure = Azure::new();
        let forgetful = json!({"status": 200, "skip": 1, "body": {"identity": shown}});
        azure.fault(json!({"method": "GET", "path": vm("both")}), forgetful);
        let error = azure.machine("both").add(["id3"]).await.unwrap().wait().await.unwrap_err();
        assert_eq!((error.kind(), error.id()), (ErrorKind::Conflict, "vm_identity.lost"));
        assert!(error.message().contains(&missing), "{error}");
        let patches = azure.sent().into_iter().filter(|r| r.method == "PATCH").count();
        assert_eq!(patches, 2, "it is tried once");
    }
}

#[tokio::test]
async fn dangling_identities_are_found_and_named() {
    let azure = Azure::new();
    let machine = azure.machine("users");
    assert!(machine.dangling().await.unwrap().is_empty());
    azure.admin().user_identities(crate::azure::SUBSCRIPTION_ID, "rg1").delete("id1").await.unwrap();
    assert_eq!(machine.dangling().await.unwrap(), [identity_id("id1")]);
    // It does not stand in the way of others, and can be taken off by name.
    let after = machine.add(["id3"]).await.unwrap().wait().await.unwrap();
    assert_eq!(user(&after), ["id1", "id2", "id3"]);
    let after = machine.remove(["id1"]).await.unwrap().wait().await.unwrap();
    assert_eq!(user(&after), ["id2", "id3"]);
    // Who may not read identities can't tell; a service that is down is no answer.
    assert!(azure.of("machines").vm_identity(&vm("users")).unwrap().dangling().await.unwrap().is_empty());
    azure.fault(json!({"path": identity("id2")}), json!({"status": 500}));
    assert_eq!(machine.dangling().await.unwrap_err().id(), "arm.service");
}

#[tokio::test]
async fn an_identity_that_is_not_there_is_named() {
    for name in ["absent", "id3"] {
        let azure = Azure::new();
        azure.admin().user_identities(crate::azure::SUBSCRIPTION_ID, "rg1").delete("id3").await.unwrap();
        let error = azure.machine("users").add([name]).await.unwrap_err();
        assert_eq!((error.kind(), error.id()), (ErrorKind::NotFound, "vm_identity.dangling"));
        assert_eq!(error.service_code(), Some("FailedIdentityOperation"));
        assert!(error.message().contains(&identity(name)), "{error}");
        assert_eq!(user(&azure.machine("users").show().await.unwrap()), ["id1", "id2"]);
    }
}

#[tokio::test]
async fn the_right_to_assign_is_explained() {
    let azure = Azure::new();
    let error = azure.of("machines").vm_identity(&vm("users")).unwrap().add(["id3"]).await.unwrap_err();
    assert_eq!((error.kind(), error.service_code()), (ErrorKind::Forbidden, Some("LinkedAuthorizationFailed")));
    assert!(error.message().contains(&identity("id3")) && error.message().contains("assign/action"), "{error}");
    assert!(error.hint().unwrap().contains("Managed Identity Operator"), "{error:?}");
    // With the role it works, and taking one off needs no right to it.
    azure.of("operator").vm_identity(&vm("users")).unwrap().add(["id3"]).await.unwrap().wait().await.unwrap();
    let machine = azure.of("machines").vm_identity(&vm("users")).unwrap();
    let after = machine.remove(["id1"]).await.unwrap().wait().await.unwrap();
    assert_eq!(user(&after), ["id2", "id3"]);
    for change in [
        IdentityChange::Add(refs(&["[system]"])),
        IdentityChange::Remove(refs(&["[system]"])),
        IdentityChange::RemoveAll,
    ] {
        apply(&machine, &change).await.unwrap();
    }
    // Another tenant's identity can't be had by anybody.
    let error = azure.machine("users").add([FOREIGN]).await.unwrap_err();
    assert_eq!((error.kind(), error.service_code()), (ErrorKind::Forbidden, Some("LinkedAuthorizationFailed")));
    assert!(error.hint().unwrap().contains("another tenant"), "{error:?}");
}

#[tokio::test]
async fn who_may_not_change_the_machine_is_told_the_role() {
    let azure = Azure::new();
    let error = azure.of("reader").vm_identity(&vm("users")).unwrap().remove(["id1"]).await.unwrap_err();
    assert_eq!((error.kind(), error.service_code()), (ErrorKind::Forbidden, Some("AuthorizationFailed")));
    assert!(
        error.message().contains("Microsoft.Compute/virtualMachines/write") && error.message().contains(&vm("users"))
    );
    assert!(error.hint().unwrap().contains("Virtual Machine Contributor"), "{error:?}");
    let error = azure.of("nobody").vm_identity(&vm("users")).unwrap().show().await.unwrap_err();
    assert!(error.hint().unwrap().contains("the role Reader"), "{error:?}");
}

#[tokio::test]
async fn the_retired_extension_is_warned_of() {
    let azure = Azure::new();
    let machine = azure.machine("old");
    let removal = format!("DELETE {}/extensions/ManagedIdentityExtensionForWindows", vm("old"));
    let plan = machine.plan(&IdentityChange::Add(refs(&["id1"]))).await.unwrap();
    let after = machine.apply(plan.clone()).await.unwrap().wait().await.unwrap();
    for warnings in [plan.warnings(), after.warnings(), machine.show().await.unwrap().warnings()] {
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("retired") && warnings[0].contains(&removal), "{warnings:?}");
    }
    let path = removal.strip_prefix("DELETE ").unwrap();
    azure.admin().request("DELETE", path, "2024-11-01", None).await.unwrap();
    assert!(machine.show().await.unwrap().warnings().is_empty());
    assert!(azure.machine("both").show().await.unwrap().warnings().is_empty());
}

#[tokio::test]
async fn ids_match_in_any_case_and_names_are_of_the_machines_group() {
    let azure = Azure::new();
    let client = azure.admin();
    let machine = client.vm_identity(&format!("/{}/", vm("users").to_uppercase())).unwrap();
    let after = machine.remove([identity("id1").to_uppercase()]).await.unwrap().wait().await.unwrap();
    assert_eq!(user(&after), ["id2"]);
    assert_eq!(azure.body("PATCH"), block("UserAssigned", &[go("id1")]), "named as the machine has it");
    // A name is not looked for in other groups; an id may be of any.
    let error = machine.add(["far"]).await.unwrap_err();
    assert_eq!(error.id(), "vm_identity.dangling");
    azure.sent();
    let far = identity("far").replace("/rg1/", "/rg2/");
    let after = machine.add([far.as_str()]).await.unwrap().wait().await.unwrap();
    assert!(after.user_assigned().iter().any(|i| i.id() == far && i.client_id().is_some()), "{after:?}");
    assert_eq!(azure.body("PATCH"), block("UserAssigned", &[(far, json!({}))]));
}

#[tokio::test]
async fn new_ids_are_there_only_at_the_end() {
    let azure = Azure::new();
    azure.slow(1000.0);
    let work = azure.machine("plain").add(["id1"]).await.unwrap();
    let after = azure.hurry(work, 2, 1001).wait().await.unwrap();
    assert!(after.user_assigned()[0].client_id().is_some(), "read after the end, not from the first answer");
}
