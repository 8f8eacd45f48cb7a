use serde_json::{Value, json};

use crate::azure::{Azure, SUBSCRIPTION, group};

const ROLES: &str = "providers/Microsoft.Authorization/roleDefinitions";
const CUSTOM: &str = "11111111-2222-4333-8444-555555555555";

fn custom(scope: &str, actions: &[&str]) -> Value {
    json!({"properties": {
        "roleName": "Group Watcher",
        "type": "CustomRole",
        "description": "Looks at groups",
        "permissions": [{"actions": actions, "notActions": []}],
        "assignableScopes": [scope],
    }})
}

#[test]
fn found_by_name_in_any_casing() {
    let azure = Azure::new();
    let find = |filter: &str| azure.get(&format!("{}/{ROLES}?$filter={filter}", group("rg1")));
    let found = find("roleName eq 'reader'").ok(200);
    assert_eq!(found["value"].as_array().unwrap().len(), 1);
    let reader = &found["value"][0];
    assert_eq!(reader["properties"]["roleName"], "Reader");
    assert_eq!(reader["name"], "acdd72a7-3385-48ef-bd42-f606fba81ae7");
    assert_eq!(reader["id"], json!(format!("{SUBSCRIPTION}/{ROLES}/acdd72a7-3385-48ef-bd42-f606fba81ae7")));
    assert_eq!(reader["properties"]["assignableScopes"], json!(["/"]));
    assert_eq!(reader["properties"]["permissions"][0]["actions"], json!(["*/read"]));
    assert_eq!(find("roleName eq 'Readr'").ok(200), json!({"value": []}), "unknown is an empty list");
    let all = find("type eq 'BuiltInRole'").ok(200);
    assert_eq!(all["value"].as_array().unwrap().len(), 12);
    assert_eq!(find("type eq 'CustomRole'").ok(200), json!({"value": []}));
    find("name eq 'x'").refused(400, "InvalidFilterInQueryString", "roleName eq");
    let blob = find("roleName eq 'Storage Blob Data Reader'").ok(200);
    let data = &blob["value"][0]["properties"]["permissions"][0]["dataActions"];
    assert_eq!(data, &json!(["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"]));
}

#[test]
fn read_by_id_at_any_scope() {
    let azure = Azure::new();
    let owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
    let root = azure.get(&format!("/{ROLES}/{owner}")).ok(200);
    assert_eq!(root["id"], json!(format!("/{ROLES}/{owner}")), "no subscription at the root");
    let there = azure.get(&format!("{SUBSCRIPTION}/{ROLES}/{owner}")).ok(200);
    assert_eq!(there["id"], json!(format!("{SUBSCRIPTION}/{ROLES}/{owner}")));
    let words = "The specified role definition with ID '11111111222243338444555555555555' does not exist.";
    azure.get(&format!("{SUBSCRIPTION}/{ROLES}/{CUSTOM}")).refused(404, "RoleDefinitionDoesNotExist", words);
    azure.get(&format!("{SUBSCRIPTION}/{ROLES}/Reader")).refused(400, "InvalidRoleDefinitionId", "GUID");
    azure.call("nobody", "GET", &format!("{SUBSCRIPTION}/{ROLES}"), Value::Null).refused(
        403,
        "AuthorizationFailed",
        "",
    );
}

#[test]
fn custom_roles_that_cannot_be() {
    let azure = Azure::new();
    let path = format!("{SUBSCRIPTION}/{ROLES}/{CUSTOM}");
    let put = |who: &str, body: Value| azure.call(who, "PUT", &path, body);
    put("contributor", custom(SUBSCRIPTION, &["*/read"])).refused(403, "AuthorizationFailed", "roleDefinitions/write");
    put("admin", custom("/", &["*/read"])).refused(400, "InvalidAssignableScope", "root");
    put("admin", custom(&group("rg9"), &["*/read"])).refused(404, "ResourceGroupNotFound", "rg9");
    put("admin", json!({"properties": {"roleName": "X", "assignableScopes": [SUBSCRIPTION]}})).refused(
        400,
        "InvalidPermissions",
        "",
    );
    let mut same = custom(SUBSCRIPTION, &["*/read"]);
    same["properties"]["roleName"] = json!("reader");
    put("admin", same).refused(409, "RoleDefinitionWithSameNameExists", "reader");
    let built_in = format!("{SUBSCRIPTION}/{ROLES}/acdd72a7-3385-48ef-bd42-f606fba81ae7");
    azure.call("admin", "PUT", &built_in, custom(SUBSCRIPTION, &[])).refused(
        400,
        "RoleDefinitionImmutable",
        "built-in",
    );
    azure.call("admin", "DELETE", &built_in, Value::Null).refused(400, "RoleDefinitionImmutable", "built-in");
    // An owner of one group may not make a role for the whole subscription.
    let at_group = format!("{}/{ROLES}/{CUSTOM}", group("rg1"));
    azure.call("owner", "PUT", &at_group, custom(SUBSCRIPTION, &["*"])).refused(403, "AuthorizationFailed", "write");
}

#[test]
fn custom_roles_count_within_their_scopes() {
    let azure = Azure::new();
    let path = format!("{}/{ROLES}/{CUSTOM}", group("rg1"));
    let action = "Microsoft.Resources/subscriptions/resourceGroups/read";
    let made = azure.call("owner", "PUT", &path, custom(&group("rg1"), &[action])).ok(201);
    assert_eq!(made["properties"]["type"], "CustomRole");
    assert_eq!(azure.get(&path).ok(200)["properties"]["roleName"], "Group Watcher");
    let list = |scope: &str| azure.get(&format!("{scope}/{ROLES}?$filter=type eq 'CustomRole'")).ok(200);
    assert_eq!(list(&group("rg1"))["value"].as_array().unwrap().len(), 1);
    assert_eq!(list(&group("rg2")), json!({"value": []}), "not assignable there");
    let assign = |scope: &str| {
        let name = uuid::Uuid::new_v4();
        let body = json!({"properties": {"roleDefinitionId": path, "principalId": azure.principal_of("id1")}});
        azure.call("admin", "PUT", &format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"), body)
    };
    assign(&group("rg2")).refused(400, "RoleDefinitionNotAssignableAtScope", "Group Watcher");
    assign(SUBSCRIPTION).refused(400, "RoleDefinitionNotAssignableAtScope", &group("rg1"));
    let client =
        azure.get(&crate::azure::identity("id1")).ok(200)["properties"]["clientId"].as_str().unwrap().to_owned();
    let token =
        azure.metadata("both", &format!("&client_id={client}")).ok(200)["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    let read =
        || azure.raw("GET", &format!("{}?api-version=2021-04-01", group("rg1")), &[("authorization", &bearer)], "");
    assert_eq!(read().status, 403);
    let assignment = assign(&group("rg1")).ok(201);
    assert_eq!(read().status, 200);
    azure.call("admin", "DELETE", &path, Value::Null).refused(400, "RoleDefinitionHasAssignments", "existing");
    azure.call("admin", "DELETE", assignment["id"].as_str().unwrap(), Value::Null).ok(200);
    assert_eq!(azure.call("admin", "DELETE", &path, Value::Null).ok(200)["name"], CUSTOM);
    assert_eq!(azure.call("admin", "DELETE", &path, Value::Null).status, 204);
}

#[test]
fn permissions_are_the_callers_own() {
    let azure = Azure::new();
    let at = |who: &str, scope: &str| {
        azure.call(who, "GET", &format!("{scope}/providers/Microsoft.Authorization/permissions"), Value::Null)
    };
    at("nobody", &group("rg1")).refused(403, "AuthorizationFailed", "Microsoft.Authorization/permissions/read");
    at("reader", &group("rg2")).refused(403, "AuthorizationFailed", "permissions/read");
    let reader = at("reader", &group("rg1")).ok(200);
    assert_eq!(
        reader["value"],
        json!([{"actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": []}])
    );
    assert_eq!(at("operator", &group("rg1")).ok(200)["value"].as_array().unwrap().len(), 2);
    let contributor = at("contributor", SUBSCRIPTION).ok(200);
    assert_eq!(contributor["value"][0]["notActions"][1], "Microsoft.Authorization/*/Write");
}
