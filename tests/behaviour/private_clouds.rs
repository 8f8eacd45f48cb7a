//! A private cloud: where its services are, and whose audiences it may not claim.

use std::time::Duration;

use midentity::arm::ArmClient;
use midentity::{AccessToken, Clock, Cloud, Credential, Env, ErrorKind, Scope, StaticToken};
use midentity_emulator::{Door, Emulator, RequestRecord};
use serde_json::{Value, json};

use crate::azure::LATE;
use crate::case::now;
use crate::server::{builder, emulator, token_requests};

fn cloud(emulator: &Emulator) -> Cloud {
    Cloud::parse(emulator.cloud()).unwrap()
}

fn client(emulator: &Emulator) -> ArmClient {
    ArmClient::builder(StaticToken::new(AccessToken::new("t".into(), LATE)))
        .cloud(cloud(emulator))
        .ca_file(emulator.ca_file())
        .env(Env::fixed([]))
        .clock(Clock::manual_between_requests(now()))
        .build()
        .unwrap()
}

fn credential(emulator: &Emulator) -> Credential {
    builder(emulator).cloud(cloud(emulator)).ca_file(emulator.ca_file()).build().unwrap()
}

fn page(emulator: &Emulator, answer: Value) {
    let mut fault = answer;
    fault["match"] = json!({"door": "arm", "path": "/metadata/endpoints"});
    emulator.add_fault_json(&fault.to_string()).unwrap();
}

fn pages(emulator: &Emulator) -> Vec<RequestRecord> {
    emulator.requests().into_iter().filter(|r| r.door == Door::Arm && r.path == "/metadata/endpoints").collect()
}

async fn asked(emulator: &Emulator, name: &str) -> midentity::Result<String> {
    credential(emulator).get_token(&Scope::parse(name).unwrap()).await?;
    Ok(token_requests(emulator).pop().unwrap().query["resource"][0].clone())
}

#[tokio::test]
async fn its_page_is_read_once_when_it_is_wanted_and_without_a_token() {
    let emulator = emulator();
    let client = client(&emulator);
    assert_eq!(emulator.request_count(), 0, "making a client sends nothing");
    let found = client.endpoints().await.unwrap();
    let origin = emulator.cloud();
    assert_eq!((found.login(), found.graph()), (Some(origin), Some(format!("{origin}/graph/").as_str())));
    assert_eq!(found.key_vault(), Some("https://vault.emulated.test"));
    assert_eq!(found.sql(), Some("https://database.emulated.test/"));
    assert_eq!(found.storage_suffix(), Some("core.emulated.test"));
    assert_eq!(client.endpoints().await.unwrap(), found);
    let pages = pages(&emulator);
    assert_eq!((pages.len(), pages[0].query["api-version"][0].as_str()), (1, "2022-09-01"));
    assert!(!pages[0].headers.contains_key("authorization"));
}

#[tokio::test]
async fn an_older_cloud_is_asked_in_its_own_version() {
    for (refusals, shape) in [(1, "[0].resourceManager"), (2, "cloudEndpoint")] {
        let emulator = emulator();
        page(&emulator, json!({"status": 400, "times": refusals}));
        let found = client(&emulator).endpoints().await.unwrap();
        assert_eq!(found.login(), Some(emulator.cloud()), "{shape}");
        assert_eq!(found.graph(), Some(format!("{}/graph/", emulator.cloud()).as_str()), "{shape}");
        let versions: Vec<String> = pages(&emulator).into_iter().map(|r| r.query["api-version"][0].clone()).collect();
        assert_eq!(versions, ["2022-09-01", "2019-05-01", "2015-01-01"][..=refusals], "{shape}");
    }
}

#[tokio::test]
async fn short_names_mean_its_own_services() {
    let emulator = emulator();
    assert_eq!(asked(&emulator, "keyvault").await.unwrap(), "https://vault.emulated.test");
    assert_eq!(asked(&emulator, "sql").await.unwrap(), "https://database.emulated.test/");
    assert_eq!(asked(&emulator, "graph").await.unwrap(), format!("{}/graph/", emulator.cloud()));
    let count = pages(&emulator).len();
    // What needs no page asks for none.
    assert_eq!(asked(&emulator, "arm").await.unwrap(), format!("{}/", emulator.cloud()));
    assert_eq!(asked(&emulator, "https://vault.azure.net").await.unwrap(), "https://vault.azure.net");
    assert_eq!(asked(&emulator, "storage").await.unwrap(), "https://storage.azure.com/");
    assert_eq!((count, pages(&emulator).len()), (3, 3), "one for each of three credentials");
    // One credential reads it once, and its token comes from the cache the second time.
    let (credential, scope) = (credential(&emulator), Scope::parse("graph").unwrap());
    credential.get_token(&scope).await.unwrap();
    assert!(credential.get_token(&scope).await.unwrap().from_cache());
    credential.get_token(&Scope::parse("keyvault").unwrap()).await.unwrap();
    assert_eq!(pages(&emulator).len(), 4);
}

#[tokio::test]
async fn a_known_clouds_audience_is_refused_and_no_token_is_asked_for() {
    for (name, member) in [
        ("graph", json!({"microsoftGraphResourceId": "https://graph.microsoft.com/"})),
        ("keyvault", json!({"suffixes": {"keyVaultDns": ".vault.azure.net"}})),
        ("sql", json!({"suffixes": {"sqlServerHostname": "database.usgovcloudapi.net"}})),
    ] {
        let emulator = emulator();
        page(&emulator, json!({"status": 200, "body": member}));
        let error = asked(&emulator, name).await.unwrap_err();
        assert_eq!((error.kind(), error.id()), (ErrorKind::InvalidArgument, "cloud.audience_refused"), "{name}");
        assert!(error.hint().unwrap().contains("name the cloud Azure"), "{error:?}");
        assert!(token_requests(&emulator).is_empty(), "{name}");
        assert_eq!(client(&emulator).endpoints().await.unwrap_err().id(), "cloud.audience_refused");
    }
    let builder = |cloud: Cloud| ArmClient::builder(StaticToken::new(AccessToken::new("t".into(), LATE))).cloud(cloud);
    let private = Cloud::parse("https://arm.private.test").unwrap();
    let error = builder(private).audience("https://management.azure.com/").build().unwrap_err();
    assert_eq!((error.kind(), error.id()), (ErrorKind::InvalidArgument, "cloud.audience_refused"));
    assert!(error.message().contains("AzureCloud") && error.hint().unwrap().contains("AzureCloud"), "{error:?}");
}

#[tokio::test]
async fn the_audience_is_its_own_origin_or_the_callers_and_never_the_pages() {
    let emulator = emulator();
    page(&emulator, json!({"status": 200, "body": {"authentication": {"audiences": ["https://claimed.test/"]}}}));
    let arm = || {
        let builder = ArmClient::builder(credential(&emulator)).cloud(cloud(&emulator));
        builder.ca_file(emulator.ca_file()).env(Env::fixed([]))
    };
    let own = arm().build().unwrap();
    own.endpoints().await.unwrap();
    own.get("/subscriptions", "2022-12-01").await.unwrap();
    assert_eq!(token_requests(&emulator)[0].query["resource"], [format!("{}/", emulator.cloud())]);
    // The emulator does not take a stranger's audience: what matters is that it was asked for.
    let named = arm().audience("api://stack").build().unwrap();
    let error = named.get("/subscriptions", "2022-12-01").await.unwrap_err();
    assert_eq!(error.id(), "arm.unauthorized");
    assert!(error.hint().unwrap().contains("audience"), "{error:?}");
    assert_eq!(token_requests(&emulator).last().unwrap().query["resource"], ["api://stack"]);
    assert_eq!(named.cloud().arm_audience(), "api://stack");
}

#[tokio::test]
async fn a_page_that_cannot_be_had() {
    let emulator = emulator();
    for (answer, words) in [
        (json!({"status": 403}), "status 403"),
        (json!({"status": 500}), "status 500"),
        (json!({"status": 302, "redirect": "https://elsewhere.test/"}), "status 302"),
        (json!({"drop": "before"}), "can't be read"),
        (json!({"status": 200, "body": "<html>"}), "not JSON"),
        (json!({"status": 200, "body": []}), "does not name this one"),
    ] {
        emulator.reset();
        page(&emulator, answer.clone());
        let error = client(&emulator).endpoints().await.unwrap_err();
        assert_eq!(error.id(), "cloud.endpoints", "{answer}: {error:?}");
        assert!(error.message().contains(words) && error.hint().is_some(), "{answer}: {error:?}");
    }
    // It passes: the page is read.
    emulator.reset();
    page(&emulator, json!({"status": 503, "times": 2}));
    assert!(client(&emulator).endpoints().await.is_ok());
    // Without the roots of trust.
    let untrusted = builder(&emulator).cloud(cloud(&emulator)).timeout(Duration::from_secs(5)).build().unwrap();
    let error = untrusted.get_token(&Scope::parse("keyvault").unwrap()).await.unwrap_err();
    assert_eq!(error.id(), "cloud.endpoints");
    assert!(error.hint().unwrap().contains("ca_file"), "{error:?}");
    assert!(token_requests(&emulator).is_empty());
    // A service that the cloud has not.
    page(&emulator, json!({"status": 200, "body": {"name": "bare"}}));
    let error = asked(&emulator, "keyvault").await.unwrap_err();
    assert_eq!((error.kind(), error.id()), (ErrorKind::InvalidArgument, "cloud.no_service"));
}
