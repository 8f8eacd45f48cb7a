//! Lists, page by page.

use midentity::ErrorKind;
use midentity::arm::{Pages, UserIdentity};
use serde_json::{Value, json};

use crate::azure::{Azure, SUBSCRIPTION_ID, group, subscription};
use crate::server::emulator;

const LIST: &str = "GET Microsoft.ManagedIdentity/userAssignedIdentities";

fn list(azure: &Azure, group: &str) -> Pages<UserIdentity> {
    azure.admin().user_identities(SUBSCRIPTION_ID, group).list().unwrap()
}

fn item(name: &str) -> Value {
    json!({"id": format!("{}/{name}", subscription()), "name": name})
}

#[tokio::test]
async fn a_link_to_another_host_is_refused_and_nothing_is_sent_there() {
    let (azure, other) = (Azure::new(), emulator());
    let path =
        format!("{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities?api-version=2024-11-30", group("rg1"));
    let port = azure.emulator.cloud().rsplit(':').next().unwrap().to_owned();
    for link in [
        format!("{}{path}", other.cloud()),
        format!("{}{path}", other.imds_endpoint()),
        format!("http://127.0.0.1:{port}{path}"),
        format!("https://localhost:{port}{path}"),
        format!("https://127.0.0.1:{port}@elsewhere.test{path}"),
        format!("//elsewhere.test{path}"),
    ] {
        azure.emulator.clear_faults();
        azure.fault(json!({}), json!({"status": 200, "body": {"value": [item("a")], "nextLink": link}}));
        let mut pages = list(&azure, "rg1");
        let error = pages.next_page().await.unwrap_err();
        assert!(["arm.host_refused", "arm.bad_answer"].contains(&error.id()), "{link}: {error}");
        assert_eq!(error.kind(), ErrorKind::Protocol, "{link}");
        assert_eq!(azure.calls(), [LIST], "{link}");
    }
    assert_eq!(other.request_count(), 0);
}

#[tokio::test]
async fn links_that_make_no_sense() {
    for (body, id) in [
        (json!({"value": [], "nextLink": "somewhere"}), "arm.bad_answer"),
        (json!({"value": [], "nextLink": 7}), "arm.bad_answer"),
        (json!({"value": {}}), "arm.bad_answer"),
        (json!({"value": [{"id": 1}]}), "arm.bad_answer"),
        (json!([]), "arm.bad_answer"),
    ] {
        let azure = Azure::new();
        azure.fault(json!({}), json!({"status": 200, "body": body}));
        assert_eq!(list(&azure, "rg1").collect().await.unwrap_err().id(), id, "{body}");
        assert_eq!(azure.sent().len(), 1, "{body}");
    }
}

#[tokio::test]
async fn a_page_that_names_itself_ends_the_list() {
    let azure = Azure::new();
    let path =
        format!("{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities?api-version=2024-11-30", group("rg1"));
    azure.fault(json!({}), json!({"status": 200, "body": {"value": [item("a")], "nextLink": path}}));
    assert_eq!(list(&azure, "rg1").collect().await.unwrap_err().id(), "arm.bad_answer");
    assert_eq!(azure.sent().len(), 1);
}

#[tokio::test]
async fn after_an_error_the_same_page_can_be_asked_for_again() {
    let azure = Azure::new();
    azure.emulator.set_page_size(2);
    let mut pages = list(&azure, "rg1");
    assert_eq!(pages.next().await.unwrap().unwrap().name(), "id1");
    assert_eq!(pages.next().await.unwrap().unwrap().name(), "id2");
    azure.fault(json!({}), json!({"status": 500, "times": 4}));
    assert_eq!(pages.next().await.unwrap_err().id(), "arm.service");
    assert_eq!(pages.next().await.unwrap().unwrap().name(), "id3");
    assert!(pages.next().await.unwrap().is_none());
    assert!(pages.next().await.unwrap().is_none(), "and stays at its end");
    assert_eq!(azure.sent().len(), 6);
}

#[tokio::test]
async fn empty_pages_and_every_form_of_the_end() {
    for end in [
        json!({"value": [item("b")]}),
        json!({"value": [item("b")], "nextLink": null}),
        json!({"value": [item("b")], "nextLink": ""}),
    ] {
        let azure = Azure::new();
        let next = format!("{}/x?api-version=1&$skiptoken=t", azure.emulator.cloud());
        // An empty page in the middle, and a relative link.
        azure.fault(json!({}), json!({"status": 200, "times": 1, "body": {"value": [item("a")], "nextLink": next}}));
        azure.fault(
            json!({}),
            json!({"status": 200, "times": 1, "body": {"value": [], "nextLink": "/y?api-version=1"}}),
        );
        azure.fault(json!({}), json!({"status": 200, "body": end}));
        let all = list(&azure, "rg1").collect().await.unwrap();
        let names: Vec<&str> = all.iter().map(UserIdentity::name).collect();
        assert_eq!(names, ["a", "b"]);
        let paths: Vec<String> = azure.sent().iter().map(|r| r.path.rsplit('/').next().unwrap().to_owned()).collect();
        assert_eq!(paths, ["userAssignedIdentities", "x", "y"]);
    }
    // A list of none, said with no body at all.
    let azure = Azure::new();
    azure.fault(json!({}), json!({"status": 204}));
    assert!(list(&azure, "rg1").collect().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_next_page_is_asked_for_when_it_is_wanted_and_as_it_was_given() {
    let azure = Azure::new();
    azure.emulator.set_page_size(2);
    let mut pages = list(&azure, "");
    assert_eq!(azure.sent().len(), 0, "making a list sends nothing");
    assert_eq!(pages.next_page().await.unwrap().unwrap().len(), 2);
    let first = azure.sent();
    assert_eq!((first.len(), first[0].query["api-version"].as_slice()), (1, &["2024-11-30".to_owned()][..]));
    assert_eq!(pages.next().await.unwrap().unwrap().name(), "id3");
    // What is left of a page that was begun comes as a page.
    let rest = pages.next_page().await.unwrap().unwrap();
    assert_eq!(rest.iter().map(UserIdentity::name).collect::<Vec<_>>(), ["far"]);
    assert!(pages.next_page().await.unwrap().is_none());
    let second = azure.sent();
    assert_eq!(second.len(), 1);
    assert_eq!(second[0].query["api-version"], ["2024-11-30"], "given once, in the link");
    assert_eq!(second[0].query["$skiptoken"].len(), 1);
    assert!(format!("{pages:?}").contains("more: false"));
}

#[tokio::test]
async fn ten_thousand_identities() {
    let azure = Azure::new();
    assert_eq!(azure.emulator.populate("rg2", 10_000), 10_000);
    let mut pages = list(&azure, "rg2");
    let (mut items, mut most) = (0, 0);
    while let Some(page) = pages.next_page().await.unwrap() {
        most = most.max(page.len());
        items += page.len();
        assert!(page.iter().all(|i| i.client_id().len() == 36 && i.location() == "westeurope"));
    }
    assert_eq!((items, most), (10_001, 1000), "no more than a page is held");
    assert_eq!(azure.calls(), vec![LIST; 11]);
}
