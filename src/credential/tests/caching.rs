//! What is kept, for whom, and when it is renewed.

use super::*;
use crate::conformance::scenario;
use crate::http::scripted::Step;

const HOUR: i64 = 3_600;

/// Lets background refreshes run to their end.
async fn settle() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

/// Tokens `t1`, `t2`, … that live so long.
fn numbered(count: usize, lifetime: i64) -> Vec<Step> {
    (1..=count).map(|n| Step::token(&format!("t{n}"), lifetime)).collect()
}

fn advance(clock: &Clock, seconds: i64) {
    clock.advance(Duration::from_secs(seconds.unsigned_abs()));
}

fn identities() -> Vec<Identity> {
    let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";
    vec![
        Identity::Default,
        Identity::ClientId("a".into()),
        Identity::ClientId("b".into()),
        Identity::ObjectId("a".into()),
        Identity::ResourceId(id.into()),
        Identity::ResourceId(format!("{id}2")),
    ]
}

#[tokio::test]
async fn s089_s090_the_same_resource_comes_from_the_cache() {
    let (mut same, mut other) = (scenario!(89), scenario!(90));
    let clock = Clock::manual(NOW);
    let transport = Scripted::new(numbered(9, HOUR));
    let credential = credential(&transport, &clock);
    let first = credential.get_token(&scope()).await.unwrap();
    let second = credential.get_token(&scope()).await.unwrap();
    same.equal((first.from_cache(), second.from_cache()), (false, true));
    same.equal(second.secret().expose(), "t1");
    same.requests(transport.count(), 1);

    let vault = Scope::parse("https://vault.azure.net/.default").unwrap();
    other.equal(credential.get_token(&vault).await.unwrap().secret().expose(), "t2");
    other.requests(transport.count(), 2);
    for (scope, token) in [(&scope(), "t1"), (&vault, "t2")] {
        other.equal(credential.get_token(scope).await.unwrap().secret().expose(), token);
    }
    other.requests(transport.count(), 2);
}

#[tokio::test]
async fn s091_identities_of_every_kind_have_entries_of_their_own() {
    let mut s = scenario!(91);
    let (clock, cache) = (Clock::manual(NOW), TokenCache::new());
    let identities = identities();
    let transport = Scripted::new(numbered(9, HOUR));
    for _ in 0..2 {
        for (n, identity) in identities.iter().enumerate() {
            let credential =
                builder(&transport, &clock).identity(identity.clone()).cache(cache.clone()).build().unwrap();
            s.equal(take(&credential).await.unwrap(), format!("t{}", n + 1));
        }
    }
    s.requests(transport.count(), identities.len());
    s.equal(cache.len(), identities.len());
}

#[tokio::test]
async fn strict_and_default_identity_never_share() {
    // A token that the default identity got must not pass for the system-assigned one's.
    let (clock, cache) = (Clock::manual(NOW), TokenCache::new());
    let transport = Scripted::new(numbered(9, HOUR));
    take(&builder(&transport, &clock).cache(cache.clone()).build().unwrap()).await.unwrap();
    let strict = builder(&transport, &clock).identity(Identity::SystemAssigned).cache(cache).build().unwrap();
    assert_eq!(take(&strict).await.unwrap_err().id(), id::IDENTITY_NOT_PROVABLE);
}

#[tokio::test]
async fn s092_an_expired_entry_is_requested_again_and_the_error_comes_out() {
    let mut s = scenario!(92);
    let clock = Clock::manual(NOW);
    let transport = Scripted::new([Step::token("t1", HOUR), Step::status(400), Step::token("t2", HOUR)]);
    let credential = credential(&transport, &clock);
    take(&credential).await.unwrap();
    advance(&clock, HOUR);
    s.equal(take(&credential).await.unwrap_err().kind(), ErrorKind::Authentication);
    s.equal(take(&credential).await.unwrap(), "t2");
    s.requests(transport.count(), 3);
}

#[tokio::test]
async fn s093_a_failed_refresh_near_expiry_keeps_the_token_and_waits() {
    let mut s = scenario!(93);
    let clock = Clock::manual(NOW);
    let transport = Scripted::new([Step::token("t1", HOUR), Step::status(500)]);
    let credential = builder(&transport, &clock).retries(0).build().unwrap();
    take(&credential).await.unwrap();
    advance(&clock, HOUR - 301);
    take(&credential).await.unwrap();
    settle().await;
    s.requests(transport.count(), 1);
    advance(&clock, 1);
    // So many seconds after the first try, so many requests.
    for (seconds, requests) in [(0, 2), (29, 2), (1, 3), (59, 3), (1, 4)] {
        advance(&clock, seconds);
        for _ in 0..3 {
            s.equal(take(&credential).await.unwrap(), "t1");
            settle().await;
        }
        s.requests(transport.count(), requests);
    }
}

#[tokio::test]
async fn s094_refresh_is_tried_from_its_time_on_and_expiry_ignores_the_wait() {
    let mut s = scenario!(94);
    let clock = Clock::manual(NOW);
    let body = r#"{"access_token":"t1","expires_in":3600,"refresh_in":600}"#;
    let transport = Scripted::new([Step::json(200, body), Step::status(500), Step::token("t2", HOUR)]);
    let credential = builder(&transport, &clock).retries(0).build().unwrap();
    let token = credential.get_token(&scope()).await.unwrap();
    s.equal(token.refresh_on(), Some(NOW + 600));
    advance(&clock, 599);
    take(&credential).await.unwrap();
    settle().await;
    s.requests(transport.count(), 1);
    advance(&clock, 1);
    s.equal(take(&credential).await.unwrap(), "t1");
    settle().await;
    s.requests(transport.count(), 2);
    // The next try would be due in 30 s; an expired token does not wait for it.
    clock.step_wall(NOW + HOUR);
    s.equal(take(&credential).await.unwrap(), "t2");
    s.requests(transport.count(), 3);
}

#[tokio::test]
async fn past_half_life_the_old_token_is_served_while_refreshing_fails() {
    let clock = Clock::manual(NOW);
    let transport = Scripted::new([Step::token("t1", 24 * HOUR), Step::status(503)]);
    let credential = builder(&transport, &clock).retries(0).build().unwrap();
    take(&credential).await.unwrap();
    advance(&clock, 12 * HOUR);
    let mut requests = Vec::new();
    for wait in [0, 30, 60, 120, 240, 300, 300] {
        advance(&clock, wait);
        for _ in 0..5 {
            assert_eq!(take(&credential).await.unwrap(), "t1");
            settle().await;
        }
        requests.push(transport.count());
    }
    assert_eq!(requests, [2, 3, 4, 5, 6, 7, 8]);
    // The service is back: the next refresh brings the new token, and its calls wait for nothing.
    transport.play([Step::token("t2", 24 * HOUR)]);
    advance(&clock, 300);
    assert_eq!(take(&credential).await.unwrap(), "t1");
    settle().await;
    assert_eq!(take(&credential).await.unwrap(), "t2");
}

#[tokio::test]
async fn in_the_last_moment_a_call_waits_for_the_refresh_and_keeps_the_rest_if_it_fails() {
    let clock = Clock::manual(NOW);
    let transport = Scripted::new([Step::token("t1", HOUR), Step::status(500), Step::token("t2", HOUR)]);
    let credential = builder(&transport, &clock).retries(0).build().unwrap();
    take(&credential).await.unwrap();
    advance(&clock, HOUR - 20);
    assert_eq!(take(&credential).await.unwrap(), "t1");
    assert_eq!(take(&credential).await.unwrap(), "t2");
    assert_eq!(transport.count(), 3);
}

#[tokio::test]
async fn s051_refresh_time_follows_the_lifetime() {
    let mut s = scenario!(51);
    for (lifetime, refresh_in, expected) in [
        (HOUR, None, None),
        (2 * HOUR, None, None),
        (3 * HOUR, None, Some(3 * HOUR / 2)),
        (24 * HOUR, None, Some(12 * HOUR)),
        (24 * HOUR, Some(1_000), Some(1_000)),
        (HOUR, Some(9 * HOUR), Some(HOUR)),
    ] {
        let refresh = refresh_in.map(|n| format!(r#","refresh_in":{n}"#)).unwrap_or_default();
        let body = format!(r#"{{"access_token":"t","expires_in":"{lifetime}"{refresh}}}"#);
        let credential = credential(&Scripted::new([Step::json(200, body)]), &Clock::manual(NOW));
        let token = credential.get_token(&scope()).await.unwrap();
        s.equal(token.refresh_on(), expected.map(|seconds| NOW + seconds));
    }
}

#[tokio::test]
async fn s049_an_expired_token_is_handed_out_once_and_not_kept() {
    let mut s = scenario!(49);
    let clock = Clock::manual(NOW);
    let past = NOW - 10;
    for body in [
        format!(r#"{{"access_token":"t","expires_in":0,"expires_on":"{past}"}}"#),
        format!(r#"{{"access_token":"t","expires_on":{past}}}"#),
        format!(r#"{{"access_token":"t","expires_on":{NOW}}}"#),
        r#"{"access_token":"t","expires_in":0}"#.to_owned(),
    ] {
        let transport = Scripted::new([Step::json(200, body)]);
        let credential = credential(&transport, &clock);
        for requests in 1..=2 {
            let token = credential.get_token(&scope()).await.unwrap();
            s.check(token.expires_on() <= NOW && token.expires_on() >= past, token.expires_on());
            s.requests(transport.count(), requests);
        }
    }
}

#[tokio::test]
async fn s099_s101_claims_and_force_pass_the_cache_by() {
    let (mut claims, mut force) = (scenario!(99), scenario!(101));
    let clock = Clock::manual(NOW);
    let transport = Scripted::new(numbered(4, HOUR));
    let credential = credential(&transport, &clock);
    take(&credential).await.unwrap();
    let challenge = TokenOptions::new().claims(r#"{"access_token":{"nbf":{"essential":true}}}"#);
    let token = credential.get_token_with(&scope(), &challenge).await.unwrap();
    claims.equal((token.secret().expose(), token.from_cache()), ("t2", false));
    let sent = transport.sent();
    claims.requests(&sent[0], &sent[1]);
    let token = credential.get_token_with(&scope(), &TokenOptions::new().force_refresh(true)).await.unwrap();
    force.equal((token.secret().expose(), token.from_cache()), ("t3", false));
    force.requests(transport.count(), 3);
    // What a forced call brought is kept.
    force.equal(take(&credential).await.unwrap(), "t3");
    force.requests(transport.count(), 3);
}

#[tokio::test]
async fn a_forced_call_says_when_the_service_gave_the_same_token_back() {
    let clock = Clock::manual(NOW);
    let transport = Scripted::new([Step::token("same", HOUR), Step::token("same", HOUR), Step::token("new", HOUR)]);
    let credential = credential(&transport, &clock);
    let force = TokenOptions::new().force_refresh(true);
    let mut unchanged = Vec::new();
    for _ in 0..3 {
        unchanged.push(credential.get_token_with(&scope(), &force).await.unwrap().unchanged());
    }
    assert_eq!(unchanged, [false, true, false]);
}

#[tokio::test]
async fn s102_calls_with_and_without_cae_keep_separate_results() {
    let mut s = scenario!(102);
    let clock = Clock::manual(NOW);
    let transport = Scripted::new(numbered(3, HOUR));
    let credential = credential(&transport, &clock);
    let cae = TokenOptions::new().enable_cae(true);
    for _ in 0..2 {
        s.equal(take(&credential).await.unwrap(), "t1");
        s.equal(credential.get_token_with(&scope(), &cae).await.unwrap().secret().expose(), "t2");
    }
    s.requests(transport.count(), 2);
    s.equal(credential.cached_token_with(&scope(), true).unwrap().secret().expose(), "t2");
}

#[tokio::test]
async fn s103_credentials_share_one_cache() {
    let mut s = scenario!(103);
    let (clock, cache) = (Clock::manual(NOW), TokenCache::new());
    let transport = Scripted::new(numbered(3, HOUR));
    let make = || builder(&transport, &clock).cache(cache.clone()).build().unwrap();
    s.equal(take(&make()).await.unwrap(), "t1");
    s.equal(take(&make()).await.unwrap(), "t1");
    s.requests(transport.count(), 1);
    // One with a cache of its own does not take part.
    s.equal(take(&credential(&transport, &clock)).await.unwrap(), "t2");
}

#[tokio::test]
async fn s037_further_parameters_are_sent_and_separate_entries() {
    let mut s = scenario!(37, 14);
    let (clock, cache) = (Clock::manual(NOW), TokenCache::new());
    let transport = Scripted::new(numbered(4, HOUR));
    let make = |extra: &[(&str, &str)]| {
        let mut builder = builder(&transport, &clock).cache(cache.clone());
        for (name, value) in extra {
            builder = builder.extra_query(*name, *value);
        }
        builder.build().unwrap()
    };
    for (extra, token) in
        [(&[][..], "t1"), (&[("foo", "a b&c")], "t2"), (&[("foo", "x")], "t3"), (&[("foo", "a b&c")], "t2")]
    {
        s.equal(take(&make(extra)).await.unwrap(), token);
    }
    let sent = transport.sent();
    s.requests(sent.len(), 3);
    s.check(sent[1].target.ends_with("&foo=a+b%26c"), &sent[1].target);
}

#[tokio::test]
async fn s104_the_hosts_letter_case_makes_no_difference() {
    let mut s = scenario!(104);
    let (clock, cache) = (Clock::manual(NOW), TokenCache::new());
    let transport = Scripted::new(numbered(4, HOUR));
    let make =
        |at: &str| builder(&transport, &clock).imds_endpoint(at.to_owned()).cache(cache.clone()).build().unwrap();
    s.equal(take(&make("http://IMDS.Test")).await.unwrap(), "t1");
    s.equal(take(&make("HTTP://imds.test/")).await.unwrap(), "t1");
    s.requests(transport.count(), 1);
    // A resource is the service's to spell: two spellings are two entries, both good.
    let credential = make("http://imds.test");
    let upper = Scope::parse("https://Management.Azure.com/.default").unwrap();
    s.equal(credential.get_token(&upper).await.unwrap().secret().expose(), "t2");
    s.requests(transport.count(), 2);
}

#[tokio::test]
async fn endpoints_and_paths_separate_entries() {
    let (clock, cache) = (Clock::manual(NOW), TokenCache::new());
    let transport = Scripted::new(numbered(4, HOUR));
    for (at, token) in [("http://a", "t1"), ("http://a:81", "t2"), ("http://a/vm/x", "t3"), ("http://a:80/", "t1")] {
        let credential = builder(&transport, &clock).imds_endpoint(at).cache(cache.clone()).build().unwrap();
        assert_eq!(take(&credential).await.unwrap(), token, "{at}");
    }
}

#[tokio::test]
async fn a_cleared_cache_is_empty_for_all() {
    let (clock, cache) = (Clock::manual(NOW), TokenCache::new());
    let transport = Scripted::new(numbered(4, HOUR));
    let credential = builder(&transport, &clock).cache(cache.clone()).build().unwrap();
    take(&credential).await.unwrap();
    cache.clear();
    assert!(cache.is_empty() && credential.cached_token(&scope()).is_none());
    assert_eq!(take(&credential).await.unwrap(), "t2");
}

#[tokio::test]
async fn one_identity_s_tokens_are_cleared_for_all_who_ask_for_it() {
    let (clock, cache) = (Clock::manual(NOW), TokenCache::new());
    let transport = Scripted::new(numbered(4, HOUR));
    let build = |identity| builder(&transport, &clock).cache(cache.clone()).identity(identity).build().unwrap();
    let (one, twin, other) =
        (build(Identity::Default), build(Identity::Default), build(Identity::ClientId("a".into())));
    assert_eq!((take(&one).await.unwrap(), take(&twin).await.unwrap()), ("t1".into(), "t1".into()));
    let kept = take(&other).await.unwrap();
    one.clear_tokens();
    assert_eq!(cache.len(), 1);
    assert!(one.cached_token(&scope()).is_none() && twin.cached_token(&scope()).is_none());
    assert_eq!(take(&other).await.unwrap(), kept);
    assert_eq!((take(&twin).await.unwrap(), take(&one).await.unwrap()), ("t3".into(), "t3".into()));
}

#[tokio::test]
async fn s121_close_ends_a_credential_once_and_for_all() {
    let mut s = scenario!(121);
    let clock = Clock::manual(NOW);
    let transport = Scripted::new(numbered(2, HOUR));
    let used = credential(&transport, &clock);
    take(&used).await.unwrap();
    let unused = credential(&transport, &clock);
    for credential in [used, unused] {
        credential.close();
        credential.close();
        s.equal(take(&credential).await.unwrap_err().kind(), ErrorKind::Closed);
        s.check(credential.cached_token(&scope()).is_none(), "a closed credential gives no cached token");
    }
    s.requests(transport.count(), 1);
}
