//! The parsers of outside bytes, for `fuzz/`: built only under `cfg(fuzzing)`, never part of the library. What each
//! promises is asserted here, next to the types that only the core can see.
#![allow(missing_docs, clippy::panic, reason = "a fuzz target ends by panicking, and its names say what it calls")]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::cloud::Cloud;
use crate::credential::Credential;
use crate::env::Env;
use crate::error::{Error, ErrorKind};
use crate::http::redact::redact;
use crate::http::retry::parse_retry_after;
use crate::http::{BoxFuture, Failure, Progress, Request, Response, Transport};
use crate::identity::Identity;
use crate::instance::InstanceMetadata;
use crate::scope::Scope;
use crate::source::imds::Endpoint;
use crate::source::verify::{same_resource, verify};
use crate::source::{answer, expiry, imds_error};

const NOW: i64 = 1_700_000_000;
/// 2001-01-01: what is smaller is a lifetime.
const FIRST_EPOCH: i64 = 978_307_200;
/// The end of the year 9999.
const LAST_EPOCH: i64 = 253_402_300_799;
/// Stands in for a secret: it is in the input where a secret would be, and must be in no output.
const CANARY: &str = "canary-7f3a9c51d8e2";

/// One answer of a service that means no good.
pub struct Answer<'a> {
    pub status: u16,
    pub content_type: &'a str,
    pub retry_after: &'a str,
    pub body: &'a [u8],
}

fn response(answer: &Answer<'_>) -> Response {
    let mut headers = HeaderMap::new();
    for (name, value) in [("content-type", answer.content_type), ("retry-after", answer.retry_after)] {
        if let (false, Ok(value)) = (value.is_empty(), HeaderValue::from_str(value)) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    Response { status, headers, body: Zeroizing::new(answer.body.to_vec()) }
}

/// Two optional fields, as a token answer has them.
pub fn expiry(expires_in: Option<&Value>, expires_on: Option<&Value>) {
    let found = expiry::expires_on(expires_in, expires_on, NOW);
    if let Some(at) = found {
        // The oldest date that can be written is in the year 0.
        assert!((-62_167_300_000..=NOW + LAST_EPOCH).contains(&at), "out of range: {at}");
    }
    match (expires_in.and_then(Value::as_i64), expires_on.and_then(Value::as_i64)) {
        (Some(lifetime), _) if (1..=LAST_EPOCH).contains(&lifetime) => assert_eq!(found, Some(NOW + lifetime)),
        // A point in time is never taken for a lifetime, or what has expired would live for decades.
        (None, Some(at)) if expires_in.is_none() && (FIRST_EPOCH..=LAST_EPOCH).contains(&at) => {
            assert_eq!(found, Some(at));
        }
        _ => {}
    }
    // Services send numbers as text.
    let as_text =
        |value: Option<&Value>| value.map(|v| if v.is_number() { Value::String(v.to_string()) } else { v.clone() });
    let texts = (as_text(expires_in), as_text(expires_on));
    assert_eq!(found, expiry::expires_on(texts.0.as_ref(), texts.1.as_ref(), NOW));
}

/// A 200 answer of a token service: read, and compared with what was asked.
pub fn token_answer(content_type: &str, body: &[u8]) {
    let answer = Answer { status: 200, content_type, retry_after: "", body };
    if let Ok(read) = answer::parse(&response(&answer), NOW) {
        assert!(!read.secret.expose().is_empty() && !read.token_type.trim().is_empty());
        assert!(read.refresh_in.is_none_or(|s| s >= 0));
        for asked in ["6f9a2c1e-0d5b-4c0e-9a55-0c1d2e3f4a5b", "x"] {
            let resource = read.resource.clone().unwrap_or_else(|| "r".to_owned());
            match verify(&read, &Identity::ClientId(asked.to_owned()), &resource) {
                Ok(true) => {
                    let claims = crate::token::Claims::read(read.secret.expose());
                    let said = read.client_id.as_deref().or_else(|| claims.as_ref()?.client_id());
                    assert!(said.is_some_and(|s| s.trim_end_matches('/').eq_ignore_ascii_case(asked)));
                }
                Ok(false) => assert!(read.client_id.is_none(), "an echo was not compared"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Authentication),
            }
            let elsewhere = format!("{resource}.elsewhere");
            if read.resource.is_some() {
                assert!(verify(&read, &Identity::Default, &elsewhere).is_err(), "another resource's token was taken");
            }
        }
    }
    // The same answer with a known secret in it: no error tells it.
    if let Ok(Value::Object(mut fields)) = serde_json::from_slice::<Value>(body) {
        fields.insert("access_token".to_owned(), Value::String(CANARY.to_owned()));
        let mut body = Value::Object(fields).to_string();
        tells_nothing(&answer::parse(&response(&Answer { body: body.as_bytes(), ..answer }), NOW).err());
        // Cut off, it is no JSON.
        body.pop();
        tells_nothing(&answer::parse(&response(&Answer { body: body.as_bytes(), ..answer }), NOW).err());
    }
}

fn tells_nothing(error: &Option<Error>) {
    if let Some(error) = error {
        let shown = format!("{error} {error:?} {:?}", error.hint());
        assert!(!shown.contains(CANARY), "a secret was told: {shown}");
    }
}

/// Answers that are no success, of the metadata service and of Resource Manager.
pub fn error_answer(answer: &Answer<'_>, resource: Option<&str>) {
    let status = answer.status;
    if (200..300).contains(&status) || !(100..1000).contains(&status) {
        return;
    }
    let response = response(answer);
    for identity in [Identity::Default, Identity::ClientId("c".to_owned())] {
        let error = imds_error::from_status(&response, &identity, resource);
        assert_eq!(error.http_status(), Some(status));
        assert!(error.hint().is_some() && !error.id().is_empty());
        no_token_in(error.message());
        if identity.value().is_none() {
            assert_ne!(error.kind(), ErrorKind::IdentityNotFound, "nobody was named");
        }
    }
    let error = crate::arm::error_from_status(status, answer.body);
    assert_eq!(error.http_status(), Some(status));
    no_token_in(error.message());
}

/// Fails where the text holds what could be a JSON Web Token, or most of one.
fn no_token_in(text: &str) {
    for (at, _) in text.match_indices("eyJ") {
        let length =
            text[at..].bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')).count();
        assert!(length <= 16, "a token was told: {}", &text[at..at + length]);
    }
}

/// Redaction: no token is left, one line, not too long.
pub fn redaction(text: &str) {
    let shown = redact(text);
    no_token_in(&shown);
    assert!(!shown.chars().any(char::is_control), "control characters: {shown:?}");
    assert!(shown.chars().count() <= 401);
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJ0aWQiOiJ4In0.c2lnbmF0dXJl";
    if text.contains(CANARY) {
        // The fuzzer reads what it is compared with, and learns the word.
        return;
    }
    // Wherever in the text a token stands.
    let middle = text.char_indices().map(|(at, _)| at).nth(text.chars().count() / 2).unwrap_or(0);
    let (before, after) = text.split_at(middle);
    no_token_in(&redact(&format!("{before}{token}{after}")));
    assert!(!redact(&format!("{before} Bearer {CANARY} {after}")).contains(CANARY));
    assert!(!redact(&format!("{before} \"access_token\": \"{CANARY}\" {after}")).contains(CANARY));
}

/// `Retry-After`.
pub fn retry_after(text: &str) {
    let wait = parse_retry_after(text, NOW);
    if let Ok(seconds) = text.trim().parse::<u64>() {
        assert_eq!(wait, Some(Duration::from_secs(seconds)));
    }
    // No wait, however long, may break the sum that decides about it.
    let answer = Answer { status: 429, content_type: "", retry_after: text, body: b"{}" };
    let error = call(Vec::from([answer]), |transport, clock| token(transport, clock, Identity::Default)).0.err();
    assert_eq!(error.map(|e| e.kind()), Some(ErrorKind::Throttled));
}

/// The metadata address.
pub fn endpoint(text: &str) {
    if let Ok(endpoint) = Endpoint::parse(text, "imds_endpoint") {
        let url = endpoint.url();
        let host = url.strip_prefix("http://").unwrap_or_else(|| panic!("not plain http: {url}"));
        let authority = host.split('/').next().unwrap_or_default();
        assert!(!authority.is_empty() && !authority.contains('@'), "{url}");
        assert!(!url.contains(['?', '#', ' ']) && !url.ends_with('/'), "{url}");
        assert_eq!(Endpoint::parse(&url, "again").ok(), Some(endpoint));
    }
}

/// The cloud's address: a token for a known cloud goes to no other host.
pub fn cloud(text: &str) {
    let known = [Cloud::public(), Cloud::us_government(), Cloud::china()];
    if let Ok(cloud) = Cloud::parse(text) {
        let origin = cloud.arm_origin();
        let host = origin.strip_prefix("https://").unwrap_or_else(|| panic!("not https: {origin}"));
        assert!(!host.is_empty() && !host.contains(['/', '@', '?', '#', '\\', ' ']), "{origin}");
        assert_eq!(cloud.arm_audience(), format!("{origin}/"));
        assert_eq!(Cloud::parse(origin).ok().as_ref(), Some(&cloud));
        assert!(known.iter().all(|k| (k.arm_audience() == cloud.arm_audience()) == (k == &cloud)));
    }
}

/// The comparison of a resource with its echo.
pub fn resources(a: &str, b: &str) {
    let same = same_resource(a, b);
    assert_eq!(same, same_resource(b, a));
    assert!(same_resource(a, a));
    if same {
        // Never more than case and one slash apart.
        assert!(a.len().abs_diff(b.len()) <= 1);
        assert!(a.trim_end_matches('/').eq_ignore_ascii_case(b.trim_end_matches('/')));
    }
}

/// A whole call against a service that answers so, then goes on with its last answer.
pub fn token_call(answers: Vec<Answer<'_>>, identity: u8) {
    let identity = match identity % 4 {
        0 => Identity::Default,
        1 => Identity::SystemAssigned,
        2 => Identity::ClientId("6f9a2c1e-0d5b-4c0e-9a55-0c1d2e3f4a5b".to_owned()),
        _ => Identity::ResourceId("/subscriptions/s/x".to_owned()),
    };
    let (result, sent, waited) = call(answers, |transport, clock| token(transport, clock, identity));
    // Five retries, and those of 410 within its 70 s; nothing goes on past the call's own limit.
    assert!((1..=90).contains(&sent), "{sent} requests");
    assert!(waited <= Duration::from_secs(91), "waited for {waited:?}");
    if let Err(error) = result {
        assert!(error.attempts() as usize <= sent);
        no_token_in(&format!("{error} {error:?}"));
    }
}

/// Instance metadata: path, version, and what the service makes of them.
pub fn instance(path: &str, version: &str, answers: Vec<Answer<'_>>) {
    let _ = call(answers, |transport, _| {
        let all = InstanceMetadata::over(transport);
        runtime(|runtime| {
            runtime.block_on(async {
                let _ = all.get_version(path, version).await;
                let _ = all.versions().await;
                if let Ok(info) = all.identity_info().await {
                    assert!(info.tenant_id().len() < 1 << 20);
                }
            });
        });
        Ok(())
    });
}

fn token(transport: Arc<dyn Transport>, clock: Clock, identity: Identity) -> crate::Result<()> {
    let scope = Scope::parse("https://vault.azure.net/.default")?;
    let credential = Credential::builder()
        .cache(crate::TokenCache::new())
        .clock(clock)
        .env(Env::fixed([]))
        // Its state is the process's, and every run has a clock of its own.
        .limit_requests(false)
        .identity(identity)
        .transport(transport)
        .build()?;
    let token = runtime(|runtime| runtime.block_on(credential.get_token(&scope)))?;
    assert!(!token.secret().expose().is_empty());
    Ok(())
}

fn call<T>(
    answers: Vec<Answer<'_>>,
    act: impl FnOnce(Arc<dyn Transport>, Clock) -> crate::Result<T>,
) -> (crate::Result<T>, usize, Duration) {
    let clock = Clock::manual(NOW);
    let answers =
        answers.iter().map(|a| (a.status, a.content_type.to_owned(), a.retry_after.to_owned(), a.body.to_vec()));
    let memory = Arc::new(Memory(Mutex::new((answers.collect(), 0))));
    let result = act(memory.clone(), clock.clone());
    let sent = memory.0.lock().unwrap_or_else(PoisonError::into_inner).1;
    (result, sent, Duration::from_secs((clock.epoch_seconds() - NOW).unsigned_abs()))
}

fn runtime<T>(act: impl FnOnce(&Runtime) -> T) -> T {
    thread_local!(static RUNTIME: RefCell<Option<Runtime>> = const { RefCell::new(None) });
    // One for all runs: making it costs more than what is fuzzed.
    RUNTIME.with_borrow_mut(|slot| {
        let fresh = || Builder::new_current_thread().build().unwrap_or_else(|error| panic!("no runtime: {error}"));
        act(slot.get_or_insert_with(fresh))
    })
}

type Scripted = (u16, String, String, Vec<u8>);

/// A transport that answers from memory.
struct Memory(Mutex<(VecDeque<Scripted>, usize)>);

impl Transport for Memory {
    fn send<'a>(
        &'a self,
        request: &'a Request,
        _: Duration,
        progress: &'a Progress,
    ) -> BoxFuture<'a, Result<Response, Failure>> {
        assert!(request.target.starts_with("/metadata/"), "{}", request.target);
        assert!(request.target.parse::<http::uri::PathAndQuery>().is_ok(), "{}", request.target);
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.1 += 1;
        let next = if state.0.len() > 1 { state.0.pop_front() } else { state.0.front().cloned() };
        let result = match next {
            None => Err(Failure::Refused),
            // Statuses that HTTP does not have stand for failures of the connection.
            Some((0, ..)) => Err(Failure::NoConnection),
            Some((1, ..)) => Err(Failure::Broken(true, "fuzzed".to_owned())),
            Some((2, ..)) => Err(Failure::TooLarge),
            Some((3, ..)) => Err(Failure::Refused),
            Some((status, content_type, retry_after, body)) => {
                progress.head_received();
                let (content_type, retry_after) = (content_type.as_str(), retry_after.as_str());
                Ok(response(&Answer { status, content_type, retry_after, body: &body }))
            }
        };
        Box::pin(async move { result })
    }
}
