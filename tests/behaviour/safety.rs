//! What must never happen, whatever answers: full memory, a redirect or proxy that gets a token, a storm of requests,
//! one Azure's token for another's.

use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use midentity::Scope;
use midentity::{Cloud, Credential, Env, ErrorKind, Identity, TokenCache, TokenOptions, blocking};

use crate::child;
use crate::conformance::scenario;
use crate::server::{Silent, builder, credential, emulator, refused, scope, token_requests};

#[cfg(target_os = "linux")]
const GIB: u64 = 1 << 30;

/// The most memory that this process has held, in KiB. Only Linux says so in a file; what is measured is the same code
/// on every system.
#[cfg(target_os = "linux")]
fn peak() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_gigabyte_of_answer_takes_two_mebibytes_at_most() {
    if let Some(endpoint) = child::argument() {
        let credential =
            Credential::builder().imds_endpoint(endpoint).cache(TokenCache::new()).env(Env::fixed([])).build().unwrap();
        let blocking = blocking::Credential::from(credential);
        // A first token, so that what every call needs is there already.
        blocking.get_token(&scope()).unwrap();
        for name in ["announced", "chunked", "an-error"] {
            let before = peak();
            let error = blocking.get_token(&Scope::parse(&format!("https://{name}.test")).unwrap()).unwrap_err();
            assert_eq!(error.id(), "imds.body_too_large");
            let grown = peak() - before;
            assert!(grown <= 2 * 1024, "{name}: memory grew by {grown} KiB");
        }
        return;
    }
    let emulator = emulator();
    let fault = |name: &str, more: &str| {
        format!(r#"{{"match": {{"query": {{"resource": "https://{name}.test"}}}}, "oversize": {GIB} {more}}}"#)
    };
    for (name, more) in
        [("announced", ""), ("chunked", r#", "chunked": true"#), ("an-error", r#", "chunked": true, "status": 500"#)]
    {
        emulator.add_fault_json(&fault(name, more)).unwrap();
    }
    child::run("safety::a_gigabyte_of_answer_takes_two_mebibytes_at_most", emulator.imds_endpoint(), &[]);
    assert_eq!(token_requests(&emulator).len(), 4);
}

#[test]
fn no_proxy_is_ever_asked() {
    if let Some(endpoint) = child::argument() {
        let credential = Credential::builder().imds_endpoint(endpoint).build().unwrap();
        blocking::Credential::from(credential).get_token(&scope()).unwrap();
        return;
    }
    let (emulator, proxy) = (emulator(), emulator());
    let at = proxy.imds_endpoint();
    let variables = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"];
    let env: Vec<_> = variables.iter().map(|name| (*name, at)).chain([("NO_PROXY", ""), ("no_proxy", "")]).collect();
    child::run("safety::no_proxy_is_ever_asked", emulator.imds_endpoint(), &env);
    assert_eq!((token_requests(&emulator).len(), proxy.request_count()), (1, 0));
}

#[test]
fn a_refused_connection_is_told_within_a_second() {
    let endpoint = refused();
    let credential = Credential::builder().imds_endpoint(&endpoint).cache(TokenCache::new()).build().unwrap();
    let start = Instant::now();
    let error = blocking::Credential::from(credential).get_token(&scope()).unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    assert_eq!((error.kind(), error.id()), (ErrorKind::Unavailable, "imds.unreachable"));
    assert!(error.message().contains(&endpoint) && error.message().contains("refused"), "{error}");
    assert!(error.hint().unwrap().contains("Azure"), "{error:?}");
}

#[tokio::test]
async fn silence_is_told_within_five_seconds() {
    let silent = Silent::new();
    let credential = Credential::builder().imds_endpoint(&silent.endpoint).cache(TokenCache::new()).build().unwrap();
    let start = Instant::now();
    let error = credential.get_token(&scope()).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!((error.kind(), error.id()), (ErrorKind::Unavailable, "imds.unreachable"));
}

#[test]
fn s095_sixty_four_threads_on_a_cold_cache_make_one_request() {
    let mut s = scenario!(95);
    let emulator = emulator();
    emulator.add_fault_json(r#"{"delay_ms": 50}"#).unwrap();
    let credential = blocking::Credential::from(credential(&emulator));
    let start = Arc::new(Barrier::new(64));
    let threads: Vec<_> = (0..64)
        .map(|_| {
            let (credential, start) = (credential.clone(), Arc::clone(&start));
            std::thread::spawn(move || {
                start.wait();
                credential.get_token(&scope()).unwrap().secret().expose().to_owned()
            })
        })
        .collect();
    let mut tokens: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
    tokens.dedup();
    s.equal(tokens.len(), 1);
    s.requests(token_requests(&emulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn s095_a_thousand_tasks_on_a_cold_cache_make_one_request() {
    let mut s = scenario!(95);
    let emulator = emulator();
    emulator.add_fault_json(r#"{"delay_ms": 50}"#).unwrap();
    let credential = credential(&emulator);
    let tasks: Vec<_> = (0..1_000)
        .map(|_| {
            let credential = credential.clone();
            tokio::spawn(async move { credential.get_token(&scope()).await.map(|t| t.from_cache()) })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    s.requests(token_requests(&emulator).len(), 1);
}

#[tokio::test]
async fn two_emulators_never_share_a_token() {
    // The process's own cache, as programs have it.
    let (one, two) = (emulator(), emulator());
    let make = |e: &midentity_emulator::Emulator| {
        let cloud = Cloud::parse(e.cloud()).unwrap();
        Credential::builder().imds_endpoint(e.imds_endpoint()).cloud(cloud).env(Env::fixed([])).build().unwrap()
    };
    let (first, second) = (make(&one), make(&two));
    for _ in 0..3 {
        for (credential, emulator) in [(&first, &one), (&second, &two)] {
            let token = credential.get_token(&scope()).await.unwrap();
            let issuer = token.claims().unwrap().text("iss").unwrap().to_owned();
            assert!(issuer.starts_with(emulator.cloud()), "{issuer} is not {}", emulator.cloud());
        }
    }
    assert_eq!((token_requests(&one).len(), token_requests(&two).len()), (1, 1));
}

#[tokio::test]
async fn machines_of_one_emulator_never_share_a_token() {
    let emulator = emulator();
    for vm in ["both", "system", "one-user", "both", "system", "one-user"] {
        let credential =
            Credential::builder().imds_endpoint(emulator.imds_endpoint_of(vm)).env(Env::fixed([])).build().unwrap();
        let token = credential.get_token(&scope()).await.unwrap();
        let claims = token.claims().unwrap();
        let of = claims.managed_identity_resource_id().unwrap().to_ascii_lowercase();
        let expected = if vm == "one-user" { "/userassignedidentities/id1" } else { vm };
        assert!(of.ends_with(expected), "{vm} got the token of {of}");
    }
    assert_eq!(token_requests(&emulator).len(), 3);
}

#[tokio::test]
async fn a_token_refused_for_its_echo_is_not_in_the_cache() {
    let emulator = emulator();
    emulator.add_fault_json(r#"{"echo": {"resource": "https://vault.azure.net"}, "times": 1}"#).unwrap();
    let cache = TokenCache::new();
    let credential = builder(&emulator).cache(cache.clone()).build().unwrap();
    let error = credential.get_token(&scope()).await.unwrap_err();
    assert_eq!((error.kind(), error.id()), (ErrorKind::Authentication, "token.resource_mismatch"));
    assert!(cache.is_empty() && credential.cached_token(&scope()).is_none());
    credential.get_token(&scope()).await.unwrap();
    assert_eq!((cache.len(), token_requests(&emulator).len()), (1, 2));
}

#[tokio::test]
async fn the_error_of_one_identity_is_not_anothers() {
    let emulator = emulator();
    let wrong = builder(&emulator).identity(Identity::ClientId("c3000000-0000-4000-8000-000000000013".into()));
    let error = wrong.build().unwrap().get_token(&scope()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IdentityNotFound);
    assert!(credential(&emulator).get_token(&scope()).await.is_ok());
}

#[tokio::test]
async fn a_dropped_call_frees_the_connection_and_the_next_call_is_quick() {
    let emulator = emulator();
    emulator.add_fault_json(r#"{"hang": true, "times": 1}"#).unwrap();
    let credential = credential(&emulator);
    let scope = scope();
    assert!(tokio::time::timeout(Duration::from_millis(100), credential.get_token(&scope)).await.is_err());
    let start = Instant::now();
    credential.get_token(&scope).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(2));
    let requests = token_requests(&emulator);
    assert_eq!(requests.len(), 2);
    assert_ne!(requests[0].connection, requests[1].connection);
}

#[test]
fn a_blocking_call_is_cancelled_within_two_tenths_of_a_second() {
    let emulator = emulator();
    emulator.add_fault_json(r#"{"hang": true}"#).unwrap();
    let credential = blocking::Credential::from(credential(&emulator));
    let cancel = blocking::Cancel::new();
    let waiting = {
        let cancel = cancel.clone();
        std::thread::spawn(move || {
            let error = credential.get_token_with(&scope(), &TokenOptions::new(), &cancel).unwrap_err();
            (error, Instant::now())
        })
    };
    while token_requests(&emulator).is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let start = Instant::now();
    cancel.cancel();
    let (error, end) = waiting.join().unwrap();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(end - start < Duration::from_millis(200), "{:?}", end - start);
}
