use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use midentity_emulator::{DropPoint, Emulator, Fault, TokenForm};
use serde_json::{Value, json};

use crate::client::{TOKEN, claims, connect, control, emulator, get, https, raw};

fn with(fault: Value) -> Emulator {
    let emulator = emulator();
    // The first token waits for the key; what follows is timed.
    get(&emulator, TOKEN);
    emulator.clear_requests();
    emulator.add_fault_json(&fault.to_string()).unwrap();
    emulator
}

fn bytes(emulator: &Emulator) -> Vec<u8> {
    raw(emulator.imds_endpoint(), "GET", TOKEN, &[("Metadata", "true")], "")
}

fn head_and_body(all: &[u8]) -> (String, Vec<u8>) {
    let split = all.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    (String::from_utf8_lossy(&all[..split]).to_lowercase(), all[split + 4..].to_vec())
}

#[test]
fn statuses_headers_and_bodies() {
    let emulator = with(json!({"match": {"door": "imds"}, "status": 429, "headers": {"Retry-After": "3"}, "times": 2}));
    for _ in 0..2 {
        let answer = get(&emulator, TOKEN);
        assert_eq!((answer.status, answer.header("retry-after")), (429, Some("3")));
        assert_eq!(answer.json()["error"], "too_many_requests");
    }
    assert_eq!(get(&emulator, TOKEN).status, 200);
    let log = emulator.requests();
    assert_eq!(
        log.iter().map(|r| (r.status, r.fault.is_some())).collect::<Vec<_>>(),
        [(Some(429), true), (Some(429), true), (Some(200), false)]
    );

    let emulator = with(json!({"status": 200, "content_type": "text/html", "body": "<html>sign in</html>"}));
    let answer = get(&emulator, TOKEN);
    assert_eq!((answer.text(), answer.header("content-type")), ("<html>sign in</html>", Some("text/html")));

    let emulator = with(json!({"status": 400, "body": {}}));
    assert_eq!((get(&emulator, TOKEN).status, get(&emulator, TOKEN).text()), (400, "{}"));
    let emulator = with(json!({"body": ""}));
    assert_eq!((get(&emulator, TOKEN).status, get(&emulator, TOKEN).text()), (200, ""));
    let emulator = with(json!({"body": "{\"access_token\": "}));
    assert_eq!(get(&emulator, TOKEN).header("content-type"), Some("application/json; charset=utf-8"));
    let emulator = with(json!({"headers": {"X-Extra": "1", "Server": "proxy"}}));
    let answer = get(&emulator, TOKEN);
    assert_eq!((answer.status, answer.header("x-extra"), answer.header("server")), (200, Some("1"), Some("proxy")));
    let emulator = with(json!({"match": {"door": "arm"}, "status": 503, "times": 1}));
    let (status, _, body) = https(&emulator, "/subscriptions?api-version=2022-12-01", &[]);
    assert_eq!((status, &body["error"]["code"]), (503, &json!("ServiceUnavailable")));
}

#[test]
fn redirects() {
    let emulator = with(json!({"redirect": "http://127.0.0.1:1/elsewhere"}));
    let answer = get(&emulator, TOKEN);
    assert_eq!((answer.status, answer.header("location")), (302, Some("http://127.0.0.1:1/elsewhere")));
    let emulator = with(json!({"redirect": "/x", "status": 307}));
    assert_eq!(get(&emulator, TOKEN).status, 307);
}

#[test]
fn the_first_live_match_wins() {
    let emulator = emulator();
    let ids = emulator
        .add_fault_json(
            r#"[{"match": {"query": {"resource": "https://storage.azure.com/"}}, "status": 500},
                {"match": {"path": "/metadata/identity", "method": "get"}, "skip": 1, "times": 1, "status": 501},
                {"match": {"path": "/metadata/instance"}, "status": 502}]"#,
        )
        .unwrap();
    assert_eq!(ids.len(), 3);
    let storage = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com%2F";
    assert_eq!(get(&emulator, storage).status, 500);
    assert_eq!(get(&emulator, TOKEN).status, 200, "skipped");
    assert_eq!(get(&emulator, TOKEN).status, 501);
    assert_eq!(get(&emulator, TOKEN).status, 200, "used up");
    assert_eq!(get(&emulator, "/metadata/instance?api-version=2021-02-01").status, 502);
    let listed = control(&emulator, "GET", "faults", "").json();
    assert_eq!((&listed["faults"][1]["id"], &listed["faults"][1]["applied"]), (&json!(ids[1]), &json!(1)));
    emulator.clear_faults();
    assert_eq!(get(&emulator, storage).status, 200);
}

#[test]
fn a_delay_delays_the_genuine_answer_and_others_go_on() {
    let emulator = with(json!({"match": {"query": {"slow": "1"}}, "delay_ms": 400}));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| get(&emulator, &format!("{TOKEN}&slow=1")).status);
        assert_eq!(get(&emulator, TOKEN).status, 200);
        assert!(begun.elapsed() < Duration::from_millis(390));
        assert_eq!(slow.join().unwrap(), 200);
    });
    assert!(begun.elapsed() >= Duration::from_millis(400));
}

#[test]
fn a_hang_never_answers_and_does_not_hold_up_the_end() {
    let emulator = with(json!({"hang": true}));
    let mut stream = connect(emulator.imds_endpoint());
    write!(stream, "GET {TOKEN} HTTP/1.1\r\nHost: x\r\nMetadata: true\r\n\r\n").unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(stream.read(&mut [0]).is_err(), "nothing comes");
    assert_eq!(emulator.requests()[0].status, None);
    let begun = Instant::now();
    drop(emulator);
    assert!(begun.elapsed() < Duration::from_secs(1));
}

#[test]
fn connections_that_close_too_early() {
    let emulator = with(json!({"drop": "before"}));
    assert_eq!(bytes(&emulator), b"");
    assert_eq!(emulator.requests()[0].status, None);

    let emulator = with(json!({"drop": "headers"}));
    let all = bytes(&emulator);
    assert!(all.starts_with(b"HTTP/1.1 200 OK\r\n") && !all.windows(4).any(|w| w == b"\r\n\r\n"), "{all:?}");

    for (fault, expected) in
        [(json!({"drop": "body"}), None), (json!({"truncate": 10}), Some(10)), (json!({"truncate": 0}), Some(0))]
    {
        let emulator = with(fault);
        let (head, body) = head_and_body(&bytes(&emulator));
        let announced: usize = head.lines().find_map(|l| l.strip_prefix("content-length: ")).unwrap().parse().unwrap();
        assert_eq!(body.len(), expected.unwrap_or(announced / 2));
        assert!(announced > 1000, "announced whole");
    }
    let emulator = with(json!({"truncate": 1_000_000}));
    assert!(get(&emulator, TOKEN).json()["access_token"].is_string(), "shorter than the cut: whole");

    let emulator = with(json!({"match": {"door": "login"}, "drop": "body"}));
    let (status, _, body) = https(&emulator, "/common/discovery/keys", &[]);
    assert_eq!((status, body), (200, Value::Null), "the body broke off over TLS");
}

#[test]
fn oversized_bodies_of_both_kinds() {
    const SIZE: u64 = 64 * 1024 * 1024;
    for chunked in [false, true] {
        let emulator = with(json!({"oversize": SIZE, "chunked": chunked}));
        let mut stream = connect(emulator.imds_endpoint());
        write!(stream, "GET {TOKEN} HTTP/1.1\r\nHost: x\r\nMetadata: true\r\nConnection: close\r\n\r\n").unwrap();
        let mut buffer = vec![0_u8; 1 << 20];
        let first = stream.read(&mut buffer).unwrap();
        let head = String::from_utf8_lossy(&buffer[..first.min(300)]).to_lowercase();
        assert_eq!(head.contains("transfer-encoding: chunked"), chunked, "{head}");
        assert_eq!(head.contains(&format!("content-length: {SIZE}")), !chunked, "{head}");
        let mut total = first as u64;
        loop {
            match stream.read(&mut buffer).unwrap() {
                0 => break,
                more => total += more as u64,
            }
        }
        assert!(total > SIZE && total < SIZE + SIZE / 1000 + 4096, "{total}");
    }
}

#[test]
fn a_dripping_body_keeps_its_rate() {
    let emulator = with(json!({"drip": 2000}));
    let begun = Instant::now();
    let answer = get(&emulator, TOKEN);
    let whole = answer.json()["access_token"].is_string();
    let expected = answer.body.len() as f64 / 2000.0;
    let took = begun.elapsed().as_secs_f64();
    assert!(whole && took > expected * 0.8 && took < expected * 2.0 + 0.5, "{took} instead of {expected}");

    let emulator = with(json!({"drip": 4, "body": "abc", "chunked": true}));
    let begun = Instant::now();
    let answer = get(&emulator, TOKEN);
    assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
    assert!(answer.text().contains('c') && begun.elapsed() >= Duration::from_millis(700));
}

#[test]
fn changed_answers() {
    let emulator =
        with(json!({"echo": {"resource": "https://other/", "client_id": "x"}, "omit": ["expires_in", "nothing"]}));
    let answer = get(&emulator, TOKEN).json();
    assert_eq!((&answer["resource"], &answer["client_id"]), (&json!("https://other/"), &json!("x")));
    assert!(answer.get("expires_in").is_none() && answer["expires_on"].is_string());
    let emulator = emulator_with(Fault { token: Some(TokenForm::GuidAudience), times: Some(1), ..Fault::default() });
    let audience = || claims(get(&emulator, TOKEN).json()["access_token"].as_str().unwrap())["aud"].clone();
    assert_eq!(audience().as_str().unwrap().len(), 36);
    assert_eq!(audience(), crate::client::ARM);
}

fn emulator_with(fault: Fault) -> Emulator {
    let emulator = emulator();
    emulator.add_fault(fault).unwrap();
    emulator
}

#[test]
fn contradictions_are_refused_in_process_too() {
    let emulator = emulator();
    let bad = Fault { drop: Some(DropPoint::Body), truncate: Some(1), ..Fault::default() };
    assert!(emulator.add_fault(bad).unwrap_err().to_string().contains("truncate"));
    assert!(emulator.add_fault_json(r#"[{"status": 500}, {"x": 1}]"#).is_err());
    assert_eq!(get(&emulator, TOKEN).status, 200, "none of a refused list is added");
}
