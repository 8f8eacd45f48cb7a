use std::time::Duration;

use serde_json::{Value, json};

use crate::azure::{Answer, Azure, SUBSCRIPTION, group, identity, vm};

const ASSIGNMENTS: &str = "providers/Microsoft.Authorization/roleAssignments";
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const NAME: &str = "11111111-2222-4333-8444-555555555555";

fn definition(role: &str) -> String {
    format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}")
}

fn path(scope: &str, name: &str) -> String {
    format!("{scope}/{ASSIGNMENTS}/{name}")
}

fn put(azure: &Azure, scope: &str, name: &str, principal: &str, more: Value) -> Answer {
    let mut properties = json!({"roleDefinitionId": definition(READER), "principalId": principal});
    for (name, value) in more.as_object().into_iter().flatten() {
        properties[name] = value.clone();
    }
    azure.call("admin", "PUT", &path(scope, name), json!({"properties": properties}))
}

#[test]
fn assignments_that_cannot_be() {
    let azure = Azure::new();
    let principal = azure.principal_of("id1");
    let (rg1, none) = (group("rg1"), Value::Null);
    put(&azure, &rg1, "name", &principal, none.clone()).refused(400, "InvalidRoleAssignmentId", "must be a GUID");
    put(&azure, &rg1, NAME, "id1", none.clone()).refused(400, "InvalidPrincipalId", "valid principal ID");
    put(&azure, &group("rg9"), NAME, &principal, none.clone()).refused(404, "ResourceGroupNotFound", "rg9");
    put(&azure, &vm("absent"), NAME, &principal, none.clone()).refused(404, "ResourceNotFound", "absent");
    put(&azure, "/providers/Microsoft.Management/managementGroups/m", NAME, &principal, none).refused(
        501,
        "NotImplementedByEmulator",
        "Management groups",
    );
    let unknown = json!({"roleDefinitionId": definition(NAME)});
    let words = "The specified role definition with ID '11111111222243338444555555555555' does not exist.";
    put(&azure, &rg1, NAME, &principal, unknown).refused(400, "RoleDefinitionDoesNotExist", words);
    let wrong = json!({"principalType": "User"});
    put(&azure, &rg1, NAME, &principal, wrong).refused(400, "UnmatchedPrincipalType", "type 'ServicePrincipal'");
    let odd = json!({"principalType": "Robot"});
    put(&azure, &rg1, NAME, &principal, odd).refused(400, "InvalidRequestContent", "Robot");
    azure.get(&path(&rg1, NAME)).refused(404, "RoleAssignmentNotFound", NAME);
    // A client id is nobody's principal id.
    let client = azure.get(&identity("id1")).ok(200)["properties"]["clientId"].as_str().unwrap().to_owned();
    put(&azure, &rg1, NAME, &client, Value::Null).refused(400, "PrincipalNotFound", "does not exist in the directory");
    let foreign = azure.call("admin@two", "GET", "/subscriptions/1d1c0c5e-6a3b-4f0e-9d0a-3f6c5d1b2a41/resourceGroups/other/providers/Microsoft.ManagedIdentity/userAssignedIdentities/foreign", Value::Null).ok(200);
    let foreign = foreign["properties"]["principalId"].as_str().unwrap();
    put(&azure, &rg1, NAME, foreign, Value::Null).refused(400, "PrincipalNotFound", "");
}

#[test]
fn a_new_assignment_shows_a_moment_in_between() {
    let azure = Azure::new();
    let principal = azure.principal_of("id1");
    let more = json!({"description": "for tests", "principalType": "ServicePrincipal"});
    let made = put(&azure, &group("rg1"), NAME, &principal, more).ok(201);
    let properties = &made["properties"];
    assert_eq!(made["id"], json!(path(&group("rg1"), NAME)));
    assert_eq!(properties["roleDefinitionId"], json!(definition(READER)));
    assert_eq!((&properties["scope"], &properties["description"]), (&json!(group("rg1")), &json!("for tests")));
    for null in ["condition", "conditionVersion", "delegatedManagedIdentityResourceId", "createdBy"] {
        assert_eq!(properties.get(null), Some(&Value::Null), "{null} is there and null");
    }
    assert!(properties["updatedBy"].is_string());
    assert_ne!(properties["createdOn"], properties["updatedOn"]);
    let read = azure.get(&path(&group("rg1"), NAME)).ok(200);
    assert_eq!(read["properties"]["createdBy"], read["properties"]["updatedBy"]);
    assert_eq!(read["properties"]["createdOn"], read["properties"]["updatedOn"]);
    // The same name and content again is an update.
    let updated = put(&azure, &group("rg1"), NAME, &principal, json!({"description": "other"})).ok(201);
    assert_eq!(updated["properties"]["description"], "other");
    let rooted = put(&azure, "", "22222222-2222-4333-8444-555555555555", &principal, Value::Null).ok(201);
    let id = format!("/providers/Microsoft.Authorization/roleDefinitions/{READER}");
    assert_eq!((&rooted["properties"]["roleDefinitionId"], &rooted["properties"]["scope"]), (&json!(id), &json!("/")));
}

#[test]
fn the_same_again_under_another_name_conflicts() {
    let azure = Azure::new();
    let principal = azure.principal_of("id1");
    put(&azure, &group("rg1"), NAME, &principal, Value::Null).ok(201);
    let other = "22222222-2222-4333-8444-555555555555";
    let again = put(&azure, &group("RG1"), other, &principal, Value::Null);
    again.refused(409, "RoleAssignmentExists", "The role assignment already exists.");
    let words = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.";
    let second = azure.principal_of("id2");
    put(&azure, &group("rg1"), NAME, &second, Value::Null).refused(400, "RoleAssignmentUpdateNotPermitted", words);
    // Names are unique everywhere, not only at their scope.
    put(&azure, &group("rg2"), NAME, &principal, Value::Null).refused(400, "RoleAssignmentUpdateNotPermitted", words);
}

#[test]
fn new_principals_are_found_late() {
    let azure = Azure::new();
    azure.emulator.set_replication_delay(Duration::from_secs(60));
    let old = azure.principal_of("id1");
    put(&azure, &group("rg1"), NAME, &old, Value::Null).ok(201);
    let fresh = azure.call("admin", "PUT", &identity("fresh"), json!({"location": "eastus"})).ok(201);
    let fresh = fresh["properties"]["principalId"].as_str().unwrap().to_owned();
    let tenant = azure.get(&identity("fresh")).ok(200)["properties"]["tenantId"].as_str().unwrap().to_owned();
    let name = "33333333-2222-4333-8444-555555555555";
    let words = format!("Principal {} does not exist in the directory {tenant}.", fresh.replace('-', ""));
    put(&azure, &group("rg1"), name, &fresh, Value::Null).refused(400, "PrincipalNotFound", &words);
    // With a type, nobody looks; but old versions do not know the type.
    let typed = json!({"properties": {"roleDefinitionId": definition(READER), "principalId": fresh, "principalType": "ServicePrincipal"}});
    let old_version = format!("{}?api-version=2018-01-01-preview", path(&group("rg1"), name));
    azure.call("admin", "PUT", &old_version, typed.clone()).refused(400, "PrincipalNotFound", "");
    // A wrong type is taken as it is, as nobody looks.
    let mistyped =
        put(&azure, &group("rg2"), "44444444-2222-4333-8444-555555555555", &fresh, json!({"principalType": "User"}));
    assert_eq!(mistyped.ok(201)["properties"]["principalType"], "User");
    azure.call("admin", "PUT", &path(&group("rg1"), name), typed).ok(201);
    azure.emulator.set_clock_offset(61);
    put(&azure, SUBSCRIPTION, "55555555-2222-4333-8444-555555555555", &fresh, Value::Null).ok(201);
    // A machine's new identity is as new.
    azure.patch(&vm("plain"), json!({"identity": {"type": "SystemAssigned"}})).ok(200);
    let system = azure.get(&vm("plain")).ok(200)["identity"]["principalId"].as_str().unwrap().to_owned();
    put(&azure, &group("rg1"), "66666666-2222-4333-8444-555555555555", &system, Value::Null).refused(
        400,
        "PrincipalNotFound",
        "",
    );
}

#[test]
fn roles_take_effect_and_lose_it_late() {
    let azure = Azure::new();
    azure.emulator.set_role_delay(Duration::from_secs(600));
    let bearer = format!("Bearer {}", azure.metadata("system", "").ok(200)["access_token"].as_str().unwrap());
    let read = || {
        azure.raw("GET", &format!("{}?api-version=2021-04-01", group("rg1")), &[("authorization", &bearer)], "").status
    };
    let principal = azure.get(&vm("system")).ok(200)["identity"]["principalId"].as_str().unwrap().to_owned();
    put(&azure, &group("rg1"), NAME, &principal, Value::Null).ok(201);
    assert_eq!(azure.get(&path(&group("rg1"), NAME)).status, 200, "it is there to be read");
    assert_eq!(read(), 403, "and does not count yet");
    azure.emulator.set_clock_offset(601);
    assert_eq!(read(), 200);
    azure.call("admin", "DELETE", &path(&group("rg1"), NAME), Value::Null).ok(200);
    assert_eq!(read(), 200);
    azure.emulator.set_clock_offset(1202);
    assert_eq!(read(), 403);
}

#[test]
fn deleting_gives_the_deleted_one_back() {
    let azure = Azure::new();
    let principal = azure.principal_of("id1");
    put(&azure, &group("rg1"), NAME, &principal, Value::Null).ok(201);
    let gone = azure.call("access", "DELETE", &path(&group("rg1"), NAME), Value::Null).ok(200);
    assert_eq!(gone["properties"]["principalId"], json!(principal));
    let again = azure.call("access", "DELETE", &path(&group("rg1"), NAME), Value::Null);
    assert_eq!((again.status, again.text.as_str()), (204, ""));
    azure.call("contributor", "DELETE", &path(&group("rg1"), NAME), Value::Null).refused(
        403,
        "AuthorizationFailed",
        "Microsoft.Authorization/roleAssignments/delete",
    );
}

#[test]
fn the_last_administrator_stays() {
    let azure = Azure::of(
        "
schema: 1
subscriptions: [{name: s, id: 8d1c0c5e-6a3b-4f0e-9d0a-3f6c5d1b2a40}]
principals: [{name: admin}]
role_assignments: [{id: 11111111-2222-4333-8444-555555555555, principal: admin, role: Owner, scope: s}]
",
    );
    let last = azure.call("admin", "DELETE", &path(SUBSCRIPTION, NAME), Value::Null);
    last.refused(400, "CannotDeleteLastRbacAdminAssignment", "Cannot delete the last RBAC admin assignment");
}

#[test]
fn lists_by_scope_and_by_principal() {
    let azure = Azure::new();
    let principal = azure.principal_of("id1");
    put(&azure, SUBSCRIPTION, "a1111111-2222-4333-8444-555555555555", &principal, Value::Null).ok(201);
    put(&azure, &group("rg1"), "b1111111-2222-4333-8444-555555555555", &principal, Value::Null).ok(201);
    put(&azure, &vm("both"), "c1111111-2222-4333-8444-555555555555", &principal, Value::Null).ok(201);
    put(&azure, &group("rg2"), "d1111111-2222-4333-8444-555555555555", &principal, Value::Null).ok(201);
    let list = |filter: &str| {
        let query = if filter.is_empty() { String::new() } else { format!("?$filter={filter}") };
        let list = azure.get(&format!("{}/{ASSIGNMENTS}{query}", group("rg1"))).ok(200);
        let items = list["value"].as_array().unwrap().clone();
        let first = |item: &Value| item["name"].as_str().unwrap()[..2].to_owned();
        let own = items.iter().filter(|item| item["properties"]["principalId"] == json!(principal));
        (items.len(), own.map(first).collect::<Vec<_>>())
    };
    let (all, own) = list("");
    assert_eq!((all, own), (13, vec!["a1".to_owned(), "b1".to_owned(), "c1".to_owned()]), "above and below too");
    let (above, own) = list("atScope()");
    assert_eq!((above, own), (12, vec!["a1".to_owned(), "b1".to_owned()]), "not below; the root's is in it");
    let by_principal = list(&format!("principalId eq '{principal}'"));
    assert_eq!(by_principal, (3, vec!["a1".to_owned(), "b1".to_owned(), "c1".to_owned()]));
    assert_eq!(list(&format!("assignedTo('{principal}')")), by_principal);
    assert_eq!(list(&format!("atScope() and assignedTo('{principal}')")).0, 2);
    for bad in [format!("atScope() and principalId eq '{principal}'"), "principalId eq 'me'".into(), "x".into()] {
        let refused = azure.get(&format!("{}/{ASSIGNMENTS}?$filter={bad}", group("rg1")));
        refused.refused(400, "UnsupportedQuery", "atScope()");
    }
    azure.call("nobody", "GET", &format!("{}/{ASSIGNMENTS}", group("rg1")), Value::Null).refused(
        403,
        "AuthorizationFailed",
        "",
    );
}

#[test]
fn assignments_outlive_their_principal_and_block_the_name() {
    let azure = Azure::new();
    let principal = azure.principal_of("id1");
    put(&azure, &group("rg1"), NAME, &principal, Value::Null).ok(201);
    azure.call("admin", "DELETE", &identity("id1"), Value::Null).ok(200);
    let anew = azure.call("admin", "PUT", &identity("id1"), json!({"location": "eastus"})).ok(201);
    let anew = anew["properties"]["principalId"].as_str().unwrap();
    assert_eq!(azure.get(&path(&group("rg1"), NAME)).ok(200)["properties"]["principalId"], json!(principal));
    put(&azure, &group("rg1"), NAME, anew, Value::Null).refused(400, "RoleAssignmentUpdateNotPermitted", "");
    put(&azure, &group("rg2"), "21111111-2222-4333-8444-555555555555", &principal, Value::Null).refused(
        400,
        "PrincipalNotFound",
        "",
    );
    // Roles at the identity itself went with it.
    let at = identity("id2");
    put(&azure, &at, "31111111-2222-4333-8444-555555555555", anew, Value::Null).ok(201);
    azure.call("admin", "DELETE", &at, Value::Null).ok(200);
    assert!(!azure.emulator.state().to_string().contains("31111111-2222"));
}
