//! What Resource Manager's client sends, tries again, renews and refuses.

use std::time::Duration;

use midentity::{ErrorKind, arm::ArmClient};
use serde_json::{Value, json};

use crate::azure::{Azure, Login, group, identity};
use crate::log::Log;

const VERSION: &str = "2024-11-30";

fn tag(value: &str) -> Value {
    json!({"tags": {"k": value}})
}

async fn read(client: &ArmClient) -> midentity::Result<midentity::arm::ArmResponse> {
    client.get(&identity("id1"), VERSION).await
}

#[tokio::test]
async fn every_method_goes_out_with_its_body() {
    let azure = Azure::new();
    let client = azure.admin();
    let made = client.request("put", &identity("new"), VERSION, Some(&json!({"location": "eastus"}))).await.unwrap();
    assert_eq!((made.status(), &made.body()["name"]), (201, &json!("new")));
    let patched = client.request("PATCH", &identity("new"), VERSION, Some(&tag("ü\n"))).await.unwrap();
    assert_eq!(patched.body()["tags"], json!({"k": "ü\n"}));
    assert_eq!(client.request("HEAD", &group("rg1"), VERSION, None).await.unwrap().status(), 204);
    let listed = format!("{}/listAssociatedResources", identity("id1"));
    let listed = client.request("POST", &listed, "2022-01-31-preview", None).await.unwrap();
    assert_eq!(listed.body()["totalCount"], 3);
    let gone = client.request("DELETE", &identity("new"), VERSION, None).await.unwrap();
    assert_eq!((gone.status(), gone.body()), (200, &Value::Null));
    let sent = azure.sent();
    let methods: Vec<&str> = sent.iter().map(|r| r.method.as_str()).collect();
    assert_eq!(methods, ["PUT", "PATCH", "HEAD", "POST", "DELETE"]);
    assert_eq!(sent[0].body, Some(json!({"location": "eastus"})));
    assert_eq!(sent[0].headers["content-type"], "application/json");
    assert_eq!(sent[3].headers["content-length"], "0");
    assert!(sent.iter().all(|r| r.headers["accept"] == "application/json"));
}

#[tokio::test]
async fn one_client_is_one_correlation_and_each_try_its_own_request() {
    let azure = Azure::new();
    azure.fault(json!({}), json!({"status": 503, "times": 1}));
    let client = azure.admin();
    read(&client).await.unwrap();
    read(&azure.admin()).await.unwrap();
    let sent = azure.sent();
    let of = |name: &str| -> Vec<&str> { sent.iter().map(|r| r.headers[name].as_str()).collect() };
    let correlations = of("x-ms-correlation-request-id");
    assert!(correlations[0] == correlations[1] && correlations[1] != correlations[2], "{correlations:?}");
    let mut requests = of("x-ms-client-request-id");
    requests.sort_unstable();
    requests.dedup();
    assert_eq!(requests.len(), 3);
}

#[tokio::test]
async fn a_throttled_patch_is_sent_again_and_waits_as_told() {
    let azure = Azure::new();
    let throttled = json!({"status": 429, "times": 2, "headers": {"retry-after": "13"}});
    azure.fault(json!({"method": "PATCH"}), throttled);
    let client = azure.admin();
    client.request("PATCH", &identity("id1"), VERSION, Some(&tag("1"))).await.unwrap();
    assert_eq!(azure.clock.waits(), [Duration::from_secs(13); 2]);
    let sent = azure.sent();
    assert_eq!(sent.len(), 3);
    assert!(sent.iter().all(|r| r.body == Some(tag("1"))), "the body goes with each try");
    // A wait that is longer than the call may take is not begun.
    azure.fault(json!({"method": "PATCH"}), json!({"status": 429, "headers": {"retry-after": "1000"}}));
    let error = client.request("PATCH", &identity("id1"), VERSION, Some(&tag("2"))).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Throttled, Some(Duration::from_secs(1000))));
    assert_eq!((azure.sent().len(), azure.clock.waits().len()), (1, 2));
}

#[tokio::test]
async fn only_what_changes_nothing_twice_is_sent_again_after_a_failure() {
    for status in [500, 502, 503, 504] {
        for (method, tries) in [("GET", 2), ("PUT", 2), ("DELETE", 2), ("PATCH", 1), ("POST", 1)] {
            let azure = Azure::new();
            azure.fault(json!({"method": method}), json!({"status": status, "times": 1}));
            let path = match method {
                "POST" => format!("{}/listAssociatedResources", identity("id1")),
                "DELETE" => identity("id3"),
                _ => identity("id1"),
            };
            let body = json!({"location": "eastus"});
            let body = matches!(method, "PUT" | "PATCH").then_some(&body);
            let result = azure.admin().request(method, &path, VERSION, body).await;
            assert_eq!(azure.sent().len(), tries, "{method} {status}");
            assert_eq!(result.is_ok(), tries == 2, "{method} {status}");
            if let Err(error) = result {
                assert_eq!((error.id(), error.attempts()), ("arm.service", 1), "{method} {status}");
            }
        }
    }
}

#[tokio::test]
async fn a_broken_connection_is_no_reason_to_change_twice() {
    for (method, tries) in [("PUT", 2), ("PATCH", 1), ("POST", 1)] {
        let azure = Azure::new();
        azure.fault(json!({"method": method}), json!({"drop": "headers"}));
        let error = azure.admin().request(method, &identity("id1"), VERSION, Some(&tag("1"))).await.unwrap_err();
        assert_eq!((error.id(), error.attempts() as usize), ("arm.transport", tries), "{method}");
        assert_eq!(azure.sent().len(), tries, "{method}");
    }
}

#[tokio::test]
async fn a_401_takes_one_fresh_token_and_no_more() {
    let azure = Azure::new();
    let login = Login::first(&azure, &["stale"]);
    let client = azure.client_of(login.clone()).build().unwrap();
    assert_eq!(read(&client).await.unwrap().body()["name"], "id1");
    let asked = login.asked();
    assert_eq!(asked.len(), 2);
    assert!(asked[0].contains("force_refresh: false") && asked[1].contains("force_refresh: true"), "{asked:?}");
    assert!(asked[0].contains(azure.emulator.cloud()), "the cloud's own audience: {asked:?}");

    let login = Login::first(&azure, &["stale", "stale as well", "never asked for"]);
    let error = read(&azure.client_of(login.clone()).build().unwrap()).await.unwrap_err();
    assert_eq!((error.id(), error.attempts()), ("arm.unauthorized", 2));
    assert_eq!(error.service_code(), Some("InvalidAuthenticationToken"));
    assert_eq!(login.asked().len(), 2);
    let statuses: Vec<_> = azure.sent().iter().map(|r| r.status.unwrap()).collect();
    assert_eq!(statuses, [401, 200, 401, 401]);
}

#[tokio::test]
async fn after_the_fresh_token_other_failures_ask_for_no_further_one() {
    let azure = Azure::new();
    let login = Login::first(&azure, &["stale"]);
    azure.fault(json!({}), json!({"status": 500, "skip": 1, "times": 2}));
    read(&azure.client_of(login.clone()).build().unwrap()).await.unwrap();
    assert_eq!(azure.sent().len(), 4);
    let forced = login.asked().iter().filter(|a| a.contains("force_refresh: true")).count();
    assert_eq!(forced, 1, "{:?}", login.asked());
}

#[tokio::test]
async fn a_claims_challenge_is_answered_once_with_its_claims() {
    // The same claims in both alphabets, with padding and without.
    let claims = r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651?>"}}}"#;
    let plain = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, claims);
    let url_safe = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims);
    for text in [plain, url_safe] {
        let azure = Azure::new();
        let challenge = format!(
            "Bearer realm=\"\", authorization_uri=\"https://login.windows.net/common\", error=\"insufficient_claims\", claims=\"{text}\""
        );
        let answer = json!({"status": 401, "headers": {"www-authenticate": challenge}});
        azure.fault(json!({}), answer);
        let login = Login::first(&azure, &[]);
        let error = read(&azure.client_of(login.clone()).build().unwrap()).await.unwrap_err();
        assert_eq!((error.id(), error.attempts()), ("arm.unauthorized", 2));
        let asked = login.asked();
        assert_eq!((asked.len(), azure.sent().len()), (2, 2));
        assert!(asked[0].contains("claims: None"), "{asked:?}");
        assert!(asked[1].contains("essential") && asked[1].contains("1604106651?>"), "{asked:?}");
    }
    // Claims that can't be read: a fresh token is all that can be done.
    let azure = Azure::new();
    let answer = json!({"status": 401, "times": 1, "headers": {"www-authenticate": "Bearer claims=\"%%\""}});
    azure.fault(json!({}), answer);
    let login = Login::first(&azure, &[]);
    read(&azure.client_of(login.clone()).build().unwrap()).await.unwrap();
    assert!(login.asked()[1].contains("force_refresh: true"));
}

#[tokio::test]
async fn the_budget_is_the_smallest_that_is_named() {
    let azure = Azure::new();
    assert_eq!(read(&azure.admin()).await.unwrap().remaining_requests(), Some(249));
    for (headers, left) in [
        (json!({"x-ms-ratelimit-remaining-resource": "Microsoft.Compute/A;1499,Microsoft.Compute/B;11"}), Some(11)),
        (
            json!({
                "x-ms-ratelimit-remaining-subscription-reads": "199",
                "x-ms-ratelimit-remaining-subscription-global-reads": "3749",
            }),
            Some(199),
        ),
        (json!({"x-ms-ratelimit-remaining-tenant-reads": "many"}), None),
        (json!({"x-ms-ratelimit-remaining-resource": "Odd; 7 ,;"}), Some(7)),
        (json!({}), None),
    ] {
        azure.emulator.clear_faults();
        azure.fault(json!({}), json!({"status": 200, "body": {}, "headers": headers}));
        assert_eq!(read(&azure.admin()).await.unwrap().remaining_requests(), left, "{headers}");
    }
}

#[tokio::test]
async fn requests_slow_down_before_the_service_says_no() {
    let azure = Azure::new();
    let client = azure.admin();
    let told = |left: &str| {
        azure.emulator.clear_faults();
        let headers = json!({"x-ms-ratelimit-remaining-subscription-reads": left});
        azure.fault(json!({}), json!({"status": 200, "body": {}, "headers": headers}));
    };
    for (left, wait) in
        [("200", None), ("8", None), ("0", Some(80)), ("0", Some(400)), ("200", Some(400)), ("200", None)]
    {
        told(left);
        let before = azure.clock.waits().len();
        read(&client).await.unwrap();
        let waited = azure.clock.waits().get(before..).unwrap_or_default().to_vec();
        assert_eq!(waited, wait.map(Duration::from_millis).into_iter().collect::<Vec<_>>(), "then {left}");
    }
    // Not longer than the call has time: then the service's own word counts.
    told("0");
    read(&client).await.unwrap();
    azure.emulator.clear_faults();
    let before = azure.clock.waits().len();
    let hurried = azure.client_of(Login::first(&azure, &[])).timeout(Duration::from_millis(300)).build().unwrap();
    told("0");
    read(&hurried).await.unwrap();
    read(&hurried).await.unwrap();
    assert_eq!(azure.clock.waits().len(), before);
}

#[tokio::test]
async fn a_429_says_how_long_and_is_waited_for() {
    let azure = Azure::new();
    let reads = midentity_emulator::Rate { burst: 1, per_second: 0.1 };
    azure.emulator.set_rate_limits(midentity_emulator::RateLimits { reads, ..Default::default() });
    let client = azure.admin();
    read(&client).await.unwrap();
    // The emulator's clock is the real one: waiting by ours does not fill its bucket.
    let error = read(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.id(), error.attempts()), (ErrorKind::Throttled, "arm.throttled", 4));
    assert_eq!(error.service_code(), Some("SubscriptionRequestsThrottled"));
    assert!(error.retry_after().is_some_and(|after| after <= Duration::from_secs(10)), "{error:?}");
    azure.emulator.set_clock_offset(60);
    read(&client).await.unwrap();
}

#[tokio::test]
async fn errors_in_every_spelling() {
    for (status, body, code, words) in [
        (400, json!({"error": {"code": "Bad", "message": "why"}}), Some("Bad"), "Bad: why"),
        (400, json!({"code": "Bad", "message": "why"}), Some("Bad"), "Bad: why"),
        (400, json!({"Code": "Bad", "Message": "why"}), Some("Bad"), "Bad: why"),
        (400, json!({"error": {"Code": "Bad", "Message": "why"}}), Some("Bad"), "Bad: why"),
        (400, json!({"Message": "why"}), None, "why"),
        (400, json!("<html>gateway</html>"), None, "<html>gateway</html>"),
        (409, json!("\u{feff}{\"error\": {\"code\": \"Bad\", \"message\": \"why\"}}"), Some("Bad"), "Bad: why"),
        (
            404,
            json!({"error": {"code": "Bad", "message": "see below", "details": [{"code": "Inner", "message": "that"}]}}),
            Some("Bad"),
            "see below (Inner: that)",
        ),
        (
            400,
            json!({"error": {"code": "Same", "message": "m", "details": [{"code": "Same", "message": "m"}]}}),
            Some("Same"),
            "Same: m",
        ),
        (400, json!([1]), None, "says no reason"),
        (400, json!({"error": null}), None, "says no reason"),
        (400, json!(""), None, "says no reason"),
        (418, json!({"error": "a word"}), None, "says no reason"),
    ] {
        let azure = Azure::new();
        azure.fault(json!({}), json!({"status": status, "body": body, "headers": {"x-ms-request-id": "r-1"}}));
        let error = read(&azure.admin()).await.unwrap_err();
        assert_eq!((error.http_status(), error.service_code()), (Some(status), code), "{body}");
        assert!(error.message().contains(words), "{body}: {error}");
        assert_eq!(error.request_id(), Some("r-1"), "{body}");
        assert!(error.hint().is_some_and(|h| !h.is_empty()), "{body}");
    }
}

#[tokio::test]
async fn a_byte_order_mark_is_no_part_of_the_json() {
    let azure = Azure::new();
    azure.fault(json!({}), json!({"status": 200, "body": "\u{feff}{\"name\": \"x\"}"}));
    assert_eq!(read(&azure.admin()).await.unwrap().body()["name"], "x");
    let mut pages = azure.admin().subscriptions().list().unwrap();
    azure.emulator.clear_faults();
    azure.fault(json!({}), json!({"status": 200, "body": "\u{feff}{\"value\": []}"}));
    assert_eq!(pages.next_page().await.unwrap().unwrap().len(), 0);
}

#[tokio::test]
async fn nothing_secret_is_logged_or_told() {
    let azure = Azure::new();
    let (log, _guard) = Log::start();
    let token = azure.token("admin");
    let client = azure.admin();
    azure.fault(json!({}), json!({"status": 500, "times": 1}));
    read(&client).await.unwrap();
    azure.machine("plain").add(["[system]"]).await.unwrap().wait().await.unwrap();
    azure.emulator.clear_faults();
    azure.fault(json!({}), json!({"drop": "headers"}));
    let error = read(&client).await.unwrap_err();
    let all = format!("{}{client:?}{error:?}{error}", log.text());
    let signature = token.rsplit('.').next().unwrap();
    assert!(!log.text().is_empty() && !all.contains(&token) && !all.contains(signature), "{all}");
    assert!(!all.contains("&s=") && !all.contains("&c="), "signed addresses are not logged: {all}");
}
