//! Who may do what: the rights that the walk-throughs name, each by the role that has it and by one that has not.

use serde_json::{Value, json};

use crate::azure::{Azure, group, identity, vm};

fn attach(name: &str) -> Value {
    json!({"identity": {"type": "UserAssigned", "userAssignedIdentities": {identity(name): {}}}})
}

#[test]
fn nobody_may_do_anything() {
    let azure = Azure::new();
    for (method, path, body, action) in [
        ("GET", identity("id1"), Value::Null, "Microsoft.ManagedIdentity/userAssignedIdentities/read"),
        ("GET", identity("absent"), Value::Null, "Microsoft.ManagedIdentity/userAssignedIdentities/read"),
        (
            "PUT",
            identity("new"),
            json!({"location": "eastus"}),
            "Microsoft.ManagedIdentity/userAssignedIdentities/write",
        ),
        ("DELETE", identity("id1"), Value::Null, "Microsoft.ManagedIdentity/userAssignedIdentities/delete"),
        ("GET", vm("both"), Value::Null, "Microsoft.Compute/virtualMachines/read"),
        ("PATCH", vm("both"), json!({}), "Microsoft.Compute/virtualMachines/write"),
        ("DELETE", vm("both"), Value::Null, "Microsoft.Compute/virtualMachines/delete"),
        ("DELETE", group("rg1"), Value::Null, "Microsoft.Resources/subscriptions/resourceGroups/delete"),
    ] {
        let refused = azure.call("nobody", method, &path, body);
        refused.refused(
            403,
            "AuthorizationFailed",
            &format!("does not have authorization to perform action '{action}'"),
        );
        refused.refused(403, "AuthorizationFailed", "The client 'nobody' with object id '");
        refused.refused(403, "AuthorizationFailed", &format!("over scope '{path}'"));
    }
}

#[test]
fn a_reader_only_reads() {
    let azure = Azure::new();
    azure.call("reader", "GET", &identity("id1"), Value::Null).ok(200);
    azure.call("reader", "GET", &vm("both"), Value::Null).ok(200);
    azure.call("reader", "PATCH", &vm("both"), json!({})).refused(403, "AuthorizationFailed", "write");
    azure.call("reader", "PUT", &identity("new"), json!({"location": "eastus"})).refused(
        403,
        "AuthorizationFailed",
        "",
    );
    azure.call("reader", "GET", &group("rg2"), Value::Null).refused(403, "AuthorizationFailed", "rg2");
}

#[test]
fn machine_contributors_switch_the_system_identity() {
    let azure = Azure::new();
    for block in [json!({"type": "SystemAssigned, UserAssigned"}), json!({"type": "UserAssigned"})] {
        azure.call("machines", "PATCH", &vm("users"), json!({"identity": block})).ok(200);
    }
    azure.call("machines", "PATCH", &vm("plain"), json!({"identity": {"type": "SystemAssigned"}})).ok(200);
    azure.call("machines", "PATCH", &vm("plain"), json!({"identity": {"type": "None"}})).ok(200);
}

#[test]
fn attaching_needs_the_right_to_assign() {
    let azure = Azure::new();
    let refused = azure.call("machines", "PATCH", &vm("users"), attach("id3"));
    let words = format!(
        "has permission to perform action 'Microsoft.Compute/virtualMachines/write' on scope '{}'; however, it does not have permission to perform action 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' on the linked scope(s) '{}' or the linked scope(s) are invalid.",
        vm("users"),
        identity("id3")
    );
    refused.refused(403, "LinkedAuthorizationFailed", &words);
    azure.call("operator", "PATCH", &vm("users"), attach("id3")).ok(200);
    // An identity that does not exist looks the same to whoever may not assign it.
    azure.call("machines", "PATCH", &vm("users"), attach("absent")).refused(403, "LinkedAuthorizationFailed", "absent");
    azure.call("operator", "PATCH", &vm("users"), attach("absent")).refused(400, "FailedIdentityOperation", "absent");
    // Another tenant's identity is no valid scope for anybody.
    let foreign = "/subscriptions/1d1c0c5e-6a3b-4f0e-9d0a-3f6c5d1b2a41/resourceGroups/other/providers/Microsoft.ManagedIdentity/userAssignedIdentities/foreign";
    let body = json!({"identity": {"type": "UserAssigned", "userAssignedIdentities": {foreign: {}}}});
    azure.call("admin", "PATCH", &vm("users"), body).refused(403, "LinkedAuthorizationFailed", "foreign");
    let body = json!({"location": "eastus", "properties": {"a": 1}, "identity": attach("id1")["identity"]});
    azure.call("machines", "PUT", &vm("new"), body).refused(403, "LinkedAuthorizationFailed", "id1");
}

#[test]
fn null_needs_no_right_and_every_named_id_does() {
    let azure = Azure::new();
    let block = |kept: Value| {
        let ids = json!({identity("id1"): null, identity("id2"): kept});
        json!({"identity": {"type": "UserAssigned", "userAssignedIdentities": ids}})
    };
    // Naming the one that stays asks for the right to assign it, though it is there already.
    let refused = azure.call("machines", "PATCH", &vm("users"), block(json!({})));
    refused.refused(403, "LinkedAuthorizationFailed", &identity("id2"));
    assert!(!refused.text.contains(&identity("id1")), "{}", refused.text);
    let only = json!({"identity": {"type": "UserAssigned", "userAssignedIdentities": {identity("id1"): null}}});
    azure.call("machines", "PATCH", &vm("users"), only).ok(200);
    let both = json!({"identity": {"type": "UserAssigned", "userAssignedIdentities": {identity("id1"): {}, identity("id3"): {}}}});
    azure.call("machines", "PATCH", &vm("users"), both).refused(
        403,
        "LinkedAuthorizationFailed",
        &format!("'{},{}'", identity("id1"), identity("id3")),
    );
}

#[test]
fn operators_assign_but_do_not_make() {
    let azure = Azure::new();
    azure.call("operator", "GET", &identity("id1"), Value::Null).ok(200);
    let new = json!({"location": "eastus"});
    azure.call("operator", "PUT", &identity("new"), new.clone()).refused(403, "AuthorizationFailed", "write");
    azure.call("machines", "PUT", &identity("new"), new.clone()).refused(403, "AuthorizationFailed", "write");
    azure.call("identities", "PUT", &identity("new"), new.clone()).ok(201);
    azure.call("identities", "DELETE", &identity("new"), Value::Null).ok(200);
    azure.call("contributor", "PUT", &identity("new"), new).ok(201);
    azure.call("identities", "PATCH", &vm("users"), attach("id3")).refused(
        403,
        "AuthorizationFailed",
        "virtualMachines",
    );
}

#[test]
fn granting_needs_more_than_contributor() {
    let azure = Azure::new();
    let principal = azure.principal_of("id1");
    let grant = |who: &str, role: &str| {
        let path =
            format!("{}/providers/Microsoft.Authorization/roleAssignments/{}", group("rg1"), uuid::Uuid::new_v4());
        let role = format!("{}/providers/Microsoft.Authorization/roleDefinitions/{role}", group("rg1"));
        let body = json!({"properties": {"roleDefinitionId": role, "principalId": principal}});
        azure.call(who, "PUT", &path, body)
    };
    let roles = [
        "acdd72a7-3385-48ef-bd42-f606fba81ae7",
        "f1a07417-d97a-45cb-824c-7a7467783830",
        "9980e02c-c2be-4d73-94e8-173b1dc7cf3c",
    ];
    for who in ["contributor", "reader", "machines", "operator", "identities", "nobody"] {
        grant(who, roles[0]).refused(403, "AuthorizationFailed", "Microsoft.Authorization/roleAssignments/write");
    }
    for (who, role) in ["owner", "access", "rbac"].into_iter().zip(roles) {
        grant(who, role).ok(201);
    }
}

#[test]
fn a_role_of_a_machine_counts_for_the_machine() {
    let azure = Azure::new();
    let token = azure.metadata("system", "").ok(200)["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    let read =
        || azure.raw("GET", &format!("{}?api-version=2016-06-01", group("rg1")), &[("authorization", &bearer)], "");
    read().refused(403, "AuthorizationFailed", "Microsoft.Resources/subscriptions/resourceGroups/read");
    let principal = azure.get(&vm("system")).ok(200)["identity"]["principalId"].clone();
    // The walk-through's scope, in lower case and with a slash at its end.
    let scope = format!("{}/", group("rg1").replace("resourceGroups", "resourcegroups"));
    let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{}", uuid::Uuid::new_v4());
    let role = "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7";
    azure
        .call("admin", "PUT", &path, json!({"properties": {"roleDefinitionId": role, "principalId": principal}}))
        .ok(201);
    assert_eq!(read().ok(200)["properties"]["provisioningState"], "Succeeded");
    azure.call("admin", "DELETE", &path, Value::Null).ok(200);
    assert_eq!(read().status, 403);
}
