//! Roles: found by name, given once, waited for, listed and taken away.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use midentity::ErrorKind;
use midentity::arm::{PrincipalType, RoleAssignmentFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::azure::{Azure, READER, SUBSCRIPTION_ID, group, subscription, vm};

const SP: PrincipalType = PrincipalType::ServicePrincipal;
const READ: &str = "Microsoft.Resources/subscriptions/resourceGroups/read";

async fn principal(azure: &Azure, name: &str) -> String {
    let found = azure.admin().user_identities(SUBSCRIPTION_ID, "rg1").get(name).await.unwrap();
    azure.sent();
    found.principal_id().to_owned()
}

fn refusal(code: &str, message: &str) -> Value {
    json!({"error": {"code": code, "message": message}})
}

#[tokio::test]
async fn scopes_that_are_none_are_told_the_right_one() {
    let azure = Azure::new();
    let client = azure.admin();
    for (scope, hint) in [
        ("rg1", "/resourceGroups/rg1"),
        (SUBSCRIPTION_ID, "/subscriptions/8d1c0c5e"),
        ("subscriptions/x", "probably /subscriptions/x"),
        ("https://management.azure.com/subscriptions/x?api-version=1", "probably /subscriptions/x"),
        ("", "/resourceGroups/"),
    ] {
        let error = client.role_assignments(scope).unwrap_err();
        assert_eq!((error.kind(), error.id()), (ErrorKind::InvalidArgument, "argument.scope_path"), "{scope}");
        assert!(error.hint().unwrap().contains(hint), "{scope}: {error:?}");
        assert_eq!(client.role_definitions(scope).unwrap_err().id(), "argument.scope_path");
    }
    for scope in
        ["/subscriptions", "/subscriptions/x/resourceGroups", "/subscriptions//x", "/subscriptions/../x", "/a/b?c"]
    {
        let error = client.role_assignments(scope).unwrap_err();
        assert_eq!((error.kind(), error.id()), (ErrorKind::InvalidArgument, "argument.path"), "{scope}");
    }
    assert_eq!(azure.emulator.request_count(), 0);
}

#[tokio::test]
async fn an_unknown_role_is_told_the_nearest() {
    let azure = Azure::new();
    let roles = azure.admin().role_definitions(&group("rg1")).unwrap();
    for (name, near) in [
        ("Raeder", "did you mean Reader?"),
        ("virtual machine contributer", "Virtual Machine Contributor"),
        ("Managed Identity", "Managed Identity"),
        ("zzzzzz", "list the roles"),
        ("11111111-2222-4333-8444-555555555555", "list the roles"),
        ("O'Brien", "list the roles"),
        ("", "list the roles"),
    ] {
        let error = roles.find(name).await.unwrap_err();
        assert_eq!((error.kind(), error.id()), (ErrorKind::NotFound, "role.unknown"), "{name}");
        assert!(error.hint().unwrap().contains(near), "{name}: {error:?}");
    }
    let sent = azure.sent();
    assert_eq!(sent[0].query["$filter"], ["roleName eq 'Raeder'"]);
    assert!(sent.iter().any(|r| r.query.get("$filter").is_some_and(|f| f[0] == "roleName eq 'O''Brien'")));
    let id = principal(&azure, "id1").await;
    let error = azure.admin().role_assignments(&group("rg1")).unwrap().assign("Raeder", &id, SP).await.unwrap_err();
    assert_eq!(error.id(), "role.unknown");
    assert!(azure.sent().iter().all(|r| r.method == "GET"));
}

#[tokio::test]
async fn roles_by_name_guid_and_id() {
    let azure = Azure::new();
    let roles = azure.admin().role_definitions(&group("rg1")).unwrap();
    for text in [
        "Reader",
        "reader",
        READER,
        &READER.to_uppercase(),
        &format!("/providers/Microsoft.Authorization/roleDefinitions/{READER}"),
        &format!("{}/providers/Microsoft.Authorization/roleDefinitions/{READER}/", subscription()),
    ] {
        let role = roles.find(text).await.unwrap();
        assert_eq!((role.role_name(), role.guid(), role.is_custom()), ("Reader", READER, false), "{text}");
        assert!(role.allows(READ) && !role.allows("Microsoft.Compute/virtualMachines/write"), "{text}");
    }
    let all = roles.list().unwrap().collect().await.unwrap();
    assert!(all.len() >= 12 && all.iter().any(|r| r.role_name() == "Virtual Machine Contributor"));
    assert!(all.iter().all(|r| !r.description().is_empty() && !r.id().is_empty()));
}

#[tokio::test]
async fn one_role_for_many_is_looked_up_once() {
    let azure = Azure::new();
    let (first, second) = (principal(&azure, "id1").await, principal(&azure, "id2").await);
    let admin = azure.admin();
    azure.sent();
    for (scope, role, who, times) in [
        ("rg1", "Reader", &first, 1),
        ("rg1", "Reader", &second, 0),
        ("rg2", "Reader", &first, 1),
        ("rg1", "Contributor", &first, 1),
        ("rg1", "Contributor", &second, 0),
    ] {
        let assigned = admin.role_assignments(&group(scope)).unwrap().assign(role, who, SP).await.unwrap().wait().await;
        assert_eq!(assigned.unwrap().principal_id(), who);
        let looked_up = azure.sent().iter().filter(|r| r.path.contains("/roleDefinitions")).count();
        assert_eq!(looked_up, times, "{role} at {scope}");
    }
}

#[tokio::test]
async fn custom_roles_where_they_are_assignable() {
    let azure = Azure::new();
    let client = azure.admin();
    let guid = "c0000000-0000-4000-8000-00000000000c";
    let body = json!({"properties": {"roleName": "Restarter", "description": "d", "type": "CustomRole",
        "permissions": [{"actions": ["Microsoft.Compute/virtualMachines/*/action"], "notActions": ["*/delete/action"],
            "dataActions": ["Microsoft.Storage/*/read"], "notDataActions": ["*/blobs/read"]}],
        "assignableScopes": [group("rg1")]}});
    let path = format!("{}/providers/Microsoft.Authorization/roleDefinitions/{guid}", group("rg1"));
    client.request("PUT", &path, "2022-04-01", Some(&body)).await.unwrap();
    let role = client.role_definitions(&group("rg1")).unwrap().find("restarter").await.unwrap();
    assert!(role.is_custom() && role.guid() == guid);
    assert_eq!(
        (role.actions(), role.not_actions()),
        (vec!["Microsoft.Compute/virtualMachines/*/action"], vec!["*/delete/action"])
    );
    assert_eq!(
        (role.data_actions(), role.not_data_actions()),
        (vec!["Microsoft.Storage/*/read"], vec!["*/blobs/read"])
    );
    assert_eq!(role.assignable_scopes(), [group("rg1")]);
    assert!(role.allows("microsoft.compute/virtualmachines/restart/action"));
    assert!(!role.allows("Microsoft.Compute/virtualMachines/delete/action"));
    let id = principal(&azure, "id1").await;
    let given = client.role_assignments(&vm("both")).unwrap().assign("Restarter", &id, SP).await.unwrap().wait().await;
    assert_eq!(given.unwrap().role_guid(), guid);
    let error = client.role_definitions(&group("rg2")).unwrap().find("Restarter").await.unwrap_err();
    assert_eq!(error.id(), "role.unknown");
}

#[tokio::test]
async fn a_principal_that_is_no_guid_is_refused_before_anything_is_sent() {
    let azure = Azure::new();
    let assignments = azure.admin().role_assignments(&group("rg1")).unwrap();
    for bad in ["", "id1", "/subscriptions/x", "8d1c0c5e"] {
        let error = assignments.assign("Reader", bad, SP).await.unwrap_err();
        assert_eq!((error.kind(), error.id()), (ErrorKind::InvalidArgument, "argument.identity"), "{bad}");
        assert!(assignments.list(&RoleAssignmentFilter::Principal(bad.into())).is_err());
        assert!(assignments.list(&RoleAssignmentFilter::AssignedTo(bad.into())).is_err());
        assert!(assignments.delete(bad).await.is_err());
        assert!(assignments.wait_until_visible(bad, Duration::ZERO).await.is_err());
    }
    assert_eq!(azure.emulator.request_count(), 0);
}

#[tokio::test]
async fn who_may_not_grant_is_told_who_may() {
    let azure = Azure::new();
    let id = principal(&azure, "id1").await;
    for who in ["contributor", "reader", "machines"] {
        let error = azure.of(who).role_assignments(&group("rg1")).unwrap().assign("Reader", &id, SP).await.unwrap_err();
        assert_eq!((error.kind(), error.service_code()), (ErrorKind::Forbidden, Some("AuthorizationFailed")), "{who}");
        assert!(error.message().contains("Microsoft.Authorization/roleAssignments/write"), "{error}");
        assert!(error.hint().unwrap().contains("User Access Administrator"), "{error:?}");
    }
    let given = azure.of("access").role_assignments(&group("rg1")).unwrap().assign("Reader", &id, SP).await.unwrap();
    given.wait().await.unwrap();
}

#[tokio::test]
async fn given_twice_is_given_once_under_the_same_name() {
    let azure = Azure::new();
    let id = principal(&azure, "id1").await;
    let mut given = Vec::new();
    for (scope, role, id) in [
        (group("rg1"), "Reader", id.clone()),
        (format!("/{}/", group("RG1")), READER, id.to_uppercase()),
        (group("rg1").to_lowercase(), "reader", id.replace('-', "")),
    ] {
        let assignments = azure.admin().role_assignments(&scope).unwrap();
        given.push(assignments.assign(role, &id, SP).await.unwrap().wait().await.unwrap());
    }
    assert_eq!(
        (given[0].name(), given[0].principal_id(), given[0].role_guid()),
        (given[1].name(), id.as_str(), READER)
    );
    assert_eq!((given[0].name(), given[0].principal_type()), (given[2].name(), "ServicePrincipal"));
    assert_eq!(Uuid::parse_str(given[0].name()).unwrap().get_version_num(), 5);
    let puts: Vec<_> = azure.sent().into_iter().filter(|r| r.method == "PUT").collect();
    assert_eq!(puts.len(), 3);
    for put in puts {
        let properties = &put.body.as_ref().unwrap()["properties"];
        assert_eq!(
            (&properties["principalType"], &properties["principalId"]),
            (&json!("ServicePrincipal"), &json!(id))
        );
        assert!(properties["roleDefinitionId"].as_str().unwrap().ends_with(READER));
        assert_eq!(put.query["api-version"], ["2022-04-01"]);
    }
    let own = RoleAssignmentFilter::Principal(id.clone());
    let all = azure.admin().role_assignments(&group("rg1")).unwrap().list(&own).unwrap().collect().await.unwrap();
    assert_eq!(all.len(), 1);
    // Another role, scope or principal is another assignment.
    let other = azure.admin().role_assignments(&group("rg2")).unwrap();
    assert_ne!(other.assign("Reader", &id, SP).await.unwrap().wait().await.unwrap().name(), given[0].name());
}

#[tokio::test]
async fn each_type_is_named() {
    let azure = Azure::new();
    let state = azure.emulator.state();
    let of = |name: &str| {
        let all = state["principals"].as_array().unwrap();
        let found = all.iter().find(|p| p["name"] == name).unwrap();
        found.get("object_id").or(found.get("principal_id")).or(found.get("id")).unwrap().as_str().unwrap().to_owned()
    };
    for (name, kind) in [("reader", PrincipalType::User), ("admins", PrincipalType::Group)] {
        let assignments = azure.admin().role_assignments(&vm("both")).unwrap();
        let given = assignments.assign("Reader", &of(name), kind).await.unwrap().wait().await.unwrap();
        assert_eq!(given.principal_type(), kind.name());
        assert_eq!(azure.body("PUT")["properties"]["principalType"], kind.name());
    }
}

#[tokio::test]
async fn one_that_is_there_under_another_name_is_as_wanted() {
    let azure = Azure::new();
    let (client, id) = (azure.admin(), principal(&azure, "id1").await);
    let name = "11111111-2222-4333-8444-555555555555";
    let role = format!("{}/providers/Microsoft.Authorization/roleDefinitions/{READER}", subscription());
    let path = |scope: &str, name: &str| format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}");
    let body = json!({"properties": {"roleDefinitionId": role, "principalId": id}});
    // The same one above must not be taken for it.
    client
        .request("PUT", &path(&subscription(), &Uuid::new_v4().to_string()), "2022-04-01", Some(&body))
        .await
        .unwrap();
    client.request("PUT", &path(&group("rg1"), name), "2022-04-01", Some(&body)).await.unwrap();
    azure.sent();
    let given = client.role_assignments(&group("RG1")).unwrap().assign("Reader", &id, SP).await.unwrap().wait().await;
    assert_eq!(given.unwrap().name(), name);
    let sent = azure.sent();
    assert_eq!(sent.iter().filter(|r| r.method == "PUT").map(|r| r.status.unwrap()).collect::<Vec<_>>(), [409]);
    assert_eq!(sent.last().unwrap().query["$filter"], [format!("principalId eq '{id}'")]);
    // The service says so, and lists none.
    azure.fault(json!({"method": "PUT"}), json!({"status": 409, "body": refusal("RoleAssignmentExists", "m")}));
    let other = client.role_assignments(&group("rg2")).unwrap().assign("Reader", &id, SP).await.unwrap().wait().await;
    assert_eq!(other.unwrap_err().kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn a_name_that_a_dead_identity_holds_is_not_in_the_way() {
    let azure = Azure::new();
    let (client, id) = (azure.admin(), principal(&azure, "id1").await);
    let updates = refusal(
        "RoleAssignmentUpdateNotPermitted",
        "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
    );
    azure.fault(json!({"method": "PUT"}), json!({"status": 400, "times": 1, "body": updates}));
    let assignments = client.role_assignments(&group("rg1")).unwrap();
    let given = assignments.assign("Reader", &id, SP).await.unwrap().wait().await.unwrap();
    assert_eq!(Uuid::parse_str(given.name()).unwrap().get_version_num(), 4);
    assert_eq!(azure.sent().iter().filter(|r| r.method == "PUT").count(), 2);
    // Not for ever.
    azure.fault(json!({"method": "PUT"}), json!({"status": 400, "body": updates}));
    let error = assignments.assign("Contributor", &id, SP).await.unwrap().wait().await.unwrap_err();
    assert_eq!(error.service_code(), Some("RoleAssignmentUpdateNotPermitted"));
    assert_eq!(azure.sent().iter().filter(|r| r.method == "PUT").count(), 2);
}

#[tokio::test]
async fn a_new_principal_is_waited_for() {
    let azure = Azure::new();
    let (client, id) = (azure.admin(), principal(&azure, "id1").await);
    let unknown = refusal("PrincipalNotFound", "Principal x does not exist in the directory y.");
    azure.fault(json!({"method": "PUT"}), json!({"status": 400, "times": 4, "body": unknown}));
    let said = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&said);
    let work = client.role_assignments(&group("rg1")).unwrap().assign("Reader", &id, SP).await.unwrap();
    let given = work.on_progress(move |p| heard.lock().unwrap().push((p.status().to_owned(), p.elapsed().as_secs())));
    assert_eq!(given.wait().await.unwrap().principal_id(), id);
    assert_eq!(azure.clock.waits(), [2, 4, 8, 16].map(Duration::from_secs));
    let said = said.lock().unwrap();
    assert_eq!(said.iter().map(|(_, at)| *at).collect::<Vec<_>>(), [0, 2, 6, 14]);
    assert!(said.iter().all(|(words, _)| words.contains("waiting for the principal")));
    let names: Vec<String> = azure.sent().iter().filter(|r| r.method == "PUT").map(|r| r.path.clone()).collect();
    assert!(names.len() == 5 && names.iter().all(|n| *n == names[0]), "always the same name: {names:?}");
}

#[tokio::test]
async fn a_principal_that_never_comes_is_given_up() {
    let azure = Azure::new();
    // A client id is a GUID too, and nobody's principal.
    let client_id = azure.emulator.facts().user_identities[0].client_id.clone();
    let unknown = refusal("PrincipalNotFound", "Principal x does not exist in the directory y.");
    azure.fault(json!({"method": "PUT"}), json!({"status": 400, "body": unknown}));
    let work = azure.admin().role_assignments(&group("rg1")).unwrap().assign("Reader", &client_id, SP).await.unwrap();
    let error = work.wait().await.unwrap_err();
    assert_eq!((error.kind(), error.id()), (ErrorKind::NotFound, "role.principal_unknown"));
    assert!(error.hint().unwrap().contains("not a client id") && error.message().contains(&client_id), "{error:?}");
    assert_eq!(error.service_code(), Some("PrincipalNotFound"));
    let waited: Duration = azure.clock.waits().iter().sum();
    assert!(waited > Duration::from_secs(270) && waited <= Duration::from_secs(300), "{waited:?}");
}

#[tokio::test]
async fn a_type_makes_the_service_look_for_nobody() {
    let azure = Azure::new();
    azure.emulator.set_replication_delay(Duration::from_secs(3600));
    let fresh = azure.admin().user_identities(SUBSCRIPTION_ID, "rg1").create("fresh", None, None).await.unwrap();
    let assignments = azure.admin().role_assignments(&group("rg1")).unwrap();
    assignments.assign("Reader", fresh.principal_id(), SP).await.unwrap().wait().await.unwrap();
    assert!(azure.clock.waits().is_empty());
}

#[tokio::test]
async fn lists_by_each_filter() {
    let azure = Azure::new();
    let (client, id) = (azure.admin(), principal(&azure, "id1").await);
    for scope in [subscription(), group("rg1"), vm("both"), group("rg2")] {
        client.role_assignments(&scope).unwrap().assign("Reader", &id, SP).await.unwrap().wait().await.unwrap();
    }
    azure.sent();
    let assignments = client.role_assignments(&group("rg1")).unwrap();
    for (filter, query, own) in [
        (RoleAssignmentFilter::All, None, 3),
        (RoleAssignmentFilter::AtScope, Some("atScope()".to_owned()), 2),
        (RoleAssignmentFilter::Principal(id.to_uppercase()), Some(format!("principalId eq '{id}'")), 3),
        (RoleAssignmentFilter::AssignedTo(id.clone()), Some(format!("assignedTo('{id}')")), 3),
    ] {
        let all = assignments.list(&filter).unwrap().collect().await.unwrap();
        assert_eq!(all.iter().filter(|a| a.principal_id() == id).count(), own, "{filter:?}");
        assert!(all.iter().all(|a| a.role_guid().len() == 36 && a.role_definition_id().ends_with(a.role_guid())));
        let sent = azure.sent();
        assert_eq!(sent[0].query.get("$filter").map(|f| f[0].clone()), query);
    }
    let root =
        client.role_assignments("/").unwrap().list(&RoleAssignmentFilter::AtScope).unwrap().collect().await.unwrap();
    assert!(root.iter().all(|a| a.scope() == "/") && !root.is_empty());
    assert_eq!(azure.sent()[0].path, "/providers/Microsoft.Authorization/roleAssignments");
}

#[tokio::test]
async fn taking_away() {
    let azure = Azure::new();
    let (client, id) = (azure.admin(), principal(&azure, "id1").await);
    let assignments = client.role_assignments(&group("rg1")).unwrap();
    let given = assignments.assign("Reader", &id, SP).await.unwrap().wait().await.unwrap();
    let error = azure.of("reader").role_assignments(&group("rg1")).unwrap().delete(given.name()).await.unwrap_err();
    assert!(error.hint().unwrap().contains("User Access Administrator"), "{error:?}");
    assert!(assignments.delete(given.name()).await.unwrap());
    assert!(!assignments.delete(given.name()).await.unwrap());
    let again = assignments.assign("Reader", &id, SP).await.unwrap().wait().await.unwrap();
    // By id, whatever the scope of the one who asks.
    assert!(client.role_assignments("/").unwrap().delete(again.id()).await.unwrap());
}

#[tokio::test]
async fn waiting_until_it_can_be_read() {
    let azure = Azure::new();
    let (client, id) = (azure.admin(), principal(&azure, "id1").await);
    let assignments = client.role_assignments(&group("rg1")).unwrap();
    let given = assignments.assign("Reader", &id, SP).await.unwrap().wait().await.unwrap();
    azure.sent();
    let late = json!({"status": 404, "times": 2, "body": refusal("RoleAssignmentNotFound", "m")});
    azure.fault(json!({"path": given.id()}), late);
    assignments.wait_until_visible(given.id(), Duration::from_secs(60)).await.unwrap();
    assert_eq!((azure.sent().len(), azure.clock.waits()), (3, vec![Duration::from_secs(2), Duration::from_secs(4)]));
    let never = Uuid::new_v4().to_string();
    let error = assignments.wait_until_visible(&never, Duration::from_secs(60)).await.unwrap_err();
    assert_eq!((error.kind(), error.id()), (ErrorKind::Timeout, "role.not_visible"));
    let error = azure.of("nobody").role_assignments(&group("rg1")).unwrap();
    let error = error.wait_until_visible(&never, Duration::from_secs(60)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden, "no use in waiting");
}

#[tokio::test]
async fn waiting_until_the_caller_may() {
    let azure = Azure::new();
    azure.emulator.set_role_delay(Duration::from_secs(600));
    let id = azure.emulator.facts().user_identities[0].principal_id.clone();
    let given = azure.admin().role_assignments(&group("rg1")).unwrap().assign("Reader", &id, SP).await.unwrap();
    given.wait().await.unwrap();
    azure.sent();
    let own = azure.of(&id).role_assignments(&group("rg1")).unwrap();
    let error = own.wait_until_allowed(READ, Duration::from_secs(30)).await.unwrap_err();
    assert_eq!((error.kind(), error.id()), (ErrorKind::Timeout, "role.not_allowed"));
    assert!(error.message().contains(READ) && error.hint().unwrap().contains("10 minutes"), "{error:?}");
    assert!(azure.calls().iter().all(|c| c == "GET Microsoft.Authorization/permissions"));
    azure.emulator.set_clock_offset(601);
    let own = azure.of(&id).role_assignments(&group("rg1")).unwrap();
    own.wait_until_allowed(READ, Duration::from_secs(30)).await.unwrap();
    let write = "Microsoft.Compute/virtualMachines/write";
    assert_eq!(own.wait_until_allowed(write, Duration::from_secs(30)).await.unwrap_err().id(), "role.not_allowed");
    // Contributors may not grant, though their role begins with a star.
    let contributor = azure.of("contributor").role_assignments(&group("rg1")).unwrap();
    contributor.wait_until_allowed(write, Duration::ZERO).await.unwrap();
    let grant = "Microsoft.Authorization/roleAssignments/write";
    assert!(contributor.wait_until_allowed(grant, Duration::ZERO).await.is_err());
}

#[tokio::test]
async fn what_an_assignment_says_of_itself() {
    let azure = Azure::new();
    let client = azure.admin();
    let id = principal(&azure, "id1").await;
    let scope = group("rg1");
    let name = uuid::Uuid::new_v4();
    let path = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}");
    let condition = "(@Resource[Microsoft.Storage/storageAccounts:name] StringEquals 'one')";
    let role = format!("{}/providers/Microsoft.Authorization/roleDefinitions/{READER}", crate::azure::subscription());
    let body = json!({"properties": {"roleDefinitionId": role, "principalId": id, "principalType": "ServicePrincipal",
        "description": "for the test", "condition": condition, "conditionVersion": "2.0"}});
    client.request("PUT", &path, "2022-04-01", Some(&body)).await.unwrap();
    let all = client.role_assignments(&scope).unwrap();
    let mut found = all.list(&RoleAssignmentFilter::Principal(id)).unwrap();
    let one = found.next().await.unwrap().unwrap();
    assert_eq!((one.description(), one.condition()), (Some("for the test"), Some(condition)));
    assert_eq!(one.condition_version(), Some("2.0"));
    let plain =
        client.role_assignments(&vm("both")).unwrap().assign("Reader", &principal(&azure, "id2").await, SP).await;
    let plain = plain.unwrap().wait().await.unwrap();
    assert_eq!((plain.description(), plain.condition(), plain.condition_version()), (None, None, None));
}
