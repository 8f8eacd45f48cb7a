use serde_json::json;

use crate::client::{emulator, get, send};

#[test]
fn requests_that_the_service_refuses() {
    let emulator = emulator();
    let answer = send(emulator.imds_endpoint(), "GET", "/metadata/instance?api-version=2021-02-01", &[], "");
    assert_eq!(
        (answer.status, answer.json()),
        (400, json!({"error": "Bad request. Required metadata header not specified"}))
    );
    for (target, status, reason) in [
        (
            "/metadata/instance",
            400,
            "api-version was not specified in the request. For more information refer to aka.ms/azureimds",
        ),
        ("/metadata/instance?api-version=2021-02-02", 400, "api-version is invalid"),
        ("/metadata/instance?api-version=2021-02-01&format=xml", 400, "format"),
        ("/metadata/instance/compute/name?api-version=2021-02-01", 400, "format=text"),
        ("/metadata/instance/compute/name?api-version=2021-02-01&format=json", 400, "format=text"),
        ("/metadata/instance/compute/nothing?api-version=2021-02-01", 404, "Not found"),
        ("/metadata/instance/compute/tagsList?api-version=2019-06-01", 404, "Not found"),
        ("/metadata/instance/network/interface/7?api-version=2021-02-01", 404, "Not found"),
        ("/metadata/other?api-version=2021-02-01", 404, "Not found"),
    ] {
        let answer = get(&emulator, target);
        let body = answer.json();
        assert_eq!(answer.status, status, "{target}");
        assert!(body["error"].as_str().unwrap().contains(reason), "{target}: {body}");
        assert_eq!(body.get("newest-versions").is_some(), reason.contains("api-version"), "{target}");
    }
    let newest = get(&emulator, "/metadata/instance").json()["newest-versions"].clone();
    assert_eq!(newest[0], "2025-04-07");
    assert_eq!(newest.as_array().unwrap().len(), 3);
    let post = send(emulator.imds_endpoint(), "POST", "/metadata/instance", &[("Metadata", "true")], "");
    assert_eq!(post.status, 405);
}

#[test]
fn json_and_text() {
    let emulator = emulator();
    let facts = emulator.facts();
    let whole = get(&emulator, "/metadata/instance?api-version=2021-02-01").json();
    assert_eq!(whole["compute"]["name"], "vm1");
    assert_eq!(whole["compute"]["resourceId"], json!(facts.vm_resource_id));
    assert_eq!(whole["compute"]["subscriptionId"], json!(facts.subscription_id));
    assert_eq!(whole["compute"]["azEnvironment"], "AzurePublicCloud");
    assert_eq!(whole["compute"]["tags"], "", "what is missing is an empty string");
    let part = get(&emulator, "/metadata/instance/compute?api-version=2021-02-01&format=json");
    assert_eq!(part.json(), whole["compute"]);
    let leaf = get(&emulator, "/metadata/instance/Compute/Name?api-version=2021-02-01&format=text");
    assert_eq!((leaf.text(), leaf.header("content-type")), ("vm1", Some("text/plain; charset=utf-8")));
    assert_eq!(get(&emulator, "/metadata/instance?api-version=2021-02-01&format=text").text(), "compute/\nnetwork/");
    let mac = get(&emulator, "/metadata/instance/network/interface/0/macAddress?api-version=2021-02-01&format=text");
    assert_eq!(mac.text().len(), 12);
}

#[test]
fn versions_need_no_version() {
    let emulator = emulator();
    let versions = get(&emulator, "/metadata/versions").json();
    assert!(versions["apiVersions"].as_array().unwrap().contains(&json!("2018-02-01")));
    assert_eq!(send(emulator.imds_endpoint(), "GET", "/metadata/versions", &[], "").status, 400);
}
