use midentity_emulator::{Lro, LroFailure};
use serde_json::{Value, json};

use crate::azure::{Azure, group, identity, scale_set, vm};

/// The smallest machine that was ever recorded.
fn body() -> Value {
    json!({
        "location": "eastus",
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
            "storageProfile": {
                "imageReference": {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": "2016-datacenter", "version": "latest"},
                "osDisk": {"createOption": "FromImage"},
            },
            "osProfile": {"computerName": "new", "adminUsername": "me", "adminPassword": "c4n4ry-password"},
            "networkProfile": {"networkInterfaces": [{"id": "/subscriptions/x", "properties": {"primary": true}}]},
        },
    })
}

fn put(azure: &Azure, name: &str, body: &Value) -> crate::azure::Answer {
    azure.call("admin", "PUT", &vm(name), body.clone())
}

#[test]
fn writes_that_cannot_be() {
    let azure = Azure::new();
    put(&azure, "new", &json!({"properties": {"a": 1}})).refused(400, "LocationRequired", "location");
    put(&azure, "new", &json!({"location": "eastus"})).refused(400, "InvalidParameter", "'properties'");
    put(&azure, "bad-", &body()).refused(400, "InvalidResourceName", "VM's name");
    let mut moved = body();
    moved["location"] = json!("westus");
    put(&azure, "plain", &moved).refused(409, "InvalidResourceLocation", "plain");
    let elsewhere = vm("new").replace("rg1", "rg9");
    azure.call("admin", "PUT", &elsewhere, body()).refused(404, "ResourceGroupNotFound", "rg9");
    azure.patch(&vm("absent"), json!({})).refused(404, "ResourceNotFound", "Microsoft.Compute/virtualMachines/absent");
    assert_eq!(azure.call("admin", "DELETE", &vm("absent"), Value::Null).status, 204);
    azure
        .raw(
            "PUT",
            &format!("{}?api-version=2024-11-01", vm("new")),
            &[("authorization", &format!("Bearer {}", azure.token("admin")))],
            "{",
        )
        .refused(400, "InvalidRequestContent", "deserialized");
}

#[test]
fn made_with_an_identity() {
    let azure = Azure::new();
    azure.emulator.set_lro(Lro { seconds: 1000.0, retry_after: None, fail: None });
    let mut new = body();
    new["identity"] = json!({"type": "SystemAssigned,UserAssigned", "userAssignedIdentities": {identity("id1"): {}}});
    let made = put(&azure, "new", &new);
    assert_eq!((made.status, made.header("retry-after")), (201, Some("10")));
    assert_eq!(made.body["properties"]["provisioningState"], "Creating");
    let block = &made.body["identity"];
    assert_eq!(block["type"], "SystemAssigned, UserAssigned", "with a space, as always");
    assert!(block["principalId"].is_string() && block["tenantId"].is_string());
    assert_eq!(block["userAssignedIdentities"], json!({identity("id1"): {}}), "no ids until it is done");
    assert!(!made.text.contains("c4n4ry") && made.body["properties"]["osProfile"].get("adminPassword").is_none());
    assert_eq!(azure.get(&vm("new")).ok(200)["properties"]["provisioningState"], "Creating");
    azure.emulator.set_clock_offset(1001);
    let done = azure.get(&vm("new")).ok(200);
    assert_eq!(done["properties"]["provisioningState"], "Succeeded");
    assert_eq!(done["identity"]["principalId"], block["principalId"]);
    assert!(done["identity"]["userAssignedIdentities"][identity("id1")]["clientId"].is_string());
    assert_eq!(done["properties"]["hardwareProfile"]["vmSize"], "Standard_D2s_v5");
    assert_eq!(azure.metadata("new", "").status, 200);
    // Nothing of the password is kept, in the log neither.
    assert!(!azure.emulator.state().to_string().contains("c4n4ry"));
    let log = serde_json::to_string(&azure.emulator.requests()).unwrap();
    assert!(!log.contains("c4n4ry") && log.contains("\"adminPassword\":\"(redacted)\""), "{log}");
}

#[test]
fn put_replaces_what_it_does_not_name() {
    let azure = Azure::new();
    let mut whole = azure.get(&vm("both")).ok(200);
    whole["identity"] = json!({"type": "UserAssigned", "userAssignedIdentities": {identity("id2"): {}}});
    let written = put(&azure, "both", &whole);
    assert_eq!(written.header("retry-after"), Some("1"), "as set, for quick tests");
    azure.poll(&written);
    let block = azure.get(&vm("both")).ok(200)["identity"].clone();
    assert_eq!(block["type"], "UserAssigned");
    assert_eq!(crate::azure::keys(&block["userAssignedIdentities"]), [identity("id2")]);
    whole.as_object_mut().unwrap().remove("identity");
    azure.poll(&put(&azure, "both", &whole));
    assert!(azure.get(&vm("both")).ok(200).get("identity").is_none(), "no key at all");
}

#[test]
fn patch_merges_properties_and_leaves_the_identity() {
    let azure = Azure::new();
    let before = azure.get(&vm("both")).ok(200);
    let body = json!({"properties": {"hardwareProfile": {"vmSize": "Standard_B2s"}}, "tags": {"a": "1"}});
    azure.poll(&azure.patch(&vm("both"), body));
    let after = azure.get(&vm("both")).ok(200);
    assert_eq!(after["identity"], before["identity"]);
    assert_eq!(after["properties"]["hardwareProfile"]["vmSize"], "Standard_B2s");
    assert_eq!(after["tags"], json!({"a": "1"}));
    assert_eq!(azure.emulator.state()["subscriptions"][0]["resource_groups"][0]["vms"][3]["size"], "Standard_B2s");
}

#[test]
fn entity_tags_guard_against_races() {
    let azure = Azure::new();
    let read = azure.get(&format!("{}?api-version=2024-11-01", vm("both")));
    assert_eq!(read.header("etag"), read.body["etag"].as_str(), "the same in body and header, quotes included");
    let tag = read.header("etag").unwrap().to_owned();
    assert_eq!(tag, "\"1\"");
    let write = |tag: &str| azure.with("admin", "PATCH", &vm("both"), &[("if-match", tag)], &json!({"tags": {}}));
    let first = write(&tag);
    assert_eq!((first.status, first.header("etag")), (200, Some("\"2\"")), "one more for each write");
    write(&tag).refused(412, "PreconditionFailed", "\"2\"");
    assert_eq!(write("*").status, 200);
    assert_eq!(write("\"3\"").status, 200);
    let new = azure.with("admin", "PUT", &vm("plain"), &[("if-none-match", "*")], &body());
    new.refused(412, "PreconditionFailed", "");
    let old = azure.get(&format!("{}?api-version=2018-06-01", vm("both")));
    assert!(old.header("etag").is_none() && old.body.get("etag").is_none());
}

#[test]
fn deleting_a_machine_takes_its_principal() {
    let azure = Azure::new();
    let principal = azure.get(&vm("system")).ok(200)["identity"]["principalId"].clone();
    let path = format!("{}/providers/Microsoft.Authorization/roleAssignments/{}", group("rg1"), uuid::Uuid::new_v4());
    let reader = format!(
        "{}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
        group("rg1")
    );
    let role = json!({"properties": {"roleDefinitionId": reader, "principalId": principal}});
    azure.call("admin", "PUT", &path, role.clone()).ok(201);
    let token = azure.metadata("system", "").ok(200)["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    let read =
        || azure.raw("GET", &format!("{}?api-version=2021-04-01", group("rg1")), &[("authorization", &bearer)], "");
    assert_eq!(read().status, 200);
    let started = azure.call("admin", "DELETE", &vm("system"), Value::Null);
    assert_eq!(started.status, 202);
    assert!(started.header("location").unwrap().ends_with("&monitor=true"));
    assert_eq!(azure.poll(&started)["status"], "Succeeded");
    azure.get(&vm("system")).refused(404, "ResourceNotFound", "system");
    assert_ne!(azure.metadata("system", "").status, 200);
    // Its assignments stay, its tokens work until they expire, and nobody can be given a role by its id again.
    assert_eq!(azure.get(&path).ok(200)["properties"]["principalId"], principal);
    assert_eq!(read().status, 200);
    let other = path.replace("rg1", "rg2");
    let other = format!("{}{}", &other[..other.len() - 36], uuid::Uuid::new_v4());
    azure.call("admin", "PUT", &other, role).refused(400, "PrincipalNotFound", "does not exist in the directory");
}

#[test]
fn retired_extensions_are_shown_and_removed() {
    let azure = Azure::new();
    let machine = azure.get(&vm("old")).ok(200);
    let extension = &machine["resources"][0];
    assert_eq!(extension["properties"]["type"], "ManagedIdentityExtensionForWindows");
    let path = extension["id"].as_str().unwrap().to_owned();
    assert_eq!(azure.get(&path).ok(200), *extension);
    azure.get(&path.replace("Windows", "Linux")).refused(404, "ResourceNotFound", "extensions");
    assert_eq!(azure.get(&format!("{}/extensions", vm("old"))).ok(200)["value"][0], *extension);
    azure.call("reader", "DELETE", &path, Value::Null).refused(403, "AuthorizationFailed", "extensions/delete");
    let started = azure.call("machines", "DELETE", &path, Value::Null);
    assert_eq!(started.status, 202);
    assert_eq!(azure.poll(&started)["status"], "Succeeded");
    assert!(azure.get(&vm("old")).ok(200).get("resources").is_none());
    assert_eq!(azure.call("machines", "DELETE", &path, Value::Null).status, 204);
}

#[test]
fn scale_sets_behave_alike() {
    let azure = Azure::new();
    azure.emulator.set_lro(Lro { seconds: 0.03, retry_after: None, fail: None });
    let started = azure.patch(&scale_set("set1"), json!({"identity": {"type": "SystemAssigned"}}));
    assert_eq!((started.status, started.header("retry-after")), (200, Some("10")));
    assert_eq!(azure.poll(&started)["status"], "Succeeded");
    let set = azure.get(&scale_set("set1")).ok(200);
    assert_eq!(set["identity"]["type"], "SystemAssigned");
    assert_eq!((&set["sku"]["capacity"], &set["properties"]["upgradePolicy"]["mode"]), (&json!(2), &json!("Manual")));
    let again = azure.change(
        &scale_set("set1"),
        json!({"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {identity("id3"): {}}}),
    );
    assert_eq!(again["principalId"], set["identity"]["principalId"]);
}

#[test]
fn a_creation_can_fail() {
    let azure = Azure::new();
    let fail =
        Some(LroFailure { code: "AllocationFailed".to_owned(), message: "No capacity.".to_owned(), times: Some(1) });
    azure.emulator.set_lro(Lro { seconds: 0.03, retry_after: Some(1), fail });
    let end = azure.poll(&put(&azure, "new", &body()));
    assert_eq!((&end["status"], &end["error"]["code"]), (&json!("Failed"), &json!("AllocationFailed")));
    assert_eq!(azure.get(&vm("new")).ok(200)["properties"]["provisioningState"], "Failed");
    assert_eq!(azure.poll(&put(&azure, "new", &body()))["status"], "Succeeded");
    assert_eq!(azure.get(&vm("new")).ok(200)["properties"]["provisioningState"], "Succeeded");
}
