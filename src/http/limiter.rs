//! Keeps this process under the metadata service's published limits, so that many threads are slowed down a little
//! instead of being answered 429.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::clock::Clock;

/// Identity requests to IMDS: 20 in a second and 5 at once for each machine.
const PER_SECOND: usize = 20;
const AT_ONCE: usize = 5;
const WINDOW: Duration = Duration::from_secs(1);

pub(crate) struct Limiter {
    slots: Semaphore,
    started: Mutex<VecDeque<Duration>>,
}

impl Default for Limiter {
    fn default() -> Self {
        Self { slots: Semaphore::new(AT_ONCE), started: Mutex::new(VecDeque::with_capacity(PER_SECOND)) }
    }
}

impl Limiter {
    /// Waits for a turn; the request may run while the permit is held.
    pub(crate) async fn turn(&self, clock: &Clock) -> Option<SemaphorePermit<'_>> {
        let permit = self.slots.acquire().await.ok()?;
        loop {
            let wait = {
                let now = clock.monotonic();
                let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
                while started.front().is_some_and(|t| now.saturating_sub(*t) >= WINDOW) {
                    started.pop_front();
                }
                if started.len() < PER_SECOND {
                    started.push_back(now);
                    return Some(permit);
                }
                started.front().map_or(WINDOW, |t| WINDOW.saturating_sub(now.saturating_sub(*t)))
            };
            clock.sleep(wait).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn twenty_in_any_second() {
        let (limiter, clock) = (Limiter::default(), Clock::manual(0));
        let mut starts = Vec::new();
        for _ in 0..50 {
            let _permit = limiter.turn(&clock).await.unwrap();
            starts.push(clock.monotonic());
            clock.advance(Duration::from_millis(1));
        }
        for pair in starts.windows(PER_SECOND + 1) {
            assert!(pair[PER_SECOND] - pair[0] >= WINDOW);
        }
    }

    #[tokio::test]
    async fn five_at_once() {
        let (limiter, clock) = (Limiter::default(), Clock::manual(0));
        let mut held = Vec::new();
        for _ in 0..AT_ONCE {
            held.push(limiter.turn(&clock).await.unwrap());
        }
        assert!(clock.timeout(Duration::from_secs(9), limiter.turn(&clock)).await.is_none());
        held.pop();
        assert!(clock.timeout(Duration::from_secs(9), limiter.turn(&clock)).await.is_some());
    }
}
