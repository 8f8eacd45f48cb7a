use midentity_emulator::{Door, ExpiresAs, TokenForm, TokenOptions};
use serde_json::{Value, json};

use crate::client::{TOKEN, claims, control, emulator, get, https, send, token};

#[test]
fn only_with_the_header_and_never_from_a_page() {
    let emulator = emulator();
    for headers in [
        &[][..],
        &[("Midentity-Emulator", "yes")],
        &[("Midentity-Emulator", "true"), ("Origin", "http://127.0.0.1")],
        &[("Midentity-Emulator", "true"), ("Origin", "null")],
    ] {
        for (method, path) in
            [("GET", "state"), ("POST", "reset"), ("GET", "requests"), ("OPTIONS", "faults"), ("GET", "x")]
        {
            let answer = send(emulator.control_endpoint(), method, &format!("/_emulator/{path}"), headers, "");
            assert_eq!(answer.status, 403, "{method} {path}");
            assert!(answer.header("access-control-allow-origin").is_none());
        }
    }
    assert_eq!(https(&emulator, "/_emulator/state?api-version=2021-04-01", &[("Midentity-Emulator", "true")]).0, 401);
}

#[test]
fn wrong_control_requests_say_what_is_right() {
    let emulator = emulator();
    let answer = control(&emulator, "GET", "stat", "");
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("known: state, reset"), "{}", answer.text());
    let answer = control(&emulator, "POST", "state", "");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, PUT")));
    for (method, path, body, words) in [
        ("PUT", "state", "schema: 1\nx: 2\n", "line 2"),
        ("PUT", "clock", r#"{"offset": 5}"#, "offset"),
        ("PUT", "clock", "", "EOF"),
        ("PUT", "tokens", r#"{"form": "paper"}"#, "paper"),
        ("PUT", "tokens", r#"{"lifetime": 5}"#, "lifetime"),
        ("POST", "faults", r#"{"stauts": 500}"#, "stauts"),
        ("GET", "requests?door=back", "", "back"),
    ] {
        let answer = control(&emulator, method, path, body);
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.json()["error"].as_str().unwrap().contains(words), "{path}: {}", answer.text());
    }
    assert_eq!(get(&emulator, TOKEN).status, 200, "a refused state leaves the old one in place");
}

#[test]
fn the_log_shows_everything_but_secrets() {
    let emulator = emulator();
    let canary = "c4n4ry-value";
    let headers = [("Metadata", "true"), ("Authorization", canary), ("Secret", canary), ("X-Identity-Header", canary)];
    send(emulator.imds_endpoint(), "GET", &format!("{TOKEN}&client_id=x%20y"), &headers, "");
    send(emulator.imds_endpoint(), "GET", TOKEN, &[], "");
    let bearer = format!("Bearer {}", token(&emulator, ""));
    https(&emulator, "/subscriptions?api-version=2022-12-01&access_token=c4n4ry-value", &[("authorization", &bearer)]);
    let log = emulator.requests();
    let text = serde_json::to_string(&log).unwrap();
    assert!(!text.contains(canary) && !text.contains(&bearer[7..]), "{text}");
    assert_eq!(
        log.iter().map(|r| (r.n, r.door, r.status)).collect::<Vec<_>>(),
        [(1, Door::Imds, Some(400)), (2, Door::Imds, Some(400)), (3, Door::Imds, Some(200)), (4, Door::Arm, Some(200)),]
    );
    assert_eq!(log[0].method, "GET");
    assert_eq!(log[0].path, "/metadata/identity/oauth2/token");
    assert_eq!(log[0].query["client_id"], ["x y"]);
    assert_eq!(log[0].headers["metadata"], "true");
    assert_eq!(log[0].headers["authorization"], "(redacted)");
    assert!(log[0].at_ms > 1_600_000_000_000);
    assert_ne!(log[0].connection, log[1].connection);
    let over_http = control(&emulator, "GET", "requests", "").json();
    assert_eq!(over_http["requests"], serde_json::to_value(&log).unwrap(), "control requests are not in it");
    assert_eq!(over_http["total"], 4);
    let arm = control(&emulator, "GET", "requests?door=arm", "").json();
    assert_eq!(arm["requests"].as_array().unwrap().len(), 1);
    assert_eq!(control(&emulator, "DELETE", "requests", "").status, 204);
    assert_eq!((emulator.requests().len(), emulator.request_count()), (0, 0));
}

#[test]
fn state_out_and_in_again_is_the_same() {
    let emulator = emulator();
    let before = control(&emulator, "GET", "state", "");
    assert_eq!(before.json(), emulator.state());
    assert_eq!(control(&emulator, "PUT", "state", before.text()).status, 204);
    assert_eq!(emulator.state(), before.json());
    assert_eq!(control(&emulator, "GET", "facts", "").json(), serde_json::to_value(emulator.facts()).unwrap());
    let other = "schema: 1\nsubscriptions: [{resource_groups: [{name: g, user_identities: [{name: abc}], vms: [{name: m, user_identities: [abc]}]}]}]\n";
    assert_eq!(control(&emulator, "PUT", "state", other).status, 204);
    assert_eq!(emulator.facts().vm, "m");
    assert!(claims(&token(&emulator, ""))["xms_mirid"].as_str().unwrap().ends_with("/userAssignedIdentities/abc"));
    assert_eq!(control(&emulator, "POST", "reset", "").status, 204);
    assert_eq!(emulator.state(), before.json());
}

#[test]
fn reset_undoes_everything() {
    let emulator = emulator();
    let before = token(&emulator, "");
    control(&emulator, "PUT", "clock", r#"{"offset_seconds": 100}"#);
    control(&emulator, "PUT", "tokens", r#"{"form": "opaque", "lifetime_seconds": 60}"#);
    control(&emulator, "POST", "faults", r#"{"status": 500}"#);
    assert_eq!(get(&emulator, TOKEN).status, 500);
    emulator.reset();
    assert_eq!(emulator.requests().len(), 0);
    assert_eq!(control(&emulator, "GET", "faults", "").json(), json!({"faults": []}));
    assert_eq!(control(&emulator, "GET", "clock", "").json()["offset_seconds"], 0);
    assert_eq!(control(&emulator, "GET", "tokens", "").json(), serde_json::to_value(TokenOptions::default()).unwrap());
    assert_ne!(token(&emulator, ""), before, "the token cache is empty");
}

#[test]
fn the_clock_moves_every_time() {
    let emulator = emulator();
    let now = claims(&token(&emulator, ""))["exp"].as_i64().unwrap();
    assert_eq!(control(&emulator, "PUT", "clock", r#"{"offset_seconds": 200000}"#).status, 204);
    let answer = get(&emulator, TOKEN).json();
    let later = claims(answer["access_token"].as_str().unwrap());
    assert!((199_999..200_010).contains(&(later["exp"].as_i64().unwrap() - now)));
    assert_eq!(answer["expires_on"].as_str().unwrap(), later["exp"].to_string());
    emulator.set_clock_offset(-200_000);
    assert!(claims(&token(&emulator, ""))["exp"].as_i64().unwrap() < now);
}

#[test]
fn tokens_come_out_as_asked() {
    let emulator = emulator();
    let with = |options: Value| {
        assert_eq!(control(&emulator, "PUT", "tokens", &options.to_string()).status, 204);
        get(&emulator, TOKEN).json()
    };
    let answer = with(json!({"lifetime_seconds": 60}));
    assert_eq!(answer["expires_in"], "60");
    for (form, parts) in
        [("opaque", 1), ("encrypted", 5), ("guid_audience", 3), ("claims-less", 3), ("claims_less", 3), ("jwt", 3)]
    {
        let token = with(json!({"form": form}))["access_token"].as_str().unwrap().to_owned();
        assert_eq!(token.split('.').count(), parts, "{form}");
        if parts == 3 {
            let claims = claims(&token);
            assert_eq!(claims["aud"].as_str().unwrap().len() == 36, form == "guid_audience");
            assert_eq!(claims.get("oid").is_none(), form.starts_with("claims"));
            assert_eq!(claims["emulated"], true);
        }
    }
    let answer = with(json!({"echo": false}));
    for echo in ["resource", "client_id", "object_id", "msi_res_id"] {
        assert!(answer.get(echo).is_none(), "{echo}");
    }
    let answer = with(json!({"expires_as": "int"}));
    assert!(answer["expires_in"].is_i64() && answer["expires_on"].is_i64() && answer["not_before"].is_i64());
    assert!(with(json!({"expires_as": "float"}))["expires_on"].is_f64());
    for (form, sign) in [("iso8601", "T"), ("date_linux", "/"), ("date_windows", "M +00:00")] {
        let answer = with(json!({"expires_as": form}));
        assert!(answer["expires_on"].as_str().unwrap().contains(sign), "{answer}");
        assert!(answer.get("expires_in").is_none());
    }
    let first = with(json!({"fresh": true}));
    assert_ne!(get(&emulator, TOKEN).json()["access_token"], first["access_token"]);
    emulator.set_token_options(TokenOptions {
        form: TokenForm::Opaque,
        expires_as: ExpiresAs::Int,
        ..TokenOptions::default()
    });
    assert!(get(&emulator, TOKEN).json()["expires_in"].is_i64());
}
