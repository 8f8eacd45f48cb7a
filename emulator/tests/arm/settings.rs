use midentity_emulator::{Lro, Settings};
use serde_json::{Value, json};

use crate::azure::{Azure, group};

#[test]
fn set_read_and_reset() {
    let azure = Azure::new();
    azure.emulator.reset();
    let defaults = azure.control("GET", "settings", &Value::Null).ok(200);
    assert_eq!(defaults, serde_json::to_value(Settings::default()).unwrap());
    assert_eq!(defaults["lro"], json!({"seconds": 0.2, "retry_after": 1, "fail": null}));
    let wanted = json!({"lro": {"seconds": 5, "retry_after": null}, "replication_delay_seconds": 40});
    azure.control("PUT", "settings", &wanted).ok(204);
    let settings = azure.emulator.settings();
    assert_eq!(settings.lro, Lro { seconds: 5.0, retry_after: None, fail: None });
    assert_eq!((settings.replication_delay_seconds, settings.page_size), (40.0, 1000));
    let bad = azure.control("PUT", "settings", &json!({"lro": {"secs": 1}}));
    assert_eq!(bad.status, 400);
    assert!(bad.text.contains("secs"), "{}", bad.text);
    azure.emulator.reset();
    assert_eq!(azure.emulator.settings(), Settings::default());
}

#[test]
fn tokens_are_issued_for_anybody() {
    let azure = Azure::new();
    let issue = |body: Value| azure.control("POST", "tokens/issue", &body);
    let answer = issue(json!({"principal": "admin"})).ok(200);
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(token, azure.token("admin"), "the cached one");
    let claims = claims(token);
    assert_eq!(
        (&claims["aud"], &claims["upn"], &claims["idtyp"]),
        (&json!("https://management.azure.com/"), &json!("admin@one"), &json!("user"))
    );
    assert_eq!(claims["emulated"], true);
    assert!(claims.get("xms_mirid").is_none());
    for (principal, end) in [("id1", "/id1"), ("rg1/both", "/both"), ("RG1/ID2", "/id2")] {
        let token = issue(json!({"principal": principal, "resource": "https://vault.azure.net"})).ok(200);
        let claims = self::claims(token["access_token"].as_str().unwrap());
        assert!(claims["xms_mirid"].as_str().unwrap().ends_with(end), "{claims}");
        assert_eq!(claims["aud"], "https://vault.azure.net");
    }
    let id = azure.principal_of("id3");
    assert_eq!(self::claims(&azure.token(&id))["oid"], json!(id));
    for (body, words) in [
        (json!({"principal": "nothing"}), "no principal 'nothing'"),
        (json!({"principal": "admins"}), "is a group"),
        (json!({"who": "admin"}), "who"),
        (json!({"principal": "plain"}), "no principal"),
    ] {
        let refused = issue(body);
        assert_eq!(refused.status, 400);
        assert!(refused.text.contains(words), "{}", refused.text);
    }
    assert!(azure.emulator.issue_token("nothing", "x").unwrap_err().to_string().contains("nothing"));
}

fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[test]
fn every_state_has_an_administrator() {
    let azure = Azure::of("schema: 1\nsubscriptions: [{name: s, id: 8d1c0c5e-6a3b-4f0e-9d0a-3f6c5d1b2a40}]\n");
    let made = azure.call("admin", "PUT", &group("rg1"), json!({"location": "eastus"}));
    assert_eq!(made.status, 201, "{}", made.text);
    let without = Azure::of("schema: 1\nprincipals: []\n");
    assert!(without.emulator.issue_token("admin", "https://management.azure.com/").is_err());
}
