//! Slowing down before the service says 429: its answers tell how many requests are left.
//!
//! Source: Resource Manager's limits since 2024, token buckets for each caller, subscription and kind of request, which
//! fill up by 25 reads, 10 writes and 10 deletes in a second. The limits of single providers are told too; they have
//! windows of their own and are not looked at.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, Method};
use url::Url;

/// From so many left on, each request waits; the fewer, the longer.
const LOW: u64 = 10;
/// How many subscriptions are remembered at most.
const REMEMBERED: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    Write,
    Delete,
}

impl Kind {
    fn of(method: &Method) -> Self {
        match *method {
            Method::GET | Method::HEAD => Self::Read,
            Method::DELETE => Self::Delete,
            _ => Self::Write,
        }
    }

    /// The time in which one more is allowed.
    fn refill(self) -> Duration {
        Duration::from_millis(if self == Self::Read { 40 } else { 100 })
    }
}

struct Told {
    subscription: String,
    kind: Kind,
    left: u64,
    at: Duration,
}

/// What the answers told of one client's buckets.
#[derive(Default)]
pub(super) struct Pace(Mutex<Vec<Told>>);

fn subscription(url: &Url) -> String {
    let mut parts = url.path_segments().into_iter().flatten();
    match (parts.next(), parts.next()) {
        (Some(first), Some(id)) if first.eq_ignore_ascii_case("subscriptions") => id.to_ascii_lowercase(),
        _ => String::new(),
    }
}

fn left(headers: &HeaderMap) -> Option<u64> {
    let of_bucket = |name: &str| {
        let rest = name.strip_prefix("x-ms-ratelimit-remaining-");
        rest.is_some_and(|rest| rest.starts_with("subscription-") || rest.starts_with("tenant-"))
    };
    let named = headers.iter().filter(|(name, _)| of_bucket(name.as_str()));
    named.filter_map(|(_, value)| value.to_str().ok()?.trim().parse().ok()).min()
}

impl Pace {
    /// How long to wait before the next request of this kind.
    pub(super) fn wait(&self, method: &Method, url: &Url, now: Duration) -> Duration {
        let (kind, subscription) = (Kind::of(method), subscription(url));
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(told) = told.iter().find(|t| t.kind == kind && t.subscription == subscription) else {
            return Duration::ZERO;
        };
        let few = u32::try_from(LOW.saturating_sub(told.left)).unwrap_or_default();
        (told.at + kind.refill() * few).saturating_sub(now)
    }

    /// Remembers what an answer tells.
    pub(super) fn note(&self, method: &Method, url: &Url, headers: &HeaderMap, now: Duration) {
        let Some(left) = left(headers) else { return };
        let (kind, subscription) = (Kind::of(method), subscription(url));
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(told) = all.iter_mut().find(|t| t.kind == kind && t.subscription == subscription) {
            (told.left, told.at) = (left, now);
        } else if left < LOW {
            // A full bucket is nothing to remember, and the oldest is the one that has filled up again.
            if all.len() >= REMEMBERED {
                all.remove(0);
            }
            all.push(Told { subscription, kind, left, at: now });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(path: &str) -> Url {
        Url::parse(&format!("https://arm.test{path}?api-version=1")).unwrap()
    }

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        all.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect()
    }

    const READS: &str = "x-ms-ratelimit-remaining-subscription-reads";

    #[test]
    fn the_fewer_are_left_the_longer_it_waits() {
        let (pace, at, second) = (Pace::default(), url("/subscriptions/A/x"), Duration::from_secs(1));
        for (left, wait) in [("250", 0), ("10", 0), ("9", 40), ("5", 200), ("0", 400), ("100", 0)] {
            pace.note(&Method::GET, &at, &headers(&[(READS, left)]), second);
            assert_eq!(pace.wait(&Method::GET, &at, second).as_millis(), wait, "{left}");
        }
        pace.note(&Method::PUT, &at, &headers(&[("x-ms-ratelimit-remaining-subscription-writes", "0")]), second);
        assert_eq!(pace.wait(&Method::PATCH, &at, second), second);
        // Time that has passed counts, and what is another's does not.
        assert_eq!(pace.wait(&Method::PUT, &at, second + second / 2), second / 2);
        assert_eq!(pace.wait(&Method::PUT, &at, second * 9), Duration::ZERO);
        assert_eq!(pace.wait(&Method::DELETE, &at, second), Duration::ZERO);
        assert_eq!(pace.wait(&Method::PUT, &url("/subscriptions/B/x"), second), Duration::ZERO);
        assert_eq!(pace.wait(&Method::PUT, &url("/subscriptions/a/y"), second), second, "in any case");
    }

    #[test]
    fn the_smallest_bucket_counts_and_a_providers_does_not() {
        let told = headers(&[
            (READS, "200"),
            ("x-ms-ratelimit-remaining-subscription-global-reads", "3"),
            ("x-ms-ratelimit-remaining-resource", "Microsoft.Compute/UpdateVMResource;1"),
        ]);
        assert_eq!(left(&told), Some(3));
        assert_eq!(left(&headers(&[("x-ms-ratelimit-remaining-resource", "1")])), None);
        assert_eq!(left(&headers(&[(READS, "many")])), None);
        assert_eq!(left(&headers(&[("x-ms-ratelimit-remaining-tenant-reads", "7")])), Some(7));
    }
}
