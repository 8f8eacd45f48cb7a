//! Lists, page by page.

use midentity::ErrorKind;
use midentity::arm::{Pages, UserIdentity};
use serde_json::{Value, json};

use crate::azure::{Azure, SUBSCRIPTION_ID, group, subscription};
use crate::log::Log;
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

#[tokio::test]
async fn any_list_by_its_path() {
    let azure = Azure::new();
    azure.emulator.set_page_size(2);
    let path = format!("{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities", group("rg1"));
    let all = azure.admin().list(&path, "2024-11-30").unwrap().collect().await.unwrap();
    assert_eq!(all.iter().map(|i| i["name"].as_str().unwrap()).collect::<Vec<_>>(), ["id1", "id2", "id3"]);
    assert_eq!(azure.calls(), [LIST, LIST]);
    for (path, version, id) in [("x", "1", "argument.path"), ("/subscriptions", "", "argument.option")] {
        assert_eq!(azure.admin().list(path, version).unwrap_err().id(), id);
    }
    // A resource is no list.
    azure.fault(json!({}), json!({"status": 200, "body": {"value": "text"}}));
    assert_eq!(azure.admin().list(&path, "2024-11-30").unwrap().next().await.unwrap_err().id(), "arm.bad_answer");
}

#[tokio::test]
async fn a_list_goes_on_elsewhere_with_nothing_kept() {
    let azure = Azure::new();
    azure.emulator.set_page_size(2);
    let (mut from, mut names): (Option<String>, Vec<String>) = (None, Vec::new());
    loop {
        // Each page by a client of its own, as another process would.
        let pages = list(&azure, "rg1");
        let mut pages = match &from {
            Some(text) => pages.resume(text).unwrap(),
            None => pages,
        };
        let page = pages.next_page().await.unwrap().unwrap();
        names.extend(page.iter().map(|i| i.name().to_owned()));
        from = pages.continuation();
        if from.is_none() {
            assert!(pages.next_page().await.unwrap().is_none());
            break;
        }
    }
    assert_eq!(names, ["id1", "id2", "id3"]);
    let sent = azure.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[1].query["$skiptoken"].len(), 1);
}

#[tokio::test]
async fn a_continuation_is_as_the_service_gave_it() {
    let azure = Azure::new();
    let odd = format!("{}/x?api-version=1&$skiptoken=a%2bb%2B+c=~!", azure.emulator.cloud());
    azure.fault(json!({}), json!({"status": 200, "times": 1, "body": {"value": [item("a")], "nextLink": odd}}));
    let mut pages = list(&azure, "rg1");
    pages.next_page().await.unwrap();
    assert_eq!(pages.continuation().as_deref(), Some(odd.as_str()));
    // An error leaves it where it was.
    azure.fault(json!({}), json!({"status": 403, "times": 1}));
    pages.next_page().await.unwrap_err();
    assert_eq!(pages.continuation().as_deref(), Some(odd.as_str()));
}

#[tokio::test]
async fn a_continuation_leads_nowhere_else() {
    let (azure, other) = (Azure::new(), emulator());
    let port = azure.emulator.cloud().rsplit(':').next().unwrap().to_owned();
    for elsewhere in [
        format!("{}/x?api-version=1", other.cloud()),
        format!("http://127.0.0.1:{port}/x"),
        format!("https://localhost:{port}/x"),
        format!("https://127.0.0.1:{port}@elsewhere.test/x"),
    ] {
        assert_eq!(list(&azure, "rg1").resume(&elsewhere).unwrap_err().id(), "arm.host_refused", "{elsewhere}");
    }
    for garbage in ["", "page 2", "/x?$skiptoken=1", "//elsewhere.test/x", "data:text", "127.0.0.1:1"] {
        let error = list(&azure, "rg1").resume(garbage).unwrap_err();
        assert_eq!((error.kind(), error.id()), (ErrorKind::InvalidArgument, "argument.option"), "{garbage}");
    }
    assert_eq!((azure.sent().len(), other.request_count()), (0, 0));
}

#[tokio::test]
async fn a_continuation_is_not_logged() {
    let azure = Azure::new();
    azure.emulator.set_page_size(2);
    let (log, _guard) = Log::start();
    let mut pages = list(&azure, "rg1");
    pages.next_page().await.unwrap();
    let from = pages.continuation().unwrap();
    let token = from.rsplit("skiptoken=").next().unwrap().to_owned();
    azure.fault(json!({}), json!({"status": 500}));
    let mut rest = list(&azure, "rg1").resume(&from).unwrap();
    let error = rest.next_page().await.unwrap_err();
    let all = format!("{}{pages:?}{rest:?}{error:?}{error}", log.text());
    assert!(!log.text().is_empty() && !all.contains(&token) && !all.contains("skiptoken"), "{all}");
}
