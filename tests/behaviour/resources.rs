//! Any resource by its id: which version it is asked for in.

use midentity::ErrorKind;
use serde_json::json;

use crate::azure::{Azure, READER, group, identity, scale_set, subscription, vm};

const PROVIDER: &str = "GET providers/Microsoft.ManagedIdentity";

#[tokio::test]
async fn ids_that_are_none_and_types_that_nobody_has() {
    let azure = Azure::new();
    let client = azure.admin();
    for bad in [
        "",
        "/",
        "vm1",
        "/subscriptions",
        "/subscriptions//x",
        "/subscriptions/../x",
        "/a/b?c=d",
        "x/y",
        "/resourceGroups/rg1",
    ] {
        let error = client.get_resource(bad).await.unwrap_err();
        assert_eq!((error.kind(), error.id()), (ErrorKind::InvalidArgument, "argument.path"), "{bad}");
    }
    assert_eq!(azure.emulator.request_count(), 0);
    let unknown = identity("id1").replace("userAssignedIdentities", "robots");
    let error = client.get_resource(&unknown).await.unwrap_err();
    assert_eq!((error.kind(), error.id()), (ErrorKind::NotFound, "arm.not_found"));
    assert!(error.message().contains("\"robots\"") && error.hint().unwrap().contains("spelling"), "{error:?}");
    assert_eq!(azure.calls(), [PROVIDER]);
    azure.fault(json!({}), json!({"status": 200, "body": {"resourceTypes": 7}}));
    assert_eq!(client.get_resource(&identity("id1")).await.unwrap_err().id(), "arm.bad_answer");
}

#[tokio::test]
async fn the_newest_stable_version_is_taken_and_asked_for_once() {
    let azure = Azure::new();
    let client = azure.admin();
    for name in ["id1", "id2"] {
        let read = client.get_resource(&identity(name)).await.unwrap();
        assert_eq!(read.body()["name"], name);
    }
    let read = client.get_resource(&format!("/{}/", identity("ID3").to_uppercase().replace("/SUBS", "/subs"))).await;
    assert_eq!(read.unwrap().body()["name"], "id3");
    let sent = azure.sent();
    let versions: Vec<&str> = sent.iter().map(|r| r.query["api-version"][0].as_str()).collect();
    assert_eq!(versions, ["2021-04-01", "2026-05-31", "2026-05-31", "2026-05-31"]);
    // Where there are previews only, the newest of them.
    let azure = Azure::new();
    let types = json!([{"resourceType": "USERASSIGNEDIDENTITIES", "apiVersions": ["2020-01-01-preview", "2021-01-01-preview"]}]);
    azure.fault(
        json!({"path": format!("{}/providers", subscription())}),
        json!({"status": 200, "times": 1, "body": {"resourceTypes": types}}),
    );
    azure.admin().get_resource(&identity("id1")).await.unwrap();
    assert_eq!(azure.sent()[1].query["api-version"], ["2021-01-01-preview"]);
}

#[tokio::test]
async fn every_kind_of_place() {
    let azure = Azure::new();
    let client = azure.admin();
    for id in [
        subscription(),
        group("rg1"),
        vm("both"),
        scale_set("set1"),
        format!("{}/providers/Microsoft.Authorization/roleDefinitions/{READER}", subscription()),
        format!("/providers/Microsoft.Authorization/roleDefinitions/{READER}"),
        format!("{}/providers/Microsoft.ManagedIdentity/identities/default", vm("both")),
    ] {
        let read = client.get_resource(&id).await;
        assert!(read.as_ref().is_ok_and(|r| r.body()["id"].is_string()), "{id}: {read:?}");
    }
    let absent = client.get_resource(&vm("absent")).await.unwrap_err();
    assert_eq!((absent.kind(), absent.service_code()), (ErrorKind::NotFound, Some("ResourceNotFound")));
}
