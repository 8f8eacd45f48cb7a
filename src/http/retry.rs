//! When to try again, as data: one table for each kind of endpoint.

use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// What one kind of endpoint is worth trying again for.
#[derive(Debug, Clone)]
pub(crate) struct RetryTable {
    /// Tries after the first for 404, 429 and every 5xx; 0 switches all retries off.
    pub(crate) count: u32,
    /// The waits before them; the last one repeats.
    pub(crate) waits: &'static [Duration],
    /// Whether 404 is worth it: a token endpoint answers so while it starts, elsewhere it means what it says.
    pub(crate) not_found: bool,
    /// 410 (the service is being updated): tried again every so often, for at least this long in all.
    pub(crate) gone_wait: Duration,
    pub(crate) gone_total: Duration,
    /// A refused or broken connection: how often again, and after how long.
    pub(crate) refused: u32,
    pub(crate) refused_wait: Duration,
    /// No answer in the time for it: how often again, at once.
    pub(crate) silent: u32,
}

const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// IMDS. Source: Microsoft's retry guidance for the metadata service (404, 410, 429 and 5xx; 410 is over within
/// 70 s; wait at least 1 s after a 5xx), spread so that five retries end within 30 s.
pub(crate) const IMDS: RetryTable = RetryTable {
    count: 5,
    waits: &[secs(1), secs(2), secs(4), secs(7), secs(12)],
    not_found: true,
    gone_wait: secs(10),
    gone_total: secs(70),
    refused: 1,
    refused_wait: Duration::from_millis(200),
    silent: 2,
};

/// Resource Manager, for requests that change nothing.
pub(crate) const ARM: RetryTable = RetryTable {
    count: 3,
    waits: &[secs(1), secs(2), secs(4)],
    not_found: false,
    gone_wait: secs(10),
    gone_total: Duration::ZERO,
    refused: 1,
    refused_wait: Duration::from_millis(200),
    silent: 1,
};

/// How one try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Status(u16, Option<Duration>),
    /// Refused, or the connection broke.
    Refused,
    /// No connection or no answer in time.
    Silent,
    /// Nothing that another try would change.
    Final,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Again(Duration),
    Stop,
    /// Another try would have been worth it, but the time left is shorter than the wait.
    NoTimeLeft(Duration),
}

/// The tries of one call.
#[derive(Debug, Default)]
pub(crate) struct Retries {
    counted: u32,
    refused: u32,
    silent: u32,
    gone_since: Option<Duration>,
}

impl Retries {
    /// What to do after a try that ended at `now` (monotonic) with `left` of the call's time; `jitter` from 0 to 1
    /// spreads callers that started together.
    pub(crate) fn after(
        &mut self,
        table: &RetryTable,
        outcome: Outcome,
        now: Duration,
        left: Duration,
        jitter: f64,
    ) -> Decision {
        if table.count == 0 {
            return Decision::Stop;
        }
        let wait = match outcome {
            Outcome::Status(404, _) if !table.not_found => return Decision::Stop,
            Outcome::Status(410, after) => {
                let since = *self.gone_since.get_or_insert(now);
                if now.saturating_sub(since) >= table.gone_total {
                    return Decision::Stop;
                }
                // "At once" (0, or a date that has passed) would ask without a pause until the total time is over.
                after.filter(|a| !a.is_zero()).unwrap_or(table.gone_wait)
            }
            Outcome::Status(404 | 429 | 500..=599, after) => {
                if self.counted >= table.count {
                    return Decision::Stop;
                }
                let at = (self.counted as usize).min(table.waits.len().saturating_sub(1));
                self.counted += 1;
                let own = table.waits.get(at).copied().unwrap_or(secs(1));
                after.filter(|a| !a.is_zero()).unwrap_or_else(|| own.mul_f64(1.0 + jitter * 0.1))
            }
            Outcome::Refused if self.refused < table.refused => {
                self.refused += 1;
                table.refused_wait
            }
            Outcome::Silent if self.silent < table.silent => {
                self.silent += 1;
                Duration::ZERO
            }
            _ => return Decision::Stop,
        };
        if wait >= left { Decision::NoTimeLeft(wait) } else { Decision::Again(wait) }
    }
}

/// `Retry-After`: seconds, or an HTTP date.
pub(crate) fn parse_retry_after(text: &str, epoch_seconds: i64) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    // RFC 9110's date is RFC 2822's with the zone written as GMT.
    let at = OffsetDateTime::parse(&text.replace("GMT", "+0000"), &Rfc2822).ok()?;
    Some(Duration::from_secs((at.unix_timestamp() - epoch_seconds).max(0).unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLENTY: Duration = Duration::from_secs(1_000);

    fn waits(outcome: Outcome) -> Vec<Duration> {
        let (mut retries, mut now, mut waits) = (Retries::default(), Duration::ZERO, Vec::new());
        while let Decision::Again(wait) = retries.after(&IMDS, outcome, now, PLENTY, 0.0) {
            now += wait;
            waits.push(wait);
        }
        waits
    }

    #[test]
    fn five_retries_end_within_thirty_seconds_and_gone_lasts_seventy() {
        for status in [404, 429, 500, 502, 503, 504, 599] {
            let waits = waits(Outcome::Status(status, None));
            assert_eq!(waits.len(), 5, "{status}");
            assert!(waits.iter().sum::<Duration>().mul_f64(1.1) < secs(30));
            assert!(waits[0] >= secs(1));
        }
        assert!(waits(Outcome::Status(410, None)).iter().sum::<Duration>() >= secs(70));
    }

    #[test]
    fn refusals_are_final() {
        for status in [200, 302, 400, 401, 403, 418] {
            assert!(waits(Outcome::Status(status, None)).is_empty(), "{status}");
        }
    }

    #[test]
    fn a_wait_longer_than_the_time_left_ends_the_call() {
        let decision = Retries::default().after(&IMDS, Outcome::Status(429, Some(secs(3_600))), secs(0), secs(90), 0.0);
        assert_eq!(decision, Decision::NoTimeLeft(secs(3_600)));
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        assert_eq!(parse_retry_after("3", 0), Some(secs(3)));
        assert_eq!(parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT", 1_445_412_470), Some(secs(10)));
        assert_eq!(parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT", 1_545_412_470), Some(secs(0)));
        for bad in ["", "soon", "-1", "NaN", "1e99", "99999999999999999999999"] {
            assert!(parse_retry_after(bad, 0).is_none_or(|d| d > secs(1_000)), "{bad}");
        }
    }
}
