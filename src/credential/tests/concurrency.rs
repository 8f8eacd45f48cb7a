//! Many callers at once: one request, and nobody's cancellation is another's.

use super::*;
use crate::blocking;
use crate::conformance::scenario;
use crate::http::scripted::Step;

fn slow_token(token: &str, lifetime: i64) -> Step {
    Step::Slow(40, Box::new(Step::token(token, lifetime)))
}

#[tokio::test]
async fn s095_ten_cold_calls_make_one_request() {
    let mut s = scenario!(95);
    let transport = Scripted::new([slow_token("t1", 3_600), slow_token("t2", 3_600)]);
    let credential = credential(&transport, &Clock::system());
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let credential = credential.clone();
            tokio::spawn(async move { take(&credential).await })
        })
        .collect();
    for task in tasks {
        s.equal(task.await.unwrap().unwrap(), "t1");
    }
    s.requests(transport.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_cold_tasks_make_one_request() {
    let transport = Scripted::new([slow_token("t1", 3_600), slow_token("t2", 3_600)]);
    let credential = credential(&transport, &Clock::system());
    let tasks: Vec<_> = (0..1_000)
        .map(|_| {
            let credential = credential.clone();
            tokio::spawn(async move { take(&credential).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap(), "t1");
    }
    assert_eq!(transport.count(), 1);
}

#[test]
fn sixty_four_cold_threads_make_one_request() {
    let transport = Scripted::new([slow_token("t1", 3_600), slow_token("t2", 3_600)]);
    let credential = blocking::Credential::from(credential(&transport, &Clock::system()));
    let start = Arc::new(std::sync::Barrier::new(64));
    let threads: Vec<_> = (0..64)
        .map(|_| {
            let (credential, start) = (credential.clone(), Arc::clone(&start));
            std::thread::spawn(move || {
                start.wait();
                credential.get_token(&scope()).map(|t| t.secret().expose().to_owned())
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap().unwrap(), "t1");
    }
    assert_eq!(transport.count(), 1);
}

#[tokio::test]
async fn an_error_reaches_all_who_waited_for_it() {
    let transport = Scripted::new([Step::Slow(40, Box::new(Step::status(400)))]);
    let credential = credential(&transport, &Clock::system());
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let credential = credential.clone();
            tokio::spawn(async move { take(&credential).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap_err().kind(), ErrorKind::Authentication);
    }
    assert_eq!(transport.count(), 1);
}

#[tokio::test]
async fn one_slow_resource_does_not_hold_another_up() {
    let transport = Scripted::new([Step::Hang(false), Step::token("t2", 3_600)]);
    let credential = credential(&transport, &Clock::system());
    let hanging = {
        let credential = credential.clone();
        tokio::spawn(async move { take(&credential).await })
    };
    tokio::task::yield_now().await;
    let other = Scope::parse("https://vault.azure.net").unwrap();
    assert_eq!(credential.get_token(&other).await.unwrap().secret().expose(), "t2");
    hanging.abort();
}

#[tokio::test]
async fn s096_ten_thousand_calls_at_the_refresh_time_make_one_request() {
    let mut s = scenario!(96);
    let clock = Clock::manual(NOW);
    let transport = Scripted::new([Step::token("t1", 86_400), slow_token("t2", 86_400), Step::status(500)]);
    let credential = credential(&transport, &clock);
    take(&credential).await.unwrap();
    clock.advance(Duration::from_secs(43_200));
    let tasks: Vec<_> = (0..10_000)
        .map(|_| {
            let credential = credential.clone();
            tokio::spawn(async move { take(&credential).await })
        })
        .collect();
    let mut good = 0;
    for task in tasks {
        let token = task.await.unwrap().unwrap();
        good += usize::from(token == "t1" || token == "t2");
    }
    s.equal(good, 10_000);
    s.requests(transport.count(), 2);
    while transport.count() == 2 && take(&credential).await.unwrap() == "t1" {
        tokio::task::yield_now().await;
    }
    s.equal(take(&credential).await.unwrap(), "t2");
}

#[test]
fn s097_a_cancelled_background_refresh_costs_nobody_the_token() {
    let mut s = scenario!(97);
    let clock = Clock::manual(NOW);
    let transport = Scripted::new([Step::token("t1", 86_400), Step::Hang(false), Step::token("t2", 86_400)]);
    let credential = credential(&transport, &clock);
    let one_thread = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    one_thread().block_on(take(&credential)).unwrap();
    clock.advance(Duration::from_secs(43_200));
    let runtime = one_thread();
    runtime.block_on(async {
        s.equal(take(&credential).await.unwrap(), "t1");
        tokio::task::yield_now().await;
    });
    s.requests(transport.count(), 2);
    // The runtime goes, and the refresh with it.
    drop(runtime);
    one_thread().block_on(async {
        s.equal(take(&credential).await.unwrap(), "t1");
        // Not waited for: it is tried again after the first back-off.
        clock.advance(Duration::from_secs(30));
        s.equal(take(&credential).await.unwrap(), "t1");
        for _ in 0..64 {
            tokio::task::yield_now().await;
        }
        s.equal(take(&credential).await.unwrap(), "t2");
    });
    s.requests(transport.count(), 3);
}

#[tokio::test]
async fn dropping_a_call_ends_its_request_and_the_next_one_leads() {
    let transport = Scripted::new([Step::Hang(false), Step::token("t2", 3_600)]);
    let credential = credential(&transport, &Clock::system());
    assert!(tokio::time::timeout(Duration::from_millis(5), take(&credential)).await.is_err());
    assert_eq!(take(&credential).await.unwrap(), "t2");
    assert_eq!(transport.count(), 2);
}

#[test]
fn outside_a_runtime_a_cached_token_needs_none_and_a_fetch_says_so() {
    use std::future::Future;
    use std::task::{Context, Poll, Waker};
    let clock = Clock::manual(NOW);
    let transport = Scripted::new([Step::token("t", 3_600)]);
    let credential = credential(&transport, &clock);
    let poll = |credential: &Credential| {
        let scope = scope();
        let mut call = Box::pin(credential.get_token(&scope));
        match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result,
            Poll::Pending => panic!("it waits"),
        }
    };
    assert_eq!(poll(&credential).unwrap_err().id(), id::RUNTIME_MISSING);
    blocking::Credential::from(credential.clone()).get_token(&scope()).unwrap();
    assert_eq!(poll(&credential).unwrap().secret().expose(), "t");
    // Due for a refresh that nobody here can do: the old token is still good.
    clock.advance(Duration::from_secs(3_400));
    assert_eq!(poll(&credential).unwrap().secret().expose(), "t");
}
