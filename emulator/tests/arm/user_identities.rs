use serde_json::{Value, json};

use crate::azure::{Azure, SUBSCRIPTION, group, identity, identity_id, keys, vm};

#[test]
fn writes_that_cannot_be() {
    let azure = Azure::new();
    let put = |name: &str, body: Value| azure.call("admin", "PUT", &identity(name), body);
    put("x", json!({"location": "eastus"})).refused(400, "InvalidResourceName", "3 to 128");
    put("id9", json!({})).refused(400, "LocationRequired", "location");
    put("id9", json!({"location": "eastus", "tags": {"a": 1}})).refused(400, "InvalidRequestContent", "tags.a");
    put("id1", json!({"location": "westus"})).refused(409, "InvalidResourceLocation", "already exists in location");
    let elsewhere = identity("id9").replace("rg1", "rg9");
    let missing = azure.call("admin", "PUT", &elsewhere, json!({"location": "eastus"}));
    missing.refused(404, "ResourceGroupNotFound", "rg9");
    let words =
        "The Resource 'Microsoft.ManagedIdentity/userAssignedIdentities/id9' under resource group 'rg1' was not found.";
    let absent = azure.get(&identity("id9"));
    absent.refused(404, "ResourceNotFound", words);
    assert_eq!(absent.header("x-ms-failure-cause"), Some("gateway"));
    azure.patch(&identity("id9"), json!({"tags": {}})).refused(404, "ResourceNotFound", "id9");
}

#[test]
fn made_once_and_replaced_after() {
    let azure = Azure::new();
    let body = json!({"location": "eastus", "tags": {"a": "1"}});
    let made = azure.call("identities", "PUT", &identity("fresh"), body);
    assert_eq!(made.header("location"), Some(identity_id("fresh").as_str()), "a path and no address");
    assert!(made.header("azure-asyncoperation").is_none());
    let made = made.ok(201);
    assert_eq!(made["id"], json!(identity_id("fresh")), "resourcegroups in lower case whatever was sent");
    assert_eq!(made["type"], "Microsoft.ManagedIdentity/userAssignedIdentities");
    assert_eq!(keys(&made["properties"]), ["clientId", "isolationScope", "principalId", "tenantId"]);
    assert_ne!(made["properties"]["clientId"], made["properties"]["principalId"]);
    let again = azure.call("admin", "PUT", &identity("FRESH"), json!({"location": "eastus"})).ok(200);
    assert_eq!(again["properties"], made["properties"], "the same identity");
    assert_eq!((&again["tags"], &again["name"]), (&json!({}), &json!("fresh")), "PUT replaces tags by none");
    assert!(again.get("provisioningState").is_none() && again["properties"].get("provisioningState").is_none());
    let tagged = azure.patch(&identity("fresh"), json!({"tags": {"b": "2"}, "location": "eastus"})).ok(200);
    assert_eq!(tagged["tags"], json!({"b": "2"}));
    let older = azure.get(&format!("{}?api-version=2018-11-30", identity("fresh"))).ok(200);
    assert_eq!(keys(&older["properties"]), ["clientId", "principalId", "tenantId"]);
    let isolated = json!({"location": "eastus", "properties": {"isolationScope": "regional"}});
    let isolated = azure.call("admin", "PUT", &identity("fresh"), isolated).ok(200);
    assert_eq!(isolated["properties"]["isolationScope"], "Regional");
}

#[test]
fn deleted_at_once_and_made_anew_as_another() {
    let azure = Azure::new();
    let before = azure.get(&identity("id1")).ok(200);
    let deleted = azure.call("admin", "DELETE", &identity("ID1"), Value::Null);
    assert_eq!((deleted.status, deleted.text.as_str()), (200, ""));
    let again = azure.call("admin", "DELETE", &identity("id1"), Value::Null);
    assert_eq!((again.status, again.text.as_str()), (204, ""));
    let after = azure.call("admin", "PUT", &identity("id1"), json!({"location": "eastus"})).ok(201);
    assert_ne!(after["properties"]["principalId"], before["properties"]["principalId"]);
    assert_ne!(after["properties"]["clientId"], before["properties"]["clientId"]);
}

#[test]
fn lists_by_group_and_by_subscription() {
    let azure = Azure::new();
    let by_group = format!("{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities", group("rg1"));
    let list = azure.get(&by_group).ok(200);
    assert_eq!(list["value"][0], azure.get(&identity("id1")).ok(200));
    assert_eq!((list["value"].as_array().unwrap().len(), list.get("nextLink")), (3, None));
    let by_subscription = format!("{SUBSCRIPTION}/providers/Microsoft.ManagedIdentity/userAssignedIdentities");
    assert_eq!(azure.get(&by_subscription).ok(200), list);
    azure.call("reader", "GET", &by_group, Value::Null).ok(200);
    azure.call("reader", "GET", &by_subscription, Value::Null).refused(403, "AuthorizationFailed", "'/subscriptions/");
    azure.get(&by_group.replace("rg1", "rg9")).refused(404, "ResourceGroupNotFound", "rg9");
}

#[test]
fn associated_resources_are_the_machines_that_have_it() {
    let azure = Azure::new();
    let path = format!("{}/listAssociatedResources", identity("id2"));
    let all = azure.call("admin", "POST", &path, Value::Null).ok(200);
    assert_eq!(all["totalCount"], 2);
    assert_eq!(
        all["value"][0],
        json!({
            "id": vm("users"),
            "name": "users",
            "type": "microsoft.compute/virtualmachines",
            "resourceGroup": "rg1",
            "subscriptionId": &SUBSCRIPTION[15..],
            "subscriptionDisplayName": "s1",
        })
    );
    let first = azure.call("admin", "POST", &format!("{path}?$top=1"), Value::Null).ok(200);
    let next = first["nextLink"].as_str().unwrap();
    let second = azure.call("admin", "POST", next, Value::Null).ok(200);
    assert_eq!((&second["value"][0], second.get("nextLink")), (&all["value"][1], None));
    azure.call("nobody", "POST", &path, Value::Null).refused(
        403,
        "AuthorizationFailed",
        "listAssociatedResources/action",
    );
}

#[test]
fn system_identities_are_found_by_their_resource() {
    let azure = Azure::new();
    let path = |machine: &str| format!("{}/providers/Microsoft.ManagedIdentity/identities/default", vm(machine));
    azure.get(&path("plain")).refused(404, "ResourceNotFound", "No system-assigned identity");
    azure.get(&path("absent")).refused(404, "ResourceNotFound", "absent");
    azure.call("machines", "GET", &path("both"), Value::Null).refused(
        403,
        "AuthorizationFailed",
        "Microsoft.ManagedIdentity/identities/read",
    );
    let found = azure.call("reader", "GET", &path("both"), Value::Null).ok(200);
    assert_eq!(
        (&found["id"], &found["name"], &found["type"]),
        (&json!(vm("both")), &json!("both"), &json!("Microsoft.Compute/virtualMachines")),
        "the parent's, not its own"
    );
    assert_eq!(keys(&found["properties"]), ["clientId", "clientSecretUrl", "principalId", "tenantId"]);
    let machine = azure.get(&vm("both")).ok(200);
    assert_eq!(machine["identity"]["principalId"], found["properties"]["principalId"]);
    assert!(machine["identity"].get("clientId").is_none(), "the machine does not tell its client id");
}
