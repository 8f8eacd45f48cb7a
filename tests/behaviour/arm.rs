//! Resource Manager's client against the emulator: TLS, rights, errors, and whom a token is never sent to.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use midentity::arm::{ArmClient, ArmClientBuilder};
use midentity::{AccessToken, Clock, Cloud, Env, ErrorKind, Identity, StaticToken, blocking};
use midentity_emulator::{Door, Emulator, Options, RequestRecord};
use serde_json::json;

use crate::case::now;
use crate::server::{builder, emulator, token_requests, vectors_folder};

const VERSION: &str = "2021-04-01";
const SUBSCRIPTION: &str = "/subscriptions/8d1c0000-0000-4000-8000-000000000002";

pub(crate) fn group(name: &str) -> String {
    format!("{SUBSCRIPTION}/resourceGroups/{name}")
}

pub(crate) fn as_identity(emulator: &Emulator, identity: Identity) -> ArmClientBuilder {
    ArmClient::builder(builder(emulator).identity(identity).build().unwrap())
        .cloud(Cloud::parse(emulator.cloud()).unwrap())
        .ca_file(emulator.ca_file())
        .env(Env::fixed([]))
}

fn client(emulator: &Emulator) -> ArmClient {
    as_identity(emulator, Identity::Default).build().unwrap()
}

/// Waits between tries pass at once.
fn hurried(emulator: &Emulator) -> ArmClient {
    as_identity(emulator, Identity::Default).clock(Clock::manual_between_requests(now())).build().unwrap()
}

pub(crate) fn fault(emulator: &Emulator, fault: serde_json::Value) {
    let mut fault = fault;
    fault["match"] = json!({"door": "arm"});
    emulator.add_fault_json(&fault.to_string()).unwrap();
}

pub(crate) fn asked(emulator: &Emulator) -> Vec<RequestRecord> {
    emulator.requests().into_iter().filter(|r| r.door == Door::Arm).collect()
}

#[tokio::test]
async fn a_group_is_read_over_tls_by_who_may() {
    let emulator = emulator();
    let response = client(&emulator).get(&group("rg1"), VERSION).await.unwrap();
    assert_eq!((response.status(), &response.body()["name"]), (200, &json!("rg1")));
    assert_eq!(response.body()["location"], "eastus");
    assert!(response.request_id().is_some());
    // The cloud's own audience, and not a known cloud's: that one's token must not go to another host.
    let audience = format!("{}/", emulator.cloud());
    assert_eq!(token_requests(&emulator)[0].query["resource"], [audience]);
    let request = &asked(&emulator)[0];
    assert_eq!((request.method.as_str(), request.path.as_str()), ("GET", group("rg1").as_str()));
    assert_eq!(request.query["api-version"], [VERSION]);
    assert_eq!(request.headers["authorization"], "(redacted)");
    assert!(uuid::Uuid::parse_str(&request.headers["x-ms-client-request-id"]).is_ok());
    assert!(request.headers["user-agent"].starts_with("midentity/"));
}

#[test]
fn the_blocking_twin_reads_too() {
    let emulator = emulator();
    let client = blocking::ArmClient::from(client(&emulator));
    assert_eq!(client.get(&group("rg1"), VERSION).unwrap().body()["name"], "rg1");
}

#[tokio::test]
async fn the_environment_names_cloud_and_roots() {
    let emulator = emulator();
    let env = Env::fixed([
        ("MIDENTITY_CLOUD", emulator.cloud()),
        ("MIDENTITY_CA_FILE", emulator.ca_file().to_str().unwrap()),
    ]);
    let client = ArmClient::builder(builder(&emulator).build().unwrap()).env(env).build().unwrap();
    assert_eq!(client.get(&group("rg1"), VERSION).await.unwrap().status(), 200);
}

#[tokio::test]
async fn without_a_role_it_is_forbidden_and_the_reason_is_the_services() {
    let emulator = emulator();
    let identity = Identity::ClientId("c1000000-0000-4000-8000-000000000011".into());
    let error = as_identity(&emulator, identity).build().unwrap().get(&group("rg1"), VERSION).await.unwrap_err();
    assert_eq!((error.kind(), error.id()), (ErrorKind::Forbidden, "arm.forbidden"));
    assert_eq!((error.http_status(), error.service_code()), (Some(403), Some("AuthorizationFailed")));
    assert!(error.message().contains("Microsoft.Resources/subscriptions/resourceGroups/read"), "{error}");
    assert!(error.request_id().is_some() && error.correlation_id().is_some(), "{error:?}");
    assert_eq!((asked(&emulator).len(), error.attempts()), (1, 1));
}

#[tokio::test]
async fn what_is_not_there_is_not_found_at_once() {
    let emulator = emulator();
    let error = client(&emulator).get(&group("nowhere"), VERSION).await.unwrap_err();
    assert_eq!((error.kind(), error.id()), (ErrorKind::NotFound, "arm.not_found"));
    assert_eq!(error.service_code(), Some("ResourceGroupNotFound"));
    assert_eq!(asked(&emulator).len(), 1);
}

#[tokio::test]
async fn a_401_is_answered_with_one_fresh_token() {
    let emulator = emulator();
    fault(&emulator, json!({"status": 401, "times": 1}));
    assert_eq!(client(&emulator).get(&group("rg1"), VERSION).await.unwrap().status(), 200);
    assert_eq!((asked(&emulator).len(), token_requests(&emulator).len()), (2, 2));

    emulator.reset();
    fault(&emulator, json!({"status": 401}));
    let error = client(&emulator).get(&group("rg1"), VERSION).await.unwrap_err();
    assert_eq!((error.kind(), error.id(), error.attempts()), (ErrorKind::Authentication, "arm.unauthorized", 2));
    assert_eq!((asked(&emulator).len(), token_requests(&emulator).len()), (2, 2));
}

#[tokio::test]
async fn the_token_paths_error_comes_through() {
    let emulator = emulator();
    let identity = Identity::ClientId("c3000000-0000-4000-8000-000000000013".into());
    let error = as_identity(&emulator, identity).build().unwrap().get(&group("rg1"), VERSION).await.unwrap_err();
    assert_eq!(error.id(), "imds.identity_not_found");
    assert_eq!(asked(&emulator).len(), 0);
}

#[tokio::test]
async fn a_redirect_is_refused_and_nobody_else_gets_the_token() {
    let (emulator, other) = (emulator(), emulator());
    for status in [301, 302, 303, 307, 308] {
        emulator.clear_faults();
        let to = format!("{}{}?api-version={VERSION}", other.cloud(), group("rg1"));
        fault(&emulator, json!({"status": status, "redirect": to}));
        let error = client(&emulator).get(&group("rg1"), VERSION).await.unwrap_err();
        assert_eq!((error.kind(), error.id()), (ErrorKind::Protocol, "arm.redirected"), "{status}");
    }
    assert_eq!(other.request_count(), 0);
}

#[tokio::test]
async fn only_the_roots_given_are_trusted() {
    let emulator = emulator();
    let state_dir = Some(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("emulator-of-another"));
    let config = Some(vectors_folder().join("machines.yaml"));
    let stranger = Emulator::start(Options { config, state_dir, ..Options::default() }).unwrap();
    let connect = |ca_file: Option<&Path>| {
        let credential = builder(&emulator).build().unwrap();
        let cloud = Cloud::parse(emulator.cloud()).unwrap();
        let builder = ArmClient::builder(credential).cloud(cloud).env(Env::fixed([]));
        match ca_file {
            Some(file) => builder.ca_file(file).build().unwrap(),
            None => builder.build().unwrap(),
        }
    };
    for roots in [Some(stranger.ca_file()), None] {
        let error = connect(roots).get(&group("rg1"), VERSION).await.unwrap_err();
        assert_eq!((error.kind(), error.id()), (ErrorKind::Transport, "arm.tls"), "{error:?}");
        assert!(error.hint().unwrap().contains("ca_file"));
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(folder.join("empty.pem"), "").unwrap();
    std::fs::write(folder.join("words.pem"), "-----BEGIN CERTIFICATE-----\nno base64!\n-----END CERTIFICATE-----\n")
        .unwrap();
    for file in ["no-such-file.pem", "empty.pem", "words.pem", "."] {
        let error = connect(Some(&folder.join(file))).get(&group("rg1"), VERSION).await.unwrap_err();
        assert_eq!((error.kind(), error.id()), (ErrorKind::InvalidArgument, "argument.ca_file"), "{file}: {error:?}");
        assert!(error.message().contains(file) || file == ".", "{error}");
    }
    assert_eq!(asked(&emulator).len(), 0);
}

/// As Windows' editors and shells write them: with a byte order mark, with line ends of their own.
#[tokio::test]
async fn a_ca_file_as_any_system_writes_it() {
    let emulator = emulator();
    let pem = std::fs::read_to_string(emulator.ca_file()).unwrap().replace("\r\n", "\n");
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("as-written.pem");
    for text in [pem.clone(), pem.replace('\n', "\r\n"), format!("\u{feff}{}", pem.replace('\n', "\r\n"))] {
        std::fs::write(&file, text).unwrap();
        let client = ArmClient::builder(builder(&emulator).build().unwrap()).env(Env::fixed([])).ca_file(&file);
        let client = client.cloud(Cloud::parse(emulator.cloud()).unwrap()).build().unwrap();
        assert_eq!(client.get("/subscriptions", "2022-12-01").await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn paths_that_could_lead_elsewhere_are_refused_before_anything_is_sent() {
    let emulator = emulator();
    let client = client(&emulator);
    for path in [
        "",
        "subscriptions",
        "//elsewhere.test/x",
        "@elsewhere.test/x",
        "https://elsewhere.test/x",
        "/\\elsewhere.test",
        "/a/../b",
        "/a/%2e%2E/b",
        "/a/.%2e/b",
        "/a/%2E./b",
        "/./b",
        "/..",
        "/a b",
        "/a\r\nHost: elsewhere.test",
        "/a#b",
        "/a\tb",
    ] {
        let error = client.get(path, VERSION).await.unwrap_err();
        assert_eq!((error.kind(), error.id()), (ErrorKind::InvalidArgument, "argument.path"), "{path:?}");
    }
    for (path, version) in [("/subscriptions", ""), ("/subscriptions?api-version=2022-12-01", VERSION)] {
        assert_eq!(client.get(path, version).await.unwrap_err().id(), "argument.option", "{path}");
    }
    let error = client.request("BREW", &group("rg1"), VERSION, None).await.unwrap_err();
    assert_eq!(error.id(), "argument.option");
    assert_eq!(emulator.request_count(), 0);
    assert_eq!(client.get("/subscriptions?api-version=2022-12-01", "").await.unwrap().status(), 200);
}

#[tokio::test]
async fn throttling_is_waited_for_and_told() {
    let emulator = emulator();
    fault(&emulator, json!({"status": 429, "headers": {"retry-after": "7"}, "times": 2}));
    let clock = Clock::manual_between_requests(now());
    let client = as_identity(&emulator, Identity::Default).clock(clock.clone()).build().unwrap();
    assert_eq!(client.get(&group("rg1"), VERSION).await.unwrap().status(), 200);
    assert_eq!(clock.waits(), [Duration::from_secs(7); 2]);

    emulator.reset();
    fault(&emulator, json!({"status": 429, "headers": {"retry-after": "7"}}));
    let error = client.get(&group("rg1"), VERSION).await.unwrap_err();
    assert_eq!((error.kind(), error.id(), error.attempts()), (ErrorKind::Throttled, "arm.throttled", 4));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(asked(&emulator).len(), 4);
}

#[tokio::test]
async fn failures_that_pass_are_tried_again() {
    let emulator = emulator();
    for passing in
        [json!({"status": 500, "times": 3}), json!({"status": 503, "times": 1}), json!({"drop": "before", "times": 1})]
    {
        emulator.reset();
        fault(&emulator, passing);
        assert_eq!(hurried(&emulator).get(&group("rg1"), VERSION).await.unwrap().status(), 200);
    }
    emulator.reset();
    fault(&emulator, json!({"status": 500}));
    let error = hurried(&emulator).get(&group("rg1"), VERSION).await.unwrap_err();
    assert_eq!((error.kind(), error.id(), error.attempts()), (ErrorKind::Service, "arm.service", 4));
    // A connection that goes away is no matter of trust.
    for at in ["before", "headers", "body"] {
        emulator.reset();
        fault(&emulator, json!({"drop": at}));
        let error = hurried(&emulator).get(&group("rg1"), VERSION).await.unwrap_err();
        assert_eq!((error.kind(), error.id(), error.attempts()), (ErrorKind::Transport, "arm.transport", 2), "{at}");
    }
    emulator.reset();
    fault(&emulator, json!({"status": 409, "body": {"error": {"code": "InUse", "message": "it is in use"}}}));
    let error = hurried(&emulator).get(&group("rg1"), VERSION).await.unwrap_err();
    assert_eq!((error.kind(), error.service_code(), asked(&emulator).len()), (ErrorKind::Conflict, Some("InUse"), 1));
}

#[tokio::test]
async fn answers_that_make_no_sense() {
    let emulator = emulator();
    for (answer, id) in [
        (json!({"status": 200, "body": "<html>portal</html>", "content_type": "text/html"}), "arm.bad_answer"),
        (json!({"status": 200, "body": "{\"name\": "}), "arm.bad_answer"),
        (json!({"drop": "body"}), "arm.transport"),
    ] {
        emulator.reset();
        fault(&emulator, answer);
        assert_eq!(hurried(&emulator).get(&group("rg1"), VERSION).await.unwrap_err().id(), id);
    }
    emulator.reset();
    fault(&emulator, json!({"status": 503, "times": 1}));
    let answer = json!({"status": 200, "body": "<html>", "headers": {"x-ms-request-id": "r1"}});
    fault(&emulator, answer);
    let error = hurried(&emulator).get(&group("rg1"), VERSION).await.unwrap_err();
    assert_eq!((error.id(), error.attempts(), error.request_id()), ("arm.bad_answer", 2, Some("r1")));
    emulator.reset();
    fault(&emulator, json!({"status": 204}));
    assert!(hurried(&emulator).get(&group("rg1"), VERSION).await.unwrap().body().is_null());
}

#[tokio::test]
async fn the_limit_holds_where_nothing_comes() {
    let emulator = emulator();
    fault(&emulator, json!({"hang": true}));
    let client = as_identity(&emulator, Identity::Default).timeout(Duration::from_millis(600)).build().unwrap();
    let start = Instant::now();
    let error = client.get(&group("rg1"), VERSION).await.unwrap_err();
    assert_eq!((error.kind(), error.id()), (ErrorKind::Timeout, "arm.timeout"));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn nobody_at_the_address() {
    let emulator = emulator();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("https://{}", free.local_addr().unwrap());
    drop(free);
    let client = ArmClient::builder(StaticToken::new(AccessToken::new("t".into(), 4_102_444_800)))
        .cloud(Cloud::parse(&origin).unwrap())
        .ca_file(emulator.ca_file())
        .clock(Clock::manual_between_requests(now()))
        .build()
        .unwrap();
    let error = client.get("/subscriptions", VERSION).await.unwrap_err();
    assert_eq!((error.kind(), error.id(), error.attempts()), (ErrorKind::Transport, "arm.transport", 2));
    assert!(error.message().contains(&origin), "{error}");
}

#[tokio::test]
async fn an_expired_and_a_strangers_token_are_unauthorized() {
    let emulator = emulator();
    let credential = builder(&emulator).build().unwrap();
    let scope = midentity::Scope::parse(&format!("{}/.default", emulator.cloud())).unwrap();
    let good = credential.get_token(&scope).await.unwrap();
    let client = |token: String| {
        ArmClient::builder(StaticToken::new(AccessToken::new(token, 4_102_444_800)))
            .cloud(Cloud::parse(emulator.cloud()).unwrap())
            .ca_file(emulator.ca_file())
            .build()
            .unwrap()
    };
    assert_eq!(client(good.secret().expose().into()).get(&group("rg1"), VERSION).await.unwrap().status(), 200);
    for bad in ["no-token".to_owned(), format!("{}x", good.secret().expose())] {
        let error = client(bad).get(&group("rg1"), VERSION).await.unwrap_err();
        assert_eq!((error.id(), error.service_code()), ("arm.unauthorized", Some("InvalidAuthenticationToken")));
    }
    emulator.set_clock_offset(90_000);
    let error = client(good.secret().expose().into()).get(&group("rg1"), VERSION).await.unwrap_err();
    assert_eq!((error.id(), error.service_code()), ("arm.unauthorized", Some("ExpiredAuthenticationToken")));
}
