//! Credentials and clients that outlive runtimes, and serve several of them.

use std::time::Duration;

use midentity::arm::ArmClient;
use midentity::{Cloud, Credential, TokenOptions, blocking};
use tokio::runtime::{Builder, Runtime};

use crate::server::{builder, credential, emulator, scope, token_requests};

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn several_threads() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

async fn fresh(credential: &Credential) {
    let force = TokenOptions::new().force_refresh(true).timeout(Duration::from_secs(5));
    credential.get_token_with(&scope(), &force).await.unwrap();
}

#[test]
fn runtimes_come_and_go() {
    let emulator = emulator();
    let credential = credential(&emulator);
    for runtime in [one_thread(), several_threads(), one_thread(), several_threads()] {
        // Twice: the second request takes up the first one's connection.
        runtime.block_on(fresh(&credential));
        runtime.block_on(fresh(&credential));
    }
    assert_eq!(token_requests(&emulator).len(), 8);
}

#[test]
fn two_runtimes_at_the_same_time() {
    let emulator = emulator();
    let credential = credential(&emulator);
    let (one, two) = (one_thread(), several_threads());
    for _ in 0..5 {
        one.block_on(fresh(&credential));
        two.block_on(fresh(&credential));
        std::thread::scope(|s| {
            s.spawn(|| one_thread().block_on(fresh(&credential)));
            s.spawn(|| two.block_on(fresh(&credential)));
        });
    }
    // A connection is only taken up on the runtime that it was made on.
    let requests = token_requests(&emulator);
    assert_eq!(requests.len(), 20);
    assert_ne!(requests[0].connection, requests[1].connection);
}

#[test]
fn a_runtime_that_goes_in_the_middle_of_a_call_blocks_nobody() {
    let emulator = emulator();
    emulator.add_fault_json(r#"{"hang": true, "times": 1}"#).unwrap();
    let credential = credential(&emulator);
    let runtime = several_threads();
    let task = {
        let credential = credential.clone();
        runtime.spawn(async move { credential.get_token(&scope()).await })
    };
    while token_requests(&emulator).is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    runtime.shutdown_background();
    let token = one_thread().block_on(async {
        let scope = scope();
        tokio::time::timeout(Duration::from_secs(5), credential.get_token(&scope)).await
    });
    assert!(token.unwrap().is_ok());
    drop(task);
}

#[test]
fn the_blocking_twin_beside_a_runtime() {
    let emulator = emulator();
    let credential = credential(&emulator);
    let twin = blocking::Credential::from(credential.clone());
    twin.get_token(&scope()).unwrap();
    let runtime = several_threads();
    runtime.block_on(async {
        assert!(credential.get_token(&scope()).await.unwrap().from_cache());
        // Inside a runtime the twin gives what it has, and refuses to wait.
        assert!(twin.get_token(&scope()).unwrap().from_cache());
        let force = TokenOptions::new().force_refresh(true);
        let error = twin.get_token_with(&scope(), &force, &blocking::Cancel::new()).unwrap_err();
        assert_eq!(error.id(), "runtime.nested");
        // A thread of its own is none of the runtime's.
        let force = TokenOptions::new().force_refresh(true);
        let there = twin.clone();
        let thread = std::thread::spawn(move || there.get_token_with(&scope(), &force, &blocking::Cancel::new()));
        thread.join().unwrap().unwrap();
    });
    assert_eq!(token_requests(&emulator).len(), 2);
}

#[test]
fn resource_managers_client_on_several_runtimes() {
    let emulator = emulator();
    let client = ArmClient::builder(builder(&emulator).build().unwrap())
        .cloud(Cloud::parse(emulator.cloud()).unwrap())
        .ca_file(emulator.ca_file())
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    let kept = one_thread();
    for _ in 0..2 {
        for runtime in [&kept, &one_thread(), &several_threads()] {
            let response = runtime.block_on(client.get("/subscriptions", "2022-12-01")).unwrap();
            assert_eq!(response.status(), 200);
        }
        blocking::ArmClient::from(client.clone()).get("/subscriptions", "2022-12-01").unwrap();
    }
}

#[test]
fn calls_are_send_and_need_no_lifetime_of_the_runtime() {
    fn sendable<T: Send>(value: T) -> T {
        value
    }
    let emulator = emulator();
    let credential = credential(&emulator);
    let scope = scope();
    let call = sendable(credential.get_token(&scope));
    assert!(several_threads().block_on(call).is_ok());
}
