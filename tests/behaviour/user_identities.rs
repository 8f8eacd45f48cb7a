//! User-assigned identities and their federated credentials; the system-assigned identity of a resource.

use std::collections::BTreeMap;

use midentity::ErrorKind;
use midentity::arm::UserIdentities;
use midentity_emulator::Settings;
use serde_json::json;

use crate::azure::{Azure, SUBSCRIPTION_ID, identity_id, vm};

const ISSUER: &str = "https://token.actions.githubusercontent.com";

fn identities(azure: &Azure) -> UserIdentities {
    azure.admin().user_identities(SUBSCRIPTION_ID, "rg1")
}

fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

#[tokio::test]
async fn names_that_cannot_be_are_refused_with_the_rule_and_nothing_is_sent() {
    let azure = Azure::new();
    let all = identities(&azure);
    for name in ["", "ab", "-abc", "_abc", "a b c", "a/b", "a.b.c", "ümlaut", "a?b", &"x".repeat(129)] {
        let error = all.create(name, None, None).await.unwrap_err();
        assert_eq!((error.kind(), error.id()), (ErrorKind::InvalidArgument, "argument.name"), "{name}");
        assert!(error.hint().unwrap().contains("3 to 128 characters"), "{error:?}");
        assert_eq!(all.get(name).await.unwrap_err().id(), "argument.name", "{name}");
        assert_eq!(all.delete(name).await.unwrap_err().id(), "argument.name", "{name}");
        assert_eq!(all.update(name, &tags(&[])).await.unwrap_err().id(), "argument.name", "{name}");
        assert_eq!(all.federated_credentials(name).unwrap_err().id(), "argument.name", "{name}");
    }
    let client = azure.admin();
    for (subscription, group) in [("s1", "rg1"), (SUBSCRIPTION_ID, "a/b"), (SUBSCRIPTION_ID, "rg1.")] {
        let all = client.user_identities(subscription, group);
        assert_eq!(all.get("id1").await.unwrap_err().id(), "argument.name", "{subscription} {group}");
        assert_eq!(all.list().unwrap_err().id(), "argument.name", "{subscription} {group}");
    }
    assert_eq!(client.user_identities(SUBSCRIPTION_ID, "").get("id1").await.unwrap_err().id(), "argument.name");
    assert_eq!(azure.sent().len(), 0);
    let longest = "x".repeat(128);
    assert_eq!(all.create(&longest, None, None).await.unwrap().name(), longest);
}

#[tokio::test]
async fn who_may_not_is_told_which_role_may() {
    let azure = Azure::new();
    for who in ["nobody", "machines", "operator"] {
        let all = azure.of(who).user_identities(SUBSCRIPTION_ID, "rg1");
        let error = all.create("new", Some("eastus"), Some(&tags(&[]))).await.unwrap_err();
        assert_eq!((error.kind(), error.service_code()), (ErrorKind::Forbidden, Some("AuthorizationFailed")), "{who}");
        assert!(error.message().contains("userAssignedIdentities/write") && error.message().contains(who), "{error}");
        assert!(error.hint().unwrap().contains("Managed Identity Contributor"), "{error:?}");
    }
    azure.of("identities").user_identities(SUBSCRIPTION_ID, "rg1").create("new", Some("eastus"), None).await.unwrap();
}

#[tokio::test]
async fn what_is_not_there() {
    let azure = Azure::new();
    let all = identities(&azure);
    for error in [all.get("absent").await.unwrap_err(), all.update("absent", &tags(&[])).await.unwrap_err()] {
        assert_eq!((error.kind(), error.service_code()), (ErrorKind::NotFound, Some("ResourceNotFound")));
    }
    assert!(!all.delete("absent").await.unwrap());
    let nowhere = azure.admin().user_identities(SUBSCRIPTION_ID, "nowhere");
    let error = nowhere.create("new", None, None).await.unwrap_err();
    assert_eq!(error.service_code(), Some("ResourceGroupNotFound"));
    assert!(!nowhere.delete("id1").await.unwrap());
}

#[tokio::test]
async fn the_location_is_the_groups_unless_given() {
    let azure = Azure::new();
    let made = azure.admin().user_identities(SUBSCRIPTION_ID, "rg2").create("new", None, None).await.unwrap();
    assert_eq!((made.name(), made.location(), made.tags().len()), ("new", "westeurope", 0));
    let calls = azure.calls();
    assert_eq!(calls, ["GET userAssignedIdentities/new", "GET resourcegroups/rg2", "PUT userAssignedIdentities/new"]);
    // Everything given: what is there already is looked at all the same.
    let made = identities(&azure).create("other", Some("northeurope"), Some(&tags(&[("a", "1")]))).await.unwrap();
    assert_eq!((made.location(), made.tags()), ("northeurope", &tags(&[("a", "1")])));
    let sent = azure.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[1].body, Some(json!({"location": "northeurope", "tags": {"a": "1"}})));
    assert_eq!(sent[1].query["api-version"], ["2024-11-30"]);
}

#[tokio::test]
async fn an_isolation_scope_stays() {
    let azure = Azure::new();
    let path = crate::azure::identity("id1");
    let regional = json!({"properties": {"isolationScope": "Regional"}});
    azure.admin().request("PATCH", &path, "2024-11-30", Some(&regional)).await.unwrap();
    azure.sent();
    let all = identities(&azure);
    assert_eq!(all.create("id1", None, None).await.unwrap().isolation_scope(), Some("Regional"));
    let body = azure.body("PUT");
    assert_eq!(body["properties"], json!({"isolationScope": "Regional"}));
    let again = all.create("id1", Some("eastus"), Some(&tags(&[]))).await.unwrap();
    assert_eq!(again.isolation_scope(), Some("Regional"));
    assert_eq!(all.get("id2").await.unwrap().isolation_scope(), Some("None"));
    // Who may write and not read can still make one where everything is said.
    azure.sent();
    azure.fault(json!({"method": "GET"}), json!({"status": 403}));
    assert_eq!(all.create("id8", None, None).await.unwrap_err().kind(), ErrorKind::Forbidden);
    assert_eq!(all.create("id8", Some("eastus"), Some(&tags(&[]))).await.unwrap().name(), "id8");
}

#[tokio::test]
async fn creating_again_keeps_ids_location_and_tags() {
    let azure = Azure::new();
    let all = identities(&azure);
    let before = all.get("id1").await.unwrap();
    azure.sent();
    let again = all.create("id1", None, None).await.unwrap();
    assert_eq!((again.client_id(), again.principal_id()), (before.client_id(), before.principal_id()));
    assert_eq!(*again.tags(), tags(&[("env", "test")]));
    let kept = json!({"location": "eastus", "tags": {"env": "test"}, "properties": {"isolationScope": "None"}});
    assert_eq!(azure.body("PUT"), kept);
    let retagged = all.create("id1", None, Some(&tags(&[("b", "2")]))).await.unwrap();
    assert_eq!(*retagged.tags(), tags(&[("b", "2")]));
    let moved = all.create("id1", Some("westus"), None).await.unwrap_err();
    assert_eq!(moved.kind(), ErrorKind::Conflict);
}

#[tokio::test]
async fn everything_that_the_walkthrough_prints() {
    let azure = Azure::new();
    let made = identities(&azure).create("ID1-a_b", None, None).await.unwrap();
    assert_eq!(made.id(), identity_id("ID1-a_b"));
    assert!(made.client_id().len() == 36 && made.principal_id().len() == 36 && made.tenant_id().len() == 36);
    assert_ne!(made.client_id(), made.principal_id());
    assert_eq!(serde_json::to_value(&made).unwrap()["client_id"], made.client_id());
    // Older versions of the service have one more.
    azure.fault(json!({}), json!({"status": 200, "body": {"id": "/i", "name": "n", "properties": {"clientSecretUrl": "https://c.test/x"}}}));
    let old = identities(&azure).get("id1").await.unwrap();
    assert_eq!((old.client_secret_url(), old.tags().len(), old.location()), (Some("https://c.test/x"), 0, ""));
}

#[tokio::test]
async fn tags_are_set_and_the_old_ones_gone() {
    let azure = Azure::new();
    let after = identities(&azure).update("id1", &tags(&[("owner", "me")])).await.unwrap();
    assert_eq!(*after.tags(), tags(&[("owner", "me")]));
    assert_eq!(azure.body("PATCH"), json!({"tags": {"owner": "me"}}));
    assert!(identities(&azure).update("id1", &tags(&[])).await.unwrap().tags().is_empty());
}

#[tokio::test]
async fn deleting_says_whether_there_was_one() {
    let azure = Azure::new();
    let all = identities(&azure);
    assert!(all.delete("id3").await.unwrap());
    assert!(!all.delete("id3").await.unwrap());
    assert_eq!(azure.calls(), vec!["DELETE userAssignedIdentities/id3"; 2]);
    assert_eq!(all.get("id3").await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn of_a_group_and_of_a_subscription() {
    let azure = Azure::new();
    let names = |all: Vec<midentity::arm::UserIdentity>| all.iter().map(|i| i.name().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(identities(&azure).list().unwrap().collect().await.unwrap()), ["id1", "id2", "id3"]);
    let everywhere = azure.admin().user_identities(SUBSCRIPTION_ID, "");
    assert_eq!(names(everywhere.list().unwrap().collect().await.unwrap()), ["id1", "id2", "id3", "far"]);
    let paths: Vec<String> = azure.sent().into_iter().map(|r| r.path).collect();
    assert!(
        paths[0].contains("/resourceGroups/rg1/") && !paths[1].to_lowercase().contains("resourcegroups"),
        "{paths:?}"
    );
}

#[tokio::test]
async fn federated_credentials_that_cannot_be() {
    let azure = Azure::new();
    let all = identities(&azure).federated_credentials("id1").unwrap();
    for name in ["", "ab", "-abc", "a b c", &"x".repeat(121)] {
        let error = all.create(name, ISSUER, "s", &[]).await.unwrap_err();
        assert_eq!((error.id(), error.kind()), ("argument.name", ErrorKind::InvalidArgument), "{name}");
        assert!(error.hint().unwrap().contains("3 to 120"), "{error:?}");
    }
    assert_eq!(azure.sent().len(), 0);
    assert_eq!(all.get("absent").await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(!all.delete("absent").await.unwrap());
    all.create("one", ISSUER, "repo:a/b", &[]).await.unwrap();
    let error = all.create("two", ISSUER, "repo:a/b", &[]).await.unwrap_err();
    assert!(error.message().contains("Issuer and subject combination already exists"), "{error}");
    let of_none = identities(&azure).federated_credentials("absent").unwrap();
    assert_eq!(of_none.create("one", ISSUER, "s", &[]).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn federated_credentials_live() {
    let azure = Azure::new();
    let all = identities(&azure).federated_credentials("id1").unwrap();
    let made = all.create("main", ISSUER, "repo:a/b:ref:refs/heads/main", &[]).await.unwrap();
    assert_eq!((made.name(), made.issuer(), made.subject()), ("main", ISSUER, "repo:a/b:ref:refs/heads/main"));
    assert_eq!(made.audiences(), ["api://AzureADTokenExchange"]);
    assert!(made.id().ends_with("/federatedIdentityCredentials/main"), "{}", made.id());
    let expected = json!({"properties": {"issuer": ISSUER, "subject": "repo:a/b:ref:refs/heads/main", "audiences": ["api://AzureADTokenExchange"]}});
    assert_eq!(azure.body("PUT"), expected);
    let again = all.create("main", ISSUER, "other", &["api://x"]).await.unwrap();
    assert_eq!((again.subject(), again.audiences()[0].as_str()), ("other", "api://x"));
    assert_eq!(all.get("main").await.unwrap().subject(), "other");
    assert_eq!(all.list().unwrap().collect().await.unwrap().len(), 1);
    assert!(all.delete("main").await.unwrap());
    assert!(all.list().unwrap().collect().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn federated_writes_on_one_identity_wait_for_each_other() {
    let azure = Azure::new();
    // Each answer takes a while, in which the service would see a second one.
    azure.emulator.set_settings(Settings { federated_write_seconds: 0.0, ..azure.emulator.settings() });
    azure.fault(json!({"method": "PUT"}), json!({"delay_ms": 40}));
    let client = azure.admin();
    let mut writes = tokio::task::JoinSet::new();
    for n in 0..4 {
        // Different spellings, and another client, are still the same identity.
        let client = if n == 3 { azure.admin() } else { client.clone() };
        let all = client.user_identities(SUBSCRIPTION_ID, ["rg1", "RG1"][n % 2]).federated_credentials("id1").unwrap();
        writes.spawn(async move { all.create(&format!("c-{n}"), ISSUER, &format!("s{n}"), &[]).await.map(|_| ()) });
    }
    let other = client.user_identities(SUBSCRIPTION_ID, "rg1").federated_credentials("id2").unwrap();
    writes.spawn(async move { other.create("c-x", ISSUER, "s", &[]).await.map(|_| ()) });
    while let Some(done) = writes.join_next().await {
        done.unwrap().unwrap();
    }
    let mut arrived: Vec<u64> = azure.sent().iter().filter(|r| r.path.contains("/id1/")).map(|r| r.at_ms).collect();
    arrived.sort_unstable();
    assert_eq!(arrived.len(), 4);
    assert!(arrived.windows(2).all(|w| w[1] - w[0] >= 35), "one after the other: {arrived:?}");
}

#[tokio::test]
async fn the_system_identity_shows_its_client_id() {
    let azure = Azure::new();
    let client = azure.admin();
    let shown = client.system_identity(&vm("both")).await.unwrap();
    let machine = azure.machine("both").show().await.unwrap();
    assert_eq!((Some(shown.principal_id()), Some(shown.tenant_id())), (machine.system_assigned(), machine.tenant_id()));
    assert_eq!(shown.client_id(), azure.emulator.facts().system.unwrap().client_id);
    assert_eq!(azure.calls()[0], "GET identities/default");
    assert_eq!(client.system_identity(&vm("plain")).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(client.system_identity("both").await.unwrap_err().id(), "argument.scope_path");
}
