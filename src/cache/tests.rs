//! The cache alone, with a clock that is moved by hand.

use std::sync::atomic::AtomicUsize;

use super::*;
use crate::secret::Secret;

fn fetched(text: &str, expires_on: i64) -> Fetched {
    Fetched {
        inner: TokenInner {
            secret: Secret::from(text.to_owned()),
            expires_on,
            refresh_on: None,
            token_type: "Bearer".into(),
            source: None,
            identity_verified: false,
            unchanged: false,
        },
        refresh_in: None,
    }
}

const LIMIT: Duration = Duration::from_secs(90);
const NOW: i64 = 1_700_000_000;

#[tokio::test]
async fn a_thousand_tasks_make_one_request() {
    let (clock, entry, count) = (Clock::system(), Arc::new(Entry::default()), Arc::new(AtomicUsize::new(0)));
    let expires = clock.epoch_seconds() + 3_600;
    let tasks: Vec<_> = (0..1_000)
        .map(|_| {
            let (clock, entry, count) = (clock.clone(), Arc::clone(&entry), Arc::clone(&count));
            tokio::spawn(async move {
                entry
                    .take(&clock, LIMIT, false, |_| async {
                        count.fetch_add(1, Ordering::SeqCst);
                        tokio::time::sleep(Duration::from_millis(20)).await;
                        Ok(fetched("t", expires))
                    })
                    .await
            })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().unwrap().secret().expose(), "t");
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_cancelled_leader_hands_over() {
    let (clock, entry) = (Clock::system(), Arc::new(Entry::default()));
    let leader = {
        let (clock, entry) = (clock.clone(), Arc::clone(&entry));
        tokio::spawn(async move { entry.take(&clock, LIMIT, false, |_| std::future::pending()).await })
    };
    tokio::task::yield_now().await;
    let expires = clock.epoch_seconds() + 3_600;
    let follower = {
        let (clock, entry) = (clock.clone(), Arc::clone(&entry));
        tokio::spawn(async move { entry.take(&clock, LIMIT, false, |_| async { Ok(fetched("t", expires)) }).await })
    };
    tokio::task::yield_now().await;
    leader.abort();
    assert!(tokio::time::timeout(Duration::from_secs(5), follower).await.unwrap().unwrap().is_ok());
}

#[tokio::test]
async fn a_forced_call_does_not_take_an_older_flights_answer() {
    let (clock, entry) = (Clock::system(), Arc::new(Entry::default()));
    let expires = clock.epoch_seconds() + 3_600;
    let older = {
        let (clock, entry) = (clock.clone(), Arc::clone(&entry));
        tokio::spawn(async move {
            entry
                .take(&clock, LIMIT, false, |_| async {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    Ok(fetched("old", expires))
                })
                .await
        })
    };
    tokio::task::yield_now().await;
    let forced = entry.take(&clock, LIMIT, true, |_| async { Ok(fetched("new", expires)) }).await.unwrap();
    assert_eq!(forced.secret().expose(), "new");
    assert_eq!(older.await.unwrap().unwrap().secret().expose(), "old");
}

#[tokio::test]
async fn refresh_is_due_at_half_life_and_backs_off() {
    let (clock, entry) = (Clock::manual(NOW), Entry::default());
    entry.take(&clock, LIMIT, false, |_| async { Ok(fetched("t", NOW + 86_400)) }).await.unwrap();
    clock.advance(Duration::from_secs(43_199));
    assert!(matches!(entry.find(&clock), Found::Fresh(_)));
    clock.advance(Duration::from_secs(1));
    assert!(matches!(entry.find(&clock), Found::Stale(_)));
    assert!(entry.claim_refresh(&clock));
    assert!(!entry.claim_refresh(&clock));
    for wait in [30, 60, 120, 240, 300, 300] {
        entry.refresh_failed(&clock);
        clock.advance(Duration::from_secs(wait - 1));
        assert!(matches!(entry.find(&clock), Found::Fresh(_)), "{wait}");
        clock.advance(Duration::from_secs(1));
        assert!(entry.claim_refresh(&clock), "{wait}");
    }
}

#[tokio::test]
async fn both_clocks_end_a_token() {
    for step in [true, false] {
        let (clock, entry) = (Clock::manual(NOW), Entry::default());
        entry.take(&clock, LIMIT, false, |_| async { Ok(fetched("t", NOW + 3_600)) }).await.unwrap();
        if step {
            clock.step_wall(NOW + 3_600);
        } else {
            clock.advance(Duration::from_secs(3_600));
            clock.step_wall(NOW);
        }
        assert!(matches!(entry.find(&clock), Found::Missing));
    }
}

#[tokio::test]
async fn an_expired_token_is_handed_out_once_and_not_kept() {
    let (clock, entry) = (Clock::manual(NOW), Entry::default());
    let token = entry.take(&clock, LIMIT, false, |_| async { Ok(fetched("t", NOW - 5)) }).await.unwrap();
    assert_eq!(token.expires_on(), NOW - 5);
    assert!(matches!(entry.find(&clock), Found::Missing));
}

#[tokio::test]
async fn refresh_times_follow_the_lifetime() {
    let (clock, entry) = (Clock::manual(NOW), Entry::default());
    for (life, refresh_in, expected) in
        [(3_600, None, None), (7_200, None, None), (10_800, None, Some(5_400)), (3_600, Some(600), Some(600))]
    {
        let token = entry
            .take(&clock, LIMIT, true, |_| async { Ok(Fetched { refresh_in, ..fetched("t", NOW + life) }) })
            .await
            .unwrap();
        assert_eq!(token.refresh_on(), expected.map(|s: i64| NOW + s), "{life}");
    }
}

#[test]
fn the_cache_does_not_grow_for_ever() {
    let (cache, clock) = (TokenCache::new(), Clock::manual(NOW));
    for n in 0..3_000 {
        let key = Key { partition: "p".into(), resource: format!("r{n}").into(), cae: false };
        let _ = cache.entry(&key, &clock);
    }
    assert!(cache.0.map.load().len() <= MOST_ENTRIES);
}
