//! The published limits of the real metadata address, 20 requests a second and 5 at once. The address itself is never
//! asked: the transport answers from memory.

use super::*;
use crate::http::scripted::Step;

fn at_the_real_address(transport: &Arc<Scripted>, clock: &Clock) -> CredentialBuilder {
    builder(transport, clock).imds_endpoint("http://169.254.169.254").identity(Identity::Default)
}

async fn ask_many(credential: &Credential, count: usize) {
    let tasks: Vec<_> = (0..count)
        .map(|n| {
            let (credential, scope) = (credential.clone(), Scope::parse(&format!("https://r{n}.test")).unwrap());
            tokio::spawn(async move { credential.get_token(&scope).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
}

// One test, because the limiter is the process's own: its count must not be another test's.
#[tokio::test]
async fn the_real_address_is_asked_five_at_once_and_twenty_a_second() {
    let slow = || Step::Slow(3, Box::new(Step::token("t", 3_600)));

    let (transport, clock) = (Scripted::new([slow()]), Clock::system());
    ask_many(&at_the_real_address(&transport, &clock).build().unwrap(), 12).await;
    assert_eq!((transport.count(), transport.most_at_once()), (12, 5));

    // Elsewhere nothing is limited unless asked for.
    let elsewhere = Scripted::new([slow()]);
    ask_many(&credential(&elsewhere, &clock), 12).await;
    assert_eq!(elsewhere.most_at_once(), 12);
    let asked_for = Scripted::new([slow()]);
    ask_many(&builder(&asked_for, &clock).limit_requests(true).build().unwrap(), 6).await;
    assert_eq!(asked_for.most_at_once(), 5);
    let switched_off = Scripted::new([slow()]);
    ask_many(&at_the_real_address(&switched_off, &clock).limit_requests(false).build().unwrap(), 12).await;
    assert_eq!(switched_off.most_at_once(), 12);

    // By a clock of its own: 50 requests one after the other need two seconds, whose waits pass at once.
    let (transport, clock) = (Scripted::new([Step::token("t", 3_600)]), Clock::manual(NOW));
    let credential = at_the_real_address(&transport, &clock).build().unwrap();
    // The system clock's entries of above stand in the future or past of this one: let them go.
    clock.advance(Duration::from_secs(3_600));
    let mut starts = Vec::new();
    for n in 0..50 {
        credential.get_token(&Scope::parse(&format!("https://s{n}.test")).unwrap()).await.unwrap();
        starts.push(clock.monotonic());
    }
    for pair in starts.windows(21) {
        assert!(pair[20] - pair[0] >= Duration::from_secs(1), "{pair:?}");
    }
    assert_eq!(transport.count(), 50);
}
