//! The token cache: one entry for each key, one request at a time for each entry, refresh ahead of expiry.
//!
//! A hit reads atomically published values and takes no lock. No lock is held across a network call: the caller that
//! finds no token leads, the others wait for its outcome; a leader that is cancelled hands over. Entries outlive a
//! `fork`, locks and flights don't.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result, id};
use crate::fork::PerProcess;
use crate::token::{AccessToken, TokenInner};

/// More entries than any program needs; a program that asks for ever new resources must not grow for ever.
const MOST_ENTRIES: usize = 1_024;
/// A failed refresh is not repeated for this long, doubling up to the longest.
const FIRST_BACK_OFF: Duration = Duration::from_secs(30);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(300);
/// Before expiry, where the lifetime is short: the peers' window.
const WINDOW: Duration = Duration::from_secs(300);
/// Tokens that live longer than this are refreshed at half-life.
const LONG_LIFE: i64 = 7_200;
/// With less than this left, a caller waits for the refresh instead of taking the old token away.
const LAST_MOMENT: Duration = Duration::from_secs(30);

/// What makes one token different from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// Source, endpoint, authority and tenant, identity, further parameters.
    pub(crate) partition: Arc<str>,
    /// As spelled.
    pub(crate) resource: Box<str>,
    pub(crate) cae: bool,
}

/// A cache of tokens. Credentials share the process's unless they are given one of their own.
///
/// ```
/// let cache = midentity::TokenCache::new();
/// let credential = midentity::Credential::builder().cache(cache.clone()).build()?;
/// cache.clear();
/// # drop(credential);
/// # Ok::<(), midentity::Error>(())
/// ```
#[derive(Clone)]
pub struct TokenCache(Arc<Entries>);

struct Entries {
    map: ArcSwap<HashMap<Key, Arc<Entry>>>,
    /// Goes up when the cache is cleared: entries taken out before are not used again.
    generation: AtomicU64,
}

impl TokenCache {
    /// A cache of its own, empty.
    ///
    /// ```
    /// assert!(midentity::TokenCache::new().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Entries { map: ArcSwap::default(), generation: AtomicU64::new(0) }))
    }

    /// The process's cache.
    ///
    /// ```
    /// midentity::TokenCache::process().clear();
    /// ```
    #[must_use]
    pub fn process() -> Self {
        static PROCESS: OnceLock<TokenCache> = OnceLock::new();
        PROCESS.get_or_init(Self::new).clone()
    }

    /// Forgets all tokens. Calls under way go on and their tokens are not kept.
    ///
    /// ```
    /// midentity::TokenCache::new().clear();
    /// ```
    pub fn clear(&self) {
        self.0.generation.fetch_add(1, Ordering::AcqRel);
        let old = self.0.map.swap(Arc::default());
        old.values().for_each(|entry| entry.retire());
    }

    /// Forgets the tokens of one partition, as [`TokenCache::clear`] does with all.
    pub(crate) fn forget(&self, partition: &str) {
        // Every credential looks its entries up anew, and finds those of others as they were.
        self.0.generation.fetch_add(1, Ordering::AcqRel);
        let old = self.0.map.rcu(|map| {
            let mut map = HashMap::clone(map);
            map.retain(|key, _| *key.partition != *partition);
            map
        });
        old.iter().filter(|(key, _)| *key.partition == *partition).for_each(|(_, entry)| entry.retire());
    }

    /// How many tokens it holds, expired ones included.
    ///
    /// ```
    /// assert_eq!(midentity::TokenCache::new().len(), 0);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.map.load().values().filter(|e| e.token.load().is_some()).count()
    }

    /// Whether it holds no token.
    ///
    /// ```
    /// assert!(midentity::TokenCache::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    pub(crate) fn entry(&self, key: &Key, clock: &Clock) -> Arc<Entry> {
        if let Some(entry) = self.0.map.load().get(key) {
            return Arc::clone(entry);
        }
        let fresh = Arc::new(Entry::default());
        self.0.map.rcu(|map| {
            let mut map = HashMap::clone(map);
            if map.len() >= MOST_ENTRIES {
                map.retain(|_, e| e.is_worth_keeping(clock));
                // All of them good: any half may go, the tokens can be had again.
                let mut keep = MOST_ENTRIES / 2;
                map.retain(|_, _| {
                    keep = keep.saturating_sub(1);
                    keep > 0
                });
            }
            map.entry(key.clone()).or_insert_with(|| Arc::clone(&fresh));
            map
        });
        // Another thread's entry may have been first.
        self.0.map.load().get(key).map_or(fresh, Arc::clone)
    }
}

impl Default for TokenCache {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenCache({} tokens)", self.len())
    }
}

/// A token with its times.
struct Stored {
    token: AccessToken,
    expires_wall: i64,
    expires_monotonic: Duration,
    last_moment: Duration,
    /// Monotonic milliseconds from which a refresh is due; moved on while one runs and after one failed.
    refresh_from: AtomicU64,
    failures: AtomicU32,
}

/// What the cache has for a caller.
pub(crate) enum Found {
    Fresh(AccessToken),
    /// Good, and due for a refresh.
    Stale(AccessToken),
    /// Good for some more seconds only.
    Expiring(AccessToken),
    Missing,
}

#[derive(Default)]
pub(crate) struct Entry {
    token: ArcSwapOption<Stored>,
    flight: PerProcess<Flight>,
    retired: AtomicBool,
}

#[derive(Default)]
struct Flight(Mutex<FlightState>);

#[derive(Default)]
struct FlightState {
    /// Goes up with every flight that starts.
    number: u64,
    running: Option<watch::Receiver<Landing>>,
}

/// How a flight ended, for those who waited.
#[derive(Clone)]
enum Landing {
    Flying,
    Landed(Result<AccessToken>),
    /// The leader was cancelled, or ran out of its own time: somebody else may lead.
    Abandoned,
}

/// A fetched token on its way into the cache.
pub(crate) struct Fetched {
    pub(crate) inner: TokenInner,
    /// The service's own refresh time, in seconds from now.
    pub(crate) refresh_in: Option<i64>,
}

impl Entry {
    /// Out of its cache: those who still hold it find nothing in it, and what a call under way brings is not kept.
    fn retire(&self) {
        self.retired.store(true, Ordering::Release);
        self.token.store(None);
    }

    fn is_worth_keeping(&self, clock: &Clock) -> bool {
        self.token.load().as_ref().is_some_and(|s| s.is_valid(clock.monotonic(), clock.epoch_seconds()))
    }

    /// The hit path: the time of the last tick and atomic loads.
    pub(crate) fn find(&self, clock: &Clock) -> Found {
        let stored = self.token.load();
        let Some(stored) = stored.as_ref() else { return Found::Missing };
        let (now, wall) = clock.at_last_tick();
        if !stored.is_valid(now, wall) {
            return Found::Missing;
        }
        let token = AccessToken { inner: Arc::clone(&stored.token.inner), from_cache: true };
        if millis(now) < stored.refresh_from.load(Ordering::Relaxed) {
            Found::Fresh(token)
        } else if now + stored.last_moment >= stored.expires_monotonic {
            Found::Expiring(token)
        } else {
            Found::Stale(token)
        }
    }

    /// Claims the refresh that is due: one caller gets `true`, the others go on with the old token. The claim ends by
    /// itself after the first back-off, so that a refresh that vanished (a cancelled task, a forked process) is not
    /// waited for.
    pub(crate) fn claim_refresh(&self, clock: &Clock) -> bool {
        let stored = self.token.load();
        let Some(stored) = stored.as_ref() else { return false };
        let now = clock.monotonic();
        let due = stored.refresh_from.load(Ordering::Acquire);
        millis(now) >= due
            && stored
                .refresh_from
                .compare_exchange(due, millis(now + FIRST_BACK_OFF), Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
    }

    /// After a failed refresh: the next one is due in 30 s, then 60, up to 300.
    pub(crate) fn refresh_failed(&self, clock: &Clock) {
        if let Some(stored) = self.token.load().as_ref() {
            let failures = stored.failures.fetch_add(1, Ordering::AcqRel).min(8);
            let wait = (FIRST_BACK_OFF * 2_u32.pow(failures)).min(LONGEST_BACK_OFF);
            stored.refresh_from.store(millis(clock.monotonic() + wait), Ordering::Release);
        }
    }

    /// Takes a token by one request for all who ask at the same time. `newer`: a flight that started before this call
    /// does not count (forced refresh).
    pub(crate) async fn take<F, Fut>(
        &self,
        clock: &Clock,
        limit: Duration,
        newer: bool,
        fetch: F,
    ) -> Result<AccessToken>
    where
        F: Fn(Duration) -> Fut,
        Fut: Future<Output = Result<Fetched>>,
    {
        let deadline = clock.monotonic() + limit;
        let flights = self.flight.get();
        let after = if newer { flights.lock().number } else { 0 };
        loop {
            let turn = {
                let mut state = flights.lock();
                match &state.running {
                    Some(running) => Turn::Wait(running.clone(), state.number),
                    None => {
                        let (done, running) = watch::channel(Landing::Flying);
                        state.number += 1;
                        state.running = Some(running);
                        Turn::Lead(Leader { flights: Arc::clone(&flights), done, landed: false })
                    }
                }
            };
            let left = deadline.saturating_sub(clock.monotonic());
            match turn {
                Turn::Lead(leader) => {
                    // A flight may have landed between the caller's look at the cache and now.
                    if !newer && let Found::Fresh(token) = self.find(clock) {
                        leader.land(Ok(token.clone()));
                        return Ok(token);
                    }
                    let result = match fetch(left).await {
                        Ok(fetched) => Ok(self.store(fetched, clock)),
                        Err(error) => Err(error),
                    };
                    // A call that used its own time up says nothing about the others' requests.
                    if clock.monotonic() < deadline || result.is_ok() {
                        leader.land(result.clone());
                    }
                    return result;
                }
                Turn::Wait(mut running, number) => {
                    let landed = clock.timeout(left, running.wait_for(|l| !matches!(l, Landing::Flying))).await;
                    match landed {
                        None => return Err(waited_too_long(limit)),
                        // A flight of before a forced refresh: its answer may be the one that was rejected.
                        Some(_) if newer && number <= after => {}
                        Some(Ok(landing)) => {
                            if let Landing::Landed(result) = &*landing {
                                return result.clone();
                            }
                        }
                        Some(Err(_)) => {}
                    }
                }
            }
        }
    }

    fn store(&self, fetched: Fetched, clock: &Clock) -> AccessToken {
        let Fetched { mut inner, refresh_in } = fetched;
        let (now, wall) = (clock.monotonic(), clock.epoch_seconds());
        let lifetime = inner.expires_on.saturating_sub(wall);
        let previous = self.token.load();
        inner.unchanged = previous.as_ref().is_some_and(|p| p.token.inner.secret.expose() == inner.secret.expose());
        let refresh_in = match refresh_in {
            Some(seconds) => Some(seconds.min(lifetime)),
            None if lifetime > LONG_LIFE => Some(lifetime / 2),
            None => None,
        };
        inner.refresh_on = refresh_in.map(|seconds| wall + seconds);
        let token = AccessToken::from_inner(inner);
        if lifetime <= 0 {
            tracing::warn!(
                expired_for_seconds = -lifetime,
                "the service gave a token that has expired; it is not cached"
            );
            return token;
        }
        if self.retired.load(Ordering::Acquire) {
            return token;
        }
        let life = Duration::from_secs(lifetime.unsigned_abs());
        let refresh = refresh_in
            .map_or_else(|| life.saturating_sub(WINDOW), |seconds| Duration::from_secs(seconds.max(0).unsigned_abs()));
        // Spread: machines that started together shall not come together. Never at once again, or a service that
        // keeps handing out an old token would be asked with every call.
        let refresh =
            (refresh + refresh.mul_f64(0.05 * clock.jitter()).min(Duration::from_secs(60))).max(FIRST_BACK_OFF);
        self.token.store(Some(Arc::new(Stored {
            expires_wall: token.expires_on(),
            expires_monotonic: now + life,
            last_moment: LAST_MOMENT.min(life / 8),
            refresh_from: AtomicU64::new(millis(now + refresh)),
            failures: AtomicU32::new(0),
            token: token.clone(),
        })));
        token
    }
}

impl Stored {
    /// By both clocks: the wall clock goes on while the machine sleeps, the monotonic one can't be set.
    fn is_valid(&self, monotonic: Duration, wall: i64) -> bool {
        monotonic < self.expires_monotonic && wall < self.expires_wall
    }
}

enum Turn {
    Lead(Leader),
    Wait(watch::Receiver<Landing>, u64),
}

/// The one that asks the service. Dropped without landing, it lets the others go on.
struct Leader {
    flights: Arc<Flight>,
    done: watch::Sender<Landing>,
    landed: bool,
}

impl Leader {
    fn land(mut self, result: Result<AccessToken>) {
        self.landed = true;
        self.finish(Landing::Landed(result));
    }

    fn finish(&self, landing: Landing) {
        self.flights.lock().running = None;
        self.done.send_replace(landing);
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        if !self.landed {
            self.finish(Landing::Abandoned);
        }
    }
}

impl Flight {
    fn lock(&self) -> MutexGuard<'_, FlightState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn waited_too_long(limit: Duration) -> Error {
    Error::new(
        ErrorKind::Timeout,
        id::IMDS_TIMEOUT,
        format!("another call's request for the same token did not end within {:.1} s", limit.as_secs_f64()),
    )
    .with_hint("give the call more time, or find out why the endpoint is slow")
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
