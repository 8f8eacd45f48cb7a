use midentity_emulator::Lro;
use serde_json::{Value, json};

use crate::azure::{Azure, SUBSCRIPTION, vm};

fn started(azure: &Azure) -> String {
    azure.emulator.set_lro(Lro { seconds: 1000.0, retry_after: None, fail: None });
    let answer = azure.patch(&vm("both"), json!({"tags": {}}));
    answer.header("azure-asyncoperation").unwrap().to_owned()
}

#[test]
fn addresses_are_long_and_hold_byte_for_byte() {
    let azure = Azure::new();
    let address = started(&azure);
    assert!((2_900..4_000).contains(&address.len()), "{}", address.len());
    assert!(address.starts_with(&format!(
        "{}{SUBSCRIPTION}/providers/Microsoft.Compute/locations/eastus/operations/",
        azure.emulator.cloud()
    )));
    for changed in [
        address.replace("api-version=2024-11-30", "api-version=2024-11-01"),
        format!("{address}&x=1"),
        address.replace("&h=", "&H="),
        address.rsplit_once("&h=").unwrap().0.to_owned(),
    ] {
        assert_ne!(changed, address);
        azure.get(&changed).refused(403, "InvalidOperationSignature", "byte for byte");
    }
    assert_eq!(azure.get(&address).status, 200);
    azure.raw("GET", &address, &[], "").refused(401, "AuthenticationFailed", "missing");
    let other = address.replace("/operations/", "/operations/00000000-");
    azure.get(&other).refused(404, "OperationNotFound", "not found");
    let host = address.replace("127.0.0.1", "localhost");
    assert_eq!(azure.get(&host).status, 200, "the signature is over path and query");
}

#[test]
fn a_look_is_always_200() {
    let azure = Azure::new();
    let address = started(&azure);
    let look = azure.get(&address);
    assert_eq!(look.header("retry-after"), Some("30"), "the service's own");
    assert_eq!((&look.body["status"], look.body.get("endTime")), (&json!("InProgress"), None));
    assert!(look.header("x-ms-ratelimit-remaining-resource").unwrap().contains("GetOperation"));
    let monitor = azure.get(&format!("{address}&monitor=true"));
    assert_eq!((monitor.status, monitor.text.as_str()), (202, ""));
    assert_eq!(monitor.header("location"), Some(format!("{address}&monitor=true").as_str()));
    azure.emulator.set_lro(Lro { seconds: 1.0, retry_after: Some(3), fail: None });
    assert_eq!(azure.get(&address).header("retry-after"), Some("3"), "as set");
    azure.emulator.set_clock_offset(1001);
    let over = azure.get(&address);
    assert_eq!((over.header("retry-after"), &over.body["status"]), (None, &json!("Succeeded")));
    assert!(over.body["endTime"].as_str().unwrap() > over.body["startTime"].as_str().unwrap());
    assert_eq!(azure.get(&format!("{address}&monitor=true")).status, 200);
}

#[test]
fn what_is_being_deleted_takes_no_changes() {
    let azure = Azure::new();
    azure.emulator.set_lro(Lro { seconds: 1000.0, retry_after: None, fail: None });
    assert_eq!(azure.call("admin", "DELETE", &vm("both"), Value::Null).status, 202);
    assert_eq!(azure.get(&vm("both")).ok(200)["properties"]["provisioningState"], "Deleting");
    azure.patch(&vm("both"), json!({"tags": {}})).refused(409, "OperationNotAllowed", "being deleted");
}

#[test]
fn a_later_change_takes_over() {
    let azure = Azure::new();
    started(&azure);
    azure.emulator.set_lro(Lro { seconds: 5000.0, retry_after: None, fail: None });
    azure.patch(&vm("both"), json!({"tags": {"b": "2"}})).ok(200);
    azure.emulator.set_clock_offset(1001);
    assert_eq!(azure.get(&vm("both")).ok(200)["properties"]["provisioningState"], "Updating");
    azure.emulator.set_clock_offset(5002);
    assert_eq!(azure.get(&vm("both")).ok(200)["properties"]["provisioningState"], "Succeeded");
}
