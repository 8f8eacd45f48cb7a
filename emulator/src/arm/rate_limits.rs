//! How many requests are taken: a bucket for each caller, subscription and kind of request, and one for the whole
//! subscription that is fifteen times as large. Source: Resource Manager's limits since 2024 (token buckets).

use std::collections::HashMap;

use http::{Method, StatusCode};
use uuid::Uuid;

use super::envelope::error;
use crate::control::settings::{Rate, RateLimits};
use crate::server::reply::Reply;

/// The whole subscription's bucket is so many times a caller's.
const GLOBAL: u32 = 15;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

    fn rate(self, limits: &RateLimits) -> &Rate {
        match self {
            Self::Read => &limits.reads,
            Self::Write => &limits.writes,
            Self::Delete => &limits.deletes,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
        }
    }
}

struct Bucket {
    left: f64,
    at: i64,
}

/// Whose (nobody's: everybody's together), where (nowhere: the tenant), which kind.
type Key = (Option<Uuid>, Option<Uuid>, Kind);

#[derive(Default)]
pub(crate) struct Buckets(HashMap<Key, Bucket>);

impl Buckets {
    /// Takes one out where there is one; gives how many are left, else in how many seconds there is one again.
    fn take(&mut self, key: Key, times: u32, rate: &Rate, now: i64) -> Result<u64, u64> {
        let (times, full) = (f64::from(times), f64::from(rate.burst));
        let (full, per_second) = (full * times, rate.per_second * times);
        let bucket = self.0.entry(key).or_insert(Bucket { left: full, at: now });
        #[allow(clippy::cast_precision_loss)]
        let since = (now - bucket.at).max(0) as f64 / 1000.0;
        bucket.left = (bucket.left + since * per_second).min(full);
        bucket.at = now;
        if bucket.left < 1.0 {
            let wait =
                if per_second > 0.0 { ((1.0 - bucket.left) / per_second).ceil().clamp(1.0, 3600.0) } else { 3600.0 };
            return Err(whole(wait));
        }
        bucket.left -= 1.0;
        Ok(whole(bucket.left))
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(number: f64) -> u64 {
    number as u64
}

/// What a call may tell of the buckets.
pub(super) struct Remaining(Vec<(&'static str, u64)>);

impl Remaining {
    pub(super) fn told(&self, reply: Reply) -> Reply {
        self.0.iter().fold(reply, |reply, (name, left)| reply.with(name, &left.to_string()))
    }
}

/// # Errors
/// 429 where the caller, or the subscription as a whole, has none left.
pub(super) fn take(
    buckets: &mut Buckets,
    limits: &RateLimits,
    caller: Uuid,
    subscription: Option<Uuid>,
    method: &Method,
    now: i64,
) -> Result<Remaining, Reply> {
    let kind = Kind::of(method);
    let rate = kind.rate(limits);
    let (own, global) = match (subscription.is_some(), kind) {
        (true, Kind::Read) => {
            ("x-ms-ratelimit-remaining-subscription-reads", Some("x-ms-ratelimit-remaining-subscription-global-reads"))
        }
        (true, Kind::Write) => (
            "x-ms-ratelimit-remaining-subscription-writes",
            Some("x-ms-ratelimit-remaining-subscription-global-writes"),
        ),
        (true, Kind::Delete) => (
            "x-ms-ratelimit-remaining-subscription-deletes",
            Some("x-ms-ratelimit-remaining-subscription-global-deletes"),
        ),
        (false, Kind::Read) => ("x-ms-ratelimit-remaining-tenant-reads", None),
        (false, Kind::Write) => ("x-ms-ratelimit-remaining-tenant-writes", None),
        (false, Kind::Delete) => ("x-ms-ratelimit-remaining-tenant-deletes", None),
    };
    let refuse = |name: &'static str, seconds: u64| {
        let (code, whose) = match subscription {
            Some(id) => ("SubscriptionRequestsThrottled", format!("subscription '{id}'")),
            None => ("TooManyRequests", "the tenant".to_owned()),
        };
        let message = format!(
            "Number of '{}' requests for {whose} actor '{caller}' exceeded. Please try again after '{seconds}' seconds \
             after additional tokens are available.",
            kind.name()
        );
        let reply = error(StatusCode::TOO_MANY_REQUESTS, code, &message);
        reply.with("retry-after", &seconds.to_string()).with(name, "0")
    };
    let mut left = Vec::with_capacity(2);
    let key = (Some(caller), subscription, kind);
    left.push((own, buckets.take(key, 1, rate, now).map_err(|wait| refuse(own, wait))?));
    if let Some(name) = global {
        let key = (None, subscription, kind);
        left.push((name, buckets.take(key, GLOBAL, rate, now).map_err(|wait| refuse(name, wait))?));
    }
    Ok(Remaining(left))
}
