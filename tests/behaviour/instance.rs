//! What machine this is, against the emulator.

use midentity::{Clock, Env, ErrorKind, InstanceMetadata, blocking};
use serde_json::json;

use crate::case::now;
use crate::server::{emulator, refused};

fn at(endpoint: &str) -> InstanceMetadata {
    let clock = Clock::manual_between_requests(now());
    InstanceMetadata::builder().imds_endpoint(endpoint).env(Env::fixed([])).clock(clock).build().unwrap()
}

#[tokio::test]
async fn trees_and_leaves() {
    let emulator = emulator();
    let instance = at(emulator.imds_endpoint());
    let all = instance.get("").await.unwrap();
    assert_eq!(all["compute"]["name"], "both");
    assert_eq!(all["compute"]["subscriptionId"], "8d1c0000-0000-4000-8000-000000000002");
    assert_eq!(instance.get("compute").await.unwrap(), all["compute"]);
    assert_eq!(instance.get("/compute/").await.unwrap(), all["compute"]);
    assert_eq!(instance.get("compute/name").await.unwrap(), json!("both"));
    assert_eq!(
        instance.get("network/interface/0/macAddress").await.unwrap(),
        all["network"]["interface"][0]["macAddress"]
    );
    for request in emulator.requests() {
        assert_eq!(request.headers["metadata"], "true");
        assert_eq!(request.query["api-version"].len(), 1);
    }
}

#[tokio::test]
async fn an_older_version_knows_less() {
    let emulator = emulator();
    let instance = at(emulator.imds_endpoint());
    assert!(instance.get_version("compute", "2021-02-01").await.unwrap().get("resourceId").is_some());
    assert!(instance.get_version("compute", "2017-08-01").await.unwrap().get("resourceId").is_none());
    let error = instance.get_version("compute", "1999-01-01").await.unwrap_err();
    assert_eq!((error.kind(), error.http_status()), (ErrorKind::InvalidArgument, Some(400)));
    assert!(error.message().contains("api-version"), "{error}");
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_not_asked_for_again() {
    let emulator = emulator();
    let error = at(emulator.imds_endpoint()).get("nothing").await.unwrap_err();
    assert_eq!((error.kind(), error.id(), error.attempts()), (ErrorKind::NotFound, "imds.not_found", 1));
    let error = at(emulator.imds_endpoint()).get("compute/nothing").await.unwrap_err();
    assert_eq!((error.kind(), error.id()), (ErrorKind::NotFound, "imds.not_found"));
    // Once as JSON, once as a leaf's text.
    assert_eq!(emulator.requests().len(), 3);
}

#[tokio::test]
async fn paths_that_no_metadata_has_are_not_sent() {
    let emulator = emulator();
    let instance = at(emulator.imds_endpoint());
    for bad in ["../identity/oauth2/token", "compute/../..", "a?b=c", "a#b", "a b", "a\r\nb", "a%2fb", "compute&x"] {
        let error = instance.get(bad).await.unwrap_err();
        assert_eq!((error.kind(), error.id()), (ErrorKind::InvalidArgument, "argument.path"), "{bad:?}");
    }
    assert_eq!(instance.get_version("compute", "2021-02-01&format=text").await.unwrap_err().id(), "argument.path");
    assert_eq!(emulator.request_count(), 0);
}

#[tokio::test]
async fn tenant_and_versions() {
    let emulator = emulator();
    let instance = at(emulator.imds_endpoint());
    assert_eq!(instance.identity_info().await.unwrap().tenant_id(), "72f988bf-0000-4000-8000-000000000001");
    let versions = instance.versions().await.unwrap();
    assert!(versions.contains(&"2021-02-01".to_owned()) && versions.is_sorted(), "{versions:?}");
    let error = at(&emulator.imds_endpoint_of("none")).identity_info().await.unwrap_err();
    assert_eq!((error.kind(), error.id()), (ErrorKind::Unavailable, "imds.no_identity"));
}

#[tokio::test]
async fn failures_are_typed_and_those_that_pass_are_tried_again() {
    let emulator = emulator();
    let instance = at(emulator.imds_endpoint());
    emulator.add_fault_json(r#"{"status": 500, "times": 4}"#).unwrap();
    assert_eq!(instance.get("compute/name").await.unwrap(), json!("both"));
    for (fault, kind, id) in [
        (json!({"status": 429}), ErrorKind::Throttled, "imds.throttled"),
        (json!({"status": 503}), ErrorKind::Service, "imds.service"),
        (json!({"status": 200, "body": "{\"a\":"}), ErrorKind::Protocol, "imds.bad_answer"),
        (json!({"oversize": 2_000_000}), ErrorKind::Protocol, "imds.body_too_large"),
        (json!({"redirect": "http://elsewhere.test/"}), ErrorKind::Unavailable, "imds.intercepted"),
    ] {
        emulator.reset();
        emulator.add_fault_json(&fault.to_string()).unwrap();
        for error in [instance.get("compute").await.unwrap_err(), instance.versions().await.unwrap_err()] {
            assert_eq!((error.kind(), error.id()), (kind, id), "{fault}");
        }
    }
    let error = at(&refused()).get("compute").await.unwrap_err();
    assert_eq!((error.kind(), error.id()), (ErrorKind::Unavailable, "imds.unreachable"));
}

#[test]
fn the_blocking_twin() {
    let emulator = emulator();
    let instance = blocking::InstanceMetadata::from(at(emulator.imds_endpoint()));
    assert_eq!(instance.get("compute/location").unwrap(), json!("eastus"));
    assert_eq!(instance.identity_info().unwrap().tenant_id(), "72f988bf-0000-4000-8000-000000000001");
    assert!(!instance.versions().unwrap().is_empty());
}
