//! Time: a wall clock, a monotonic clock and waiting, replaceable in tests.

use std::fmt;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The system's clocks, or a clock that tests move by hand.
///
/// With [`Clock::manual`] every wait ends at once and moves the clock instead, so that a test of a 70 s retry
/// takes no time and can look at what was waited for.
///
/// ```
/// use std::time::Duration;
/// let clock = midentity::Clock::manual(1_700_000_000);
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.epoch_seconds(), 1_700_000_060);
/// ```
#[derive(Clone, Default)]
pub struct Clock(Option<Arc<Manual>>);

struct Manual {
    state: Mutex<ManualState>,
    io_is_real: bool,
}

struct ManualState {
    monotonic: Duration,
    wall: Duration,
    waits: Vec<Duration>,
}

impl Clock {
    /// The system's clocks.
    ///
    /// ```
    /// assert!(midentity::Clock::system().epoch_seconds() > 1_700_000_000);
    /// ```
    #[must_use]
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still at `epoch_seconds` until it is moved; waits and time limits pass at once and
    /// move it. For transports that answer from memory.
    ///
    /// ```
    /// assert_eq!(midentity::Clock::manual(5).epoch_seconds(), 5);
    /// ```
    #[must_use]
    pub fn manual(epoch_seconds: i64) -> Self {
        Self::new_manual(epoch_seconds, false)
    }

    /// Like [`Clock::manual`], but time limits on network calls are real: waits between tries pass at once while
    /// a server on this machine gets the time that it needs.
    ///
    /// ```
    /// assert_eq!(midentity::Clock::manual_between_requests(5).epoch_seconds(), 5);
    /// ```
    #[must_use]
    pub fn manual_between_requests(epoch_seconds: i64) -> Self {
        Self::new_manual(epoch_seconds, true)
    }

    fn new_manual(epoch_seconds: i64, io_is_real: bool) -> Self {
        let wall = Duration::from_secs(epoch_seconds.max(0).unsigned_abs());
        let state = ManualState { monotonic: Duration::from_secs(1_000), wall, waits: Vec::new() };
        Self(Some(Arc::new(Manual { state: Mutex::new(state), io_is_real })))
    }

    /// Moves a manual clock forward, both its wall and its monotonic time. The system's clock is left alone.
    ///
    /// ```
    /// let clock = midentity::Clock::manual(0);
    /// clock.advance(std::time::Duration::from_secs(2));
    /// assert_eq!(clock.epoch_seconds(), 2);
    /// ```
    pub fn advance(&self, by: Duration) {
        if let Some(manual) = &self.0 {
            manual.lock(|s| {
                s.monotonic += by;
                s.wall += by;
            });
        }
    }

    /// Sets a manual clock's wall time only, as when an administrator or NTP steps the clock.
    ///
    /// ```
    /// let clock = midentity::Clock::manual(100);
    /// clock.step_wall(50);
    /// assert_eq!(clock.epoch_seconds(), 50);
    /// ```
    pub fn step_wall(&self, epoch_seconds: i64) {
        if let Some(manual) = &self.0 {
            manual.lock(|s| s.wall = Duration::from_secs(epoch_seconds.max(0).unsigned_abs()));
        }
    }

    /// The waits between tries that a manual clock has seen, in order.
    ///
    /// ```
    /// assert!(midentity::Clock::manual(0).waits().is_empty());
    /// ```
    #[must_use]
    pub fn waits(&self) -> Vec<Duration> {
        self.0.as_ref().map(|m| m.lock(|s| s.waits.clone())).unwrap_or_default()
    }

    /// Seconds since 1970-01-01 UTC by the wall clock.
    ///
    /// ```
    /// assert_eq!(midentity::Clock::manual(7).epoch_seconds(), 7);
    /// ```
    #[must_use]
    pub fn epoch_seconds(&self) -> i64 {
        i64::try_from(self.wall().as_secs()).unwrap_or(i64::MAX)
    }

    pub(crate) fn wall(&self) -> Duration {
        match &self.0 {
            None => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            Some(manual) => manual.lock(|s| s.wall),
        }
    }

    /// Time since a fixed point of this process; never goes back.
    pub(crate) fn monotonic(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        match &self.0 {
            None => START.get_or_init(Instant::now).elapsed(),
            Some(manual) => manual.lock(|s| s.monotonic),
        }
    }

    /// [`Clock::monotonic`] and [`Clock::epoch_seconds`] as of the last tick of the system's timer, some milliseconds
    /// ago: reading them exactly would be most of the cost of a cache hit.
    pub(crate) fn at_last_tick(&self) -> (Duration, i64) {
        #[cfg(target_os = "linux")]
        if self.0.is_none() {
            return (coarse::monotonic(self), coarse::epoch_seconds());
        }
        (self.monotonic(), self.epoch_seconds())
    }

    /// A number from 0 to 1 that spreads callers which started together; always 0 on a manual clock.
    pub(crate) fn jitter(&self) -> f64 {
        if self.0.is_some() {
            return 0.0;
        }
        // Seeded by the system once for each thread: no system call on each request, as a UUID would be.
        let random = RandomState::new().hash_one(()) >> 12 & 0xf_ffff;
        random as f64 / f64::from(0xf_ffff_u32)
    }

    /// Waits between two tries.
    pub(crate) async fn sleep(&self, time: Duration) {
        match &self.0 {
            None => tokio::time::sleep(time).await,
            Some(manual) => {
                YieldOnce(false).await;
                manual.lock(|s| {
                    s.monotonic += time;
                    s.wall += time;
                    s.waits.push(time);
                });
            }
        }
    }

    /// The future's output, or `None` once `limit` has passed.
    pub(crate) async fn timeout<F: Future>(&self, limit: Duration, future: F) -> Option<F::Output> {
        match &self.0 {
            None => tokio::time::timeout(limit, future).await.ok(),
            Some(manual) if manual.io_is_real => tokio::time::timeout(limit, future).await.ok(),
            Some(manual) => {
                let mut future = pin!(future);
                let first = std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
                    Poll::Ready(output) => Poll::Ready(Some(output)),
                    Poll::Pending => Poll::Ready(None),
                });
                if let Some(output) = first.await {
                    return Some(output);
                }
                // What answers from memory may need some polls; what never answers uses the whole limit up.
                let mut polls = 0;
                let later = std::future::poll_fn(|cx| {
                    if let Poll::Ready(output) = future.as_mut().poll(cx) {
                        return Poll::Ready(Some(output));
                    }
                    polls += 1;
                    if polls > 64 {
                        return Poll::Ready(None);
                    }
                    cx.waker().wake_by_ref();
                    Poll::Pending
                });
                let output = later.await;
                if output.is_none() {
                    manual.lock(|s| {
                        s.monotonic += limit;
                        s.wall += limit;
                    });
                }
                output
            }
        }
    }
}

impl Manual {
    fn lock<T>(&self, f: impl FnOnce(&mut ManualState) -> T) -> T {
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Clock(manual)" } else { "Clock(system)" })
    }
}

#[cfg(target_os = "linux")]
mod coarse {
    use std::sync::OnceLock;
    use std::time::Duration;

    use rustix::time::{ClockId, Timespec, clock_gettime};

    use super::Clock;

    fn duration(time: Timespec) -> Duration {
        // Neither is before its beginning, and nanoseconds are fewer than a second's.
        Duration::new(time.tv_sec.max(0).unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
    }

    /// On the scale of [`Clock::monotonic`]: the difference of the two is fixed once, and is right to a tick.
    pub(super) fn monotonic(exact: &Clock) -> Duration {
        static START: OnceLock<Duration> = OnceLock::new();
        let now = duration(clock_gettime(ClockId::MonotonicCoarse));
        now.saturating_sub(*START.get_or_init(|| now.saturating_sub(exact.monotonic())))
    }

    pub(super) fn epoch_seconds() -> i64 {
        clock_gettime(ClockId::RealtimeCoarse).tv_sec
    }
}

struct YieldOnce(bool);

impl Future for YieldOnce {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn manual_waits_take_no_time_and_are_recorded() {
        let clock = Clock::manual(100);
        clock.sleep(Duration::from_secs(3_600)).await;
        assert_eq!(clock.waits(), [Duration::from_secs(3_600)]);
        assert_eq!(clock.epoch_seconds(), 3_700);
        assert_eq!(clock.timeout(Duration::from_secs(9), std::future::pending::<()>()).await, None);
        assert_eq!(clock.epoch_seconds(), 3_709);
        assert_eq!(clock.timeout(Duration::from_secs(9), async { 1 }).await, Some(1));
        assert_eq!(clock.epoch_seconds(), 3_709);
    }

    #[test]
    fn the_last_tick_is_not_long_ago() {
        let clock = Clock::system();
        for _ in 0..100 {
            let (tick, wall) = clock.at_last_tick();
            assert!(clock.monotonic().abs_diff(tick) < Duration::from_secs(1));
            assert!((0..=1).contains(&(clock.epoch_seconds() - wall)));
            std::thread::yield_now();
        }
        let manual = Clock::manual(7);
        assert_eq!(manual.at_last_tick(), (manual.monotonic(), 7));
    }

    #[test]
    fn a_wall_step_leaves_the_monotonic_clock_alone() {
        let clock = Clock::manual(100);
        let before = clock.monotonic();
        clock.step_wall(10);
        assert_eq!(clock.monotonic(), before);
    }
}
