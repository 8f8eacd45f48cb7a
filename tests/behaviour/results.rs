//! Results as JSON: one object each, with the members that every language gives.

use std::collections::BTreeMap;

use midentity::arm::{IdentityChange, PrincipalType};
use serde::Serialize;
use serde_json::{Value, json};

use crate::azure::{Azure, READER, SUBSCRIPTION_ID, group, vm};
use crate::server::vectors_folder;

/// The members' names in their order, which a `Value` does not keep.
fn members(result: &impl Serialize) -> (Vec<String>, Value) {
    let text = serde_json::to_string(result).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    let mut names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
    names.sort_by_key(|name| text.find(&format!("\"{name}\":")).unwrap());
    (names, value)
}

#[tokio::test]
async fn every_result_has_the_members_of_all_languages() {
    let azure = Azure::new();
    let arm = azure.admin();
    let text = std::fs::read_to_string(vectors_folder().join("results.json")).unwrap();
    let vectors: Value = serde_json::from_str(&text).unwrap();
    let mut expected: BTreeMap<String, Vec<String>> = serde_json::from_value(vectors["results"].clone()).unwrap();
    let mut shown = |name: &str, (found, value): (Vec<String>, Value)| {
        assert_eq!(Some(found), expected.remove(name), "{name}");
        value
    };

    let subscription = arm.subscriptions().list().unwrap().next().await.unwrap().unwrap();
    shown("Subscription", members(&subscription));
    let one = arm.resource_groups(SUBSCRIPTION_ID).get("rg1").await.unwrap();
    assert_eq!(shown("ResourceGroup", members(&one))["location"], "eastus");
    let identities = arm.user_identities(SUBSCRIPTION_ID, "rg1");
    let identity = identities.get("id1").await.unwrap();
    let value = shown("UserIdentity", members(&identity));
    assert_eq!((&value["tags"], &value["client_id"]), (&json!({"env": "test"}), &json!(identity.client_id())));
    assert_eq!(value["client_secret_url"], Value::Null);
    let system = arm.system_identity(&vm("both")).await.unwrap();
    assert_eq!(shown("SystemIdentity", members(&system))["principal_id"], system.principal_id());
    let federated = identities.federated_credentials("id1").unwrap();
    let made = federated.create("from-ci", "https://ci.test", "main", &[]).await.unwrap();
    assert_eq!(shown("FederatedCredential", members(&made))["audiences"], json!(["api://AzureADTokenExchange"]));
    let role = arm.role_definitions(&group("rg1")).unwrap().find("Reader").await.unwrap();
    assert_eq!(shown("RoleDefinition", members(&role))["actions"], json!(["*/read"]));
    let roles = arm.role_assignments(&group("rg1")).unwrap();
    let given = roles.assign("Reader", identity.principal_id(), PrincipalType::ServicePrincipal).await.unwrap();
    assert_eq!(shown("RoleAssignment", members(&given.wait().await.unwrap()))["role_guid"], READER);
    let machine = arm.vm_identity(&vm("both")).unwrap();
    let found = machine.show().await.unwrap();
    let value = shown("VmIdentity", members(&found));
    assert_eq!(value["user_assigned"][0], shown("AssignedIdentity", members(&found.user_assigned()[0])));
    let plan = machine.plan(&IdentityChange::RemoveAll).await.unwrap();
    assert_eq!(shown("VmIdentityPlan", members(&plan))["changes"], true);
    let answer = arm.get(&group("rg1"), "2021-04-01").await.unwrap();
    let value = shown("ArmResponse", members(&answer));
    assert_eq!((&value["status"], &value["body"]["name"]), (&json!(200), &json!("rg1")));
    assert!(value["request_id"].is_string() && value["correlation_id"].is_string());
    assert!(expected.is_empty(), "not compared: {expected:?}");
}
