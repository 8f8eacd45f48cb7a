//! When requests are tried again: `tests/vectors/retry.json`, and what one list of answers can't say.

use std::time::Instant;

use super::*;
use crate::blocking::{self, Cancel};
use crate::conformance::{Scenario, scenario};
use crate::http::Failure;
use crate::http::scripted::Step;

const VECTORS: &str = include_str!("../../../tests/vectors/retry.json");

fn step(answer: &Value) -> Step {
    let words = || "scripted".to_owned();
    if let Some(failure) = answer["failure"].as_str() {
        return Step::Fail(match failure {
            "refused" => Failure::Refused,
            "no_connection" => Failure::NoConnection,
            "no_route" => Failure::NoRoute("no route to host".into()),
            "broken" => Failure::Broken(false, words()),
            "broken_in_answer" => Failure::Broken(true, words()),
            "too_large" => Failure::TooLarge,
            "not_http" => Failure::NotHttp(words()),
            "hang" => return Step::Hang(false),
            "hang_in_answer" => return Step::Hang(true),
            other => panic!("no failure is called {other}"),
        });
    }
    if answer["token"] == true {
        return Step::token("scripted-token", 3_600);
    }
    let status = u16::try_from(answer["status"].as_u64().unwrap()).unwrap();
    let mut step = match answer["body"].as_str() {
        Some(body) => Step::text(status, body),
        None => Step::status(status),
    };
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        let name: &'static str = Box::leak(name.clone().into_boxed_str());
        step = step.with(name, value.as_str().unwrap());
    }
    step
}

async fn run(case: &Value) {
    let numbers: Vec<u32> =
        case["scenarios"].as_array().unwrap().iter().map(|n| u32::try_from(n.as_u64().unwrap()).unwrap()).collect();
    let name = case["name"].as_str().unwrap();
    let mut scenario = Scenario::case(&numbers, &format!("{}::every_vector", file!()), &format!("retry.json: {name}"));
    let clock = Clock::manual(NOW);
    let transport = Scripted::new(case["answers"].as_array().unwrap().iter().map(step));
    let mut options = builder(&transport, &clock);
    if let Some(count) = case["options"]["retries"].as_u64() {
        options = options.retries(u32::try_from(count).unwrap());
    }
    if let Some(limit) = case["options"]["timeout"].as_f64() {
        options = options.timeout(Duration::from_secs_f64(limit));
    }
    let result = options.build().unwrap().get_token(&scope()).await;
    let expect = &case["expect"];
    match (result, expect.get("error")) {
        (Ok(token), None) => scenario.equal(token.secret().expose(), "scripted-token"),
        (Err(error), Some(expected)) => scenario.error(&facts(&error), expected),
        (result, expected) => panic!("{name}: {result:?} instead of {expected:?}"),
    }
    scenario.requests(transport.count() as u64, expect["requests"].as_u64().unwrap());
    let waits: Vec<f64> = clock.waits().iter().map(Duration::as_secs_f64).collect();
    let sum: f64 = waits.iter().sum();
    if let Some(expected) = expect["waits"].as_array() {
        scenario.equal(waits, expected.iter().filter_map(Value::as_f64).collect::<Vec<_>>());
    }
    if let Some(most) = expect["waits_below"].as_f64() {
        scenario.check(sum < most, format!("{sum} s of waits"));
    }
    if let Some(least) = expect["waits_at_least"].as_f64() {
        scenario.check(sum >= least, format!("{sum} s of waits"));
    }
}

#[tokio::test]
async fn every_vector() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    for case in vectors["cases"].as_array().unwrap() {
        run(case).await;
    }
}

#[tokio::test]
async fn s074_every_call_has_all_its_retries() {
    let mut s = scenario!(74);
    let clock = Clock::manual(NOW);
    let transport = Scripted::new([Step::status(500)]);
    let credential = credential(&transport, &clock);
    for calls in 1..=3 {
        let error = take(&credential).await.unwrap_err();
        s.equal(error.attempts(), 6);
        s.requests(transport.count(), calls * 6);
    }
}

#[tokio::test]
async fn s087_a_plain_credential_does_not_probe() {
    let mut s = scenario!(87);
    let clock = Clock::manual(NOW);
    let transport = Scripted::new([Step::status(500)]);
    take(&credential(&transport, &clock)).await.unwrap_err();
    s.requests(transport.sent().iter().map(|r| r.metadata).collect::<Vec<_>>(), vec![true; 6]);
}

#[tokio::test]
async fn s065_an_error_is_never_kept_as_an_answer() {
    let mut s = scenario!(65);
    let clock = Clock::manual(NOW);
    let refused = Step::json(400, r#"{"error":"invalid_request","error_description":"no"}"#);
    let transport = Scripted::new([refused.clone(), refused.with("retry-after", "600"), Step::token("t", 3_600)]);
    let credential = credential(&transport, &clock);
    take(&credential).await.unwrap_err();
    take(&credential).await.unwrap_err();
    s.equal(take(&credential).await.unwrap(), "t");
    s.requests(transport.count(), 3);
}

#[tokio::test]
async fn s066_an_answer_is_never_kept_as_a_throttling_one() {
    let mut s = scenario!(66);
    let clock = Clock::manual(NOW);
    // A Retry-After beside a success must not hold the next request back.
    let transport = Scripted::new([Step::token("t1", 3_600).with("retry-after", "600"), Step::token("t2", 3_600)]);
    let credential = credential(&transport, &clock);
    s.equal(take(&credential).await.unwrap(), "t1");
    let other = Scope::parse("https://vault.azure.net/.default").unwrap();
    s.equal(credential.get_token(&other).await.unwrap().secret().expose(), "t2");
    s.requests(transport.count(), 2);
    s.equal(clock.waits(), Vec::<Duration>::new());
}

#[test]
fn s080_cancelled_while_waiting_for_the_next_try() {
    let mut s = scenario!(80);
    let transport = Scripted::new([Step::status(500)]);
    let credential = blocking::Credential::from(credential(&transport, &Clock::system()));
    let cancel = Cancel::new();
    let (other, sent) = (cancel.clone(), Arc::clone(&transport));
    let canceller = std::thread::spawn(move || {
        while sent.count() == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        other.cancel();
    });
    let start = Instant::now();
    let error = credential.get_token_with(&scope(), &TokenOptions::new(), &cancel).unwrap_err();
    canceller.join().unwrap();
    s.equal(error.kind(), ErrorKind::Cancelled);
    s.check(start.elapsed() < Duration::from_millis(900), "it waited for the next try");
    s.requests(transport.count(), 1);
}

#[test]
fn s098_cancelled_before_the_start() {
    let mut s = scenario!(98);
    let transport = Scripted::new([Step::token("t", 3_600)]);
    let credential = blocking::Credential::from(credential(&transport, &Clock::system()));
    let cancel = Cancel::new();
    cancel.cancel();
    let error = credential.get_token_with(&scope(), &TokenOptions::new(), &cancel).unwrap_err();
    s.equal(error.kind(), ErrorKind::Cancelled);
    s.requests(transport.count(), 0);
    // Nothing stays locked.
    s.equal(credential.get_token(&scope()).unwrap().secret().expose(), "t");
}

#[tokio::test]
async fn a_refused_leader_does_not_fail_those_with_more_time() {
    // The first call's short limit must not become the second call's error.
    let transport = Scripted::new([Step::Hang(false), Step::token("t", 3_600)]);
    let credential = credential(&transport, &Clock::system());
    let short = {
        let credential = credential.clone();
        let options = TokenOptions::new().timeout(Duration::from_millis(30));
        tokio::spawn(async move { credential.get_token_with(&scope(), &options).await })
    };
    tokio::task::yield_now().await;
    assert_eq!(take(&credential).await.unwrap(), "t");
    assert_eq!(short.await.unwrap().unwrap_err().kind(), ErrorKind::Unavailable);
}
