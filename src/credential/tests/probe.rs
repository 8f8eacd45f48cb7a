//! The short first request of the option `probe`, as the peers send it in their chains.

use super::*;
use crate::conformance::scenario;
use crate::http::Failure;
use crate::http::scripted::Step;

fn probing(transport: &Arc<Scripted>, clock: &Clock) -> Credential {
    builder(transport, clock).probe(true).build().unwrap()
}

/// What the service answers to a request without its header.
fn no_header() -> Step {
    Step::json(400, r#"{"error":"invalid_request","error_description":"Required metadata header not specified"}"#)
}

fn metadata(transport: &Scripted) -> Vec<bool> {
    transport.sent().iter().map(|r| r.metadata).collect()
}

#[tokio::test]
async fn s081_the_probe_has_no_header_one_second_and_no_retry() {
    let mut s = scenario!(81);
    for failure in [Failure::NoConnection, Failure::Refused, Failure::Broken(false, String::new())] {
        let clock = Clock::manual(NOW);
        let transport = Scripted::new([Step::Fail(failure)]);
        let error = take(&probing(&transport, &clock)).await.unwrap_err();
        s.equal((error.kind(), error.id(), error.attempts()), (ErrorKind::Unavailable, id::IMDS_UNREACHABLE, 1));
        let sent = transport.sent();
        s.requests(sent.len(), 1);
        s.requests(
            (sent[0].target.as_str(), sent[0].metadata, sent[0].connect),
            ("/metadata/identity/oauth2/token", false, Duration::from_secs(1)),
        );
    }
    // A 500 shows that something is there: no second probe, the real request follows.
    let clock = Clock::manual(NOW);
    let transport = Scripted::new([Step::status(500), Step::token("t", 3_600)]);
    s.equal(take(&probing(&transport, &clock)).await.unwrap(), "t");
    s.requests(metadata(&transport), vec![false, true]);
    s.equal(clock.waits().len(), 0);
}

#[tokio::test]
async fn s081_a_silent_probe_ends_after_one_second() {
    let mut s = scenario!(81);
    let clock = Clock::manual(NOW);
    let transport = Scripted::new([Step::Hang(false)]);
    let error = take(&probing(&transport, &clock)).await.unwrap_err();
    s.equal(error.kind(), ErrorKind::Unavailable);
    s.equal(clock.epoch_seconds(), NOW + 1);
    s.requests(transport.count(), 1);
}

#[tokio::test]
async fn s082_probe_answered_then_the_real_request() {
    let mut s = scenario!(82);
    let clock = Clock::manual(NOW);
    let transport = Scripted::new([no_header(), Step::token("t", 3_600)]);
    s.equal(take(&probing(&transport, &clock)).await.unwrap(), "t");
    s.requests(metadata(&transport), vec![false, true]);
    s.check(transport.sent()[1].target.contains("resource="), "the second request asks for a token");
}

#[tokio::test]
async fn s083_a_failed_probe_is_not_remembered() {
    let mut s = scenario!(83);
    let clock = Clock::manual(NOW);
    let transport = Scripted::new([Step::Hang(false), Step::Hang(false), no_header(), Step::token("t", 3_600)]);
    let credential = probing(&transport, &clock);
    for _ in 0..2 {
        s.equal(take(&credential).await.unwrap_err().kind(), ErrorKind::Unavailable);
    }
    s.equal(take(&credential).await.unwrap(), "t");
    s.requests(metadata(&transport), vec![false, false, false, true]);
}

#[tokio::test]
async fn s084_after_an_answer_there_is_no_more_probe() {
    let mut s = scenario!(84);
    let clock = Clock::manual(NOW);
    let transport = Scripted::new([no_header(), Step::token("t", 3_600), Step::status(500)]);
    let credential = probing(&transport, &clock);
    s.equal(take(&credential).await.unwrap(), "t");
    let other = Scope::parse("https://vault.azure.net").unwrap();
    let error = credential.get_token(&other).await.unwrap_err();
    s.equal((error.kind(), error.attempts()), (ErrorKind::Service, 6));
    s.requests(metadata(&transport), [vec![false], vec![true; 7]].concat());
}

#[tokio::test]
async fn s085_the_variable_switches_the_probe_off() {
    let mut s = scenario!(85);
    let clock = Clock::manual(NOW);
    let transport = Scripted::new([Step::status(500)]);
    let env = Env::fixed([("AZURE_TOKEN_CREDENTIALS", "managedidentitycredential")]);
    let credential = builder(&transport, &clock).probe(true).env(env).build().unwrap();
    s.equal(take(&credential).await.unwrap_err().attempts(), 6);
    s.requests(metadata(&transport), vec![true; 6]);
}

#[tokio::test]
async fn s086_plain_text_shows_a_service_too() {
    let mut s = scenario!(86);
    let clock = Clock::manual(NOW);
    let transport = Scripted::new([Step::text(400, "Required metadata header not specified"), Step::token("t", 3_600)]);
    s.equal(take(&probing(&transport, &clock)).await.unwrap(), "t");
    s.requests(metadata(&transport), vec![false, true]);
}

#[tokio::test]
async fn s057_a_container_network_that_says_unreachable_fails_the_probe() {
    let mut s = scenario!(57);
    let clock = Clock::manual(NOW);
    let words = "connecting to 169.254.169.254:80: dial tcp: A socket operation was attempted to an unreachable host.";
    let transport = Scripted::new([Step::text(403, words)]);
    let error = take(&probing(&transport, &clock)).await.unwrap_err();
    s.equal((error.kind(), error.id()), (ErrorKind::Unavailable, id::IMDS_INTERCEPTED));
    s.requests(metadata(&transport), vec![false]);
}

#[tokio::test]
async fn s088_probe_answered_then_identity_not_found() {
    let mut s = scenario!(88);
    let missing = Step::json(400, r#"{"error":"invalid_request","error_description":"Identity not found"}"#);
    for (identity, kind) in [
        (Identity::Default, ErrorKind::Unavailable),
        (Identity::SystemAssigned, ErrorKind::Unavailable),
        (Identity::ClientId("c".into()), ErrorKind::IdentityNotFound),
    ] {
        let clock = Clock::manual(NOW);
        let transport = Scripted::new([no_header(), missing.clone()]);
        let credential = builder(&transport, &clock).probe(true).identity(identity).build().unwrap();
        s.equal(take(&credential).await.unwrap_err().kind(), kind);
        s.requests(metadata(&transport), vec![false, true]);
    }
}
