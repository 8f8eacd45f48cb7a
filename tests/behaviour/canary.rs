//! A token that can be recognised goes down every path; no message, debug output or log may show any of it.

use std::error::Error as _;
use std::fmt::Write as _;
use std::time::Duration;

use midentity::arm::ArmClient;
use midentity::{AccessToken, Cloud, Error, Identity, Scope, StaticToken, TokenCache, TokenOptions};
use serde_json::{Value, json};

use crate::log::Log;
use crate::server::{builder, emulator, scope};

// {"alg":"none"} and {"canary":"claim-canary","xms_mirid":"x"}, and words for a signature.
const TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJjYW5hcnkiOiJjbGFpbS1jYW5hcnkiLCJ4bXNfbWlyaWQiOiJ4In0.CANARY-SIGNATURE";
const OPAQUE: &str = "CANARY-opaque-0123456789";
const TRACES: [&str; 5] = ["CANARY", "eyJhbGci", "eyJjYW5h", "claim-canary", "FuYXJ5"];

fn search(text: &str) {
    for trace in TRACES {
        assert!(!text.contains(trace), "{trace} of the token shows in:\n{text}");
    }
}

/// Everything that can be printed of an error, its causes too.
fn printed(error: &Error) -> String {
    let mut text = format!("{error}\n{error:?}\n{error:#?}\n{:?}\n", error.hint());
    let mut cause = error.source();
    while let Some(inner) = cause {
        let _ = writeln!(text, "{inner}\n{inner:?}");
        cause = inner.source();
    }
    text
}

fn faults() -> Vec<Value> {
    let mut all = Vec::new();
    for token in [TOKEN, OPAQUE] {
        let answer = json!({"access_token": token, "expires_in": "3600", "token_type": "Bearer"});
        let whole = answer.to_string();
        let with = |name: &str, value: Value| {
            let mut changed = answer.clone();
            changed[name] = value;
            changed
        };
        let only = json!({"access_token": token});
        all.extend([
            json!({"status": 200, "body": answer}),
            json!({"status": 200, "body": answer, "drop": "body"}),
            json!({"status": 200, "body": answer, "truncate": whole.len() - 3}),
            json!({"status": 200, "body": answer, "drip": 200}),
            json!({"status": 200, "body": only}),
            json!({"status": 200, "body": with("expires_in", json!(token))}),
            json!({"status": 200, "body": with("expires_in", json!(0))}),
            json!({"status": 200, "body": with("resource", json!("https://other.test"))}),
            json!({"status": 200, "body": with("client_id", json!("other"))}),
            json!({"status": 200, "body": with("access_token", json!({"nested": token}))}),
            json!({"status": 200, "body": format!("{whole} and more"), "content_type": "application/json"}),
            json!({"status": 200, "body": whole[..whole.len() - 2], "content_type": "application/json"}),
            json!({"status": 200, "body": format!("<html>{whole}</html>"), "content_type": "text/html"}),
        ]);
        for status in [302, 400, 401, 403, 404, 410, 418, 429, 500, 502, 504] {
            all.extend([
                json!({"status": status, "body": answer}),
                json!({"status": status, "body": {"error": "e", "error_description": format!("Bearer {token} is bad")}}),
                json!({"status": status, "body": format!("Authorization: Bearer {token}"), "content_type": "text/plain"}),
                json!({"status": status, "body": format!("access_token={token}&x=y"), "content_type": "text/plain"}),
                json!({"status": status, "body": {"error": {"code": "c", "message": format!("{{\"access_token\": \"{token}\"}}")}}}),
            ]);
        }
    }
    all
}

#[tokio::test]
async fn no_trace_of_a_token_in_what_the_token_path_prints() {
    let emulator = emulator();
    let (log, _guard) = Log::start();
    for fault in faults() {
        emulator.clear_faults();
        emulator.add_fault_json(&fault.to_string()).unwrap();
        for identity in [Identity::Default, Identity::SystemAssigned, Identity::ClientId("id".into())] {
            let cache = TokenCache::new();
            let credential = builder(&emulator)
                .identity(identity)
                .cache(cache.clone())
                .retries(0)
                .timeout(Duration::from_millis(400))
                .build()
                .unwrap();
            match credential.get_token(&scope()).await {
                Err(error) => search(&printed(&error)),
                Ok(token) => {
                    assert!([TOKEN, OPAQUE].contains(&token.secret().expose()));
                    search(&format!("{token:?} {token:#?} {:?} {:?}", token.secret(), token.claims()));
                }
            }
            search(&format!("{credential:?} {credential:#?} {cache:?}"));
            if fault.get("drip").is_some() {
                // Slow: once is enough.
                break;
            }
        }
    }
    let text = log.text();
    assert!(text.lines().count() > 100, "the log took nothing down");
    search(&text);
}

#[tokio::test]
async fn no_trace_of_a_token_in_what_resource_managers_client_prints() {
    let emulator = emulator();
    let (log, _guard) = Log::start();
    let provider = StaticToken::new(AccessToken::new(TOKEN.into(), 4_102_444_800));
    let client = || {
        ArmClient::builder(provider.clone())
            .cloud(Cloud::parse(emulator.cloud()).unwrap())
            .ca_file(emulator.ca_file())
            .timeout(Duration::from_secs(2))
            .build()
            .unwrap()
    };
    search(&format!("{provider:?} {:?}", client()));
    // The genuine refusal first, then what a bad gateway could answer.
    let mut faults = vec![json!({"match": {"door": "login"}, "status": 500})];
    for status in [301, 400, 401, 403, 404, 409, 429, 500] {
        for body in [
            json!({"error": {"code": "c", "message": format!("token Bearer {TOKEN} refused")}}),
            json!(format!("Authorization: Bearer {TOKEN}")),
        ] {
            let headers = json!({"retry-after": "0.01", "location": format!("https://elsewhere.test/{TOKEN}")});
            faults.push(json!({"match": {"door": "arm"}, "status": status, "body": body, "headers": headers}));
        }
    }
    faults.push(json!({"match": {"door": "arm"}, "drop": "before"}));
    faults.push(json!({"match": {"door": "arm"}, "status": 200, "body": format!("{{\"access_token\": \"{TOKEN}\"")}));
    for fault in faults {
        emulator.clear_faults();
        emulator.add_fault_json(&fault.to_string()).unwrap();
        let error = client().get("/subscriptions", "2022-12-01").await.unwrap_err();
        search(&printed(&error));
    }
    let bad_header = StaticToken::new(AccessToken::new(format!("{TOKEN}\n"), 4_102_444_800));
    let client = ArmClient::builder(bad_header).cloud(Cloud::parse(emulator.cloud()).unwrap()).build().unwrap();
    search(&printed(&client.get("/subscriptions", "2022-12-01").await.unwrap_err()));
    search(&log.text());
}

#[test]
fn no_trace_of_a_token_in_options() {
    let claims = TokenOptions::new().claims(r#"{"access_token":{"nbf":{"value":"1"}}}"#);
    assert!(!format!("{claims:?}").contains("CANARY"));
    search(&format!("{:?}", Scope::parse("arm").unwrap()));
}
