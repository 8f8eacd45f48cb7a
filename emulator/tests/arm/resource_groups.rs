use midentity_emulator::Lro;
use serde_json::{Value, json};

use crate::azure::{Azure, SUBSCRIPTION, group, identity, vm};

#[test]
fn writes_that_cannot_be() {
    let azure = Azure::new();
    azure.get(&group("rg9")).refused(404, "ResourceGroupNotFound", "Resource group 'rg9' could not be found.");
    azure.call("admin", "PUT", &group("rg9"), json!({})).refused(400, "LocationRequired", "location");
    azure.call("admin", "PUT", &group("rg9"), json!([])).refused(400, "InvalidRequestContent", "deserialized");
    azure.call("admin", "PUT", &group("bad."), json!({"location": "eastus"})).refused(400, "InvalidResourceName", "");
    let moved = azure.call("admin", "PUT", &group("rg1"), json!({"location": "westus"}));
    moved.refused(409, "InvalidResourceGroupLocation", "already exists in location 'eastus'");
    azure.patch(&group("rg9"), json!({"tags": {}})).refused(404, "ResourceGroupNotFound", "rg9");
    azure.call("admin", "DELETE", &group("rg9"), Value::Null).refused(404, "ResourceGroupNotFound", "rg9");
    azure.call("reader", "PUT", &group("rg1"), json!({"location": "eastus"})).refused(
        403,
        "AuthorizationFailed",
        "'Microsoft.Resources/subscriptions/resourceGroups/write'",
    );
}

#[test]
fn made_tagged_and_asked_for() {
    let azure = Azure::new();
    let lower = format!("{SUBSCRIPTION}/resourcegroups/new1");
    let made = azure.call("admin", "PUT", &lower, json!({"location": "West Europe", "tags": {"a": "1"}})).ok(201);
    assert_eq!(
        made,
        json!({
            "id": group("new1"),
            "name": "new1",
            "type": "Microsoft.Resources/resourceGroups",
            "location": "westeurope",
            "tags": {"a": "1"},
            "properties": {"provisioningState": "Succeeded"},
        })
    );
    let again = azure.call("admin", "PUT", &group("NEW1"), json!({"location": "westeurope", "tags": {"b": "2"}}));
    assert_eq!(again.ok(200)["tags"], json!({"b": "2"}), "PUT replaces");
    assert_eq!(azure.patch(&lower, json!({"tags": {"c": "3"}})).ok(200)["name"], "new1");
    let there = azure.call("admin", "HEAD", &lower, Value::Null);
    assert_eq!((there.status, there.text.as_str()), (204, ""));
    let absent = azure.call("admin", "HEAD", &group("rg9"), Value::Null);
    assert_eq!((absent.status, absent.text.as_str()), (404, ""));
}

#[test]
fn deletion_takes_time_and_takes_everything() {
    let azure = Azure::new();
    azure.emulator.set_lro(Lro { seconds: 1000.0, retry_after: None, fail: None });
    let principal = azure.principal_of("id1");
    let started = azure.call("admin", "DELETE", &group("rg1"), Value::Null);
    assert_eq!((started.status, started.header("retry-after")), (202, Some("15")));
    assert!(started.header("azure-asyncoperation").is_none());
    let location = started.header("location").unwrap().to_owned();
    assert!(location.starts_with(&format!("{}{SUBSCRIPTION}/operationresults/", azure.emulator.cloud())), "{location}");
    assert_eq!(azure.get(&location).status, 202);
    assert_eq!(azure.get(&group("rg1")).ok(200)["properties"]["provisioningState"], "Deleting");
    let late = azure.call("admin", "PUT", &identity("late"), json!({"location": "eastus"}));
    late.refused(409, "ResourceGroupBeingDeleted", "deprovisioning state");
    azure.emulator.set_clock_offset(1001);
    let over = azure.get(&location);
    assert_eq!((over.status, over.text.as_str()), (200, ""));
    azure.get(&group("rg1")).refused(404, "ResourceGroupNotFound", "rg1");
    azure.get(&vm("both")).refused(404, "ResourceGroupNotFound", "rg1");
    // The identities' principals are gone with it, and roles at the group as well.
    let state = azure.emulator.state();
    let gone = state["principals"].as_array().unwrap().iter().find(|p| p["id"] == json!(principal)).unwrap();
    assert_eq!(gone["deleted"], true);
    assert!(!state["role_assignments"].to_string().contains("resourceGroups/rg1"));
}

#[test]
fn lists_show_what_the_caller_may_read() {
    let azure = Azure::new();
    let names = |who: &str, query: &str| {
        let list = azure.call(who, "GET", &format!("{SUBSCRIPTION}/resourcegroups{query}"), Value::Null).ok(200);
        let value = list["value"].as_array().unwrap();
        value.iter().map(|g| g["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("admin", ""), ["rg1", "rg2"]);
    assert_eq!(names("reader", ""), ["rg1"]);
    azure.patch(&group("rg2"), json!({"tags": {"env": "prod"}})).ok(200);
    assert_eq!(names("admin", "?$filter=tagName eq 'env' and tagValue eq 'prod'"), ["rg2"]);
    // As the Azure CLI spells it.
    assert_eq!(names("admin", "?$filter=tagname eq 'env' and tagvalue eq 'prod'"), ["rg2"]);
    let odd = azure.get(&format!("{SUBSCRIPTION}/resourcegroups?$filter=name eq 'x'"));
    odd.refused(400, "InvalidFilterInQueryString", "tagName");
    let list = format!("{SUBSCRIPTION}/resourcegroups");
    azure.call("nobody", "GET", &list, Value::Null).refused(403, "AuthorizationFailed", "resourceGroups/read");
}
