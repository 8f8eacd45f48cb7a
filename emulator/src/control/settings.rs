//! How slow the emulated Azure is: long-running operations, replication, caches, pages.

use serde::{Deserialize, Serialize};

/// How slow the emulated Azure is, until changed or reset. The defaults are quick, so that tests are.
///
/// ```
/// use midentity_emulator::{Emulator, Lro, Options, Settings};
///
/// let emulator = Emulator::start(Options::default())?;
/// let lro = Lro { seconds: 0.05, ..Lro::default() };
/// emulator.set_settings(Settings { lro, replication_delay_seconds: 2.0, ..Settings::default() });
/// # Ok::<(), midentity_emulator::StartError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Long-running operations.
    pub lro: Lro,
    /// Seconds until a new principal is found by Resource Manager (`PrincipalNotFound` before); 0 unless set.
    pub replication_delay_seconds: f64,
    /// Seconds after the end of an operation until instance metadata knows of a machine's new identities; 0 unless
    /// set.
    pub imds_delay_seconds: f64,
    /// Seconds until a role that is given, or taken away, has its effect; 0 unless set.
    pub role_delay_seconds: f64,
    /// Seconds that one write of a federated credential takes, in which a second one on the same identity is
    /// refused; 0.02 unless set.
    pub federated_write_seconds: f64,
    /// The longest page of a list; 1000 unless set.
    pub page_size: usize,
    /// How many requests are taken before 429.
    pub rate_limits: RateLimits,
}

/// How many requests a caller may send in a subscription (and, of those that name none, in the tenant) before it is
/// told to wait; everybody together fifteen times as many. Azure's are 250 reads, 200 writes and 200 deletes, and 25, 10
/// and 10 more in each second; unless set, these fill up so fast that only who means to meets a limit.
///
/// ```
/// use midentity_emulator::{Rate, RateLimits};
/// let limits = RateLimits { reads: Rate { burst: 250, per_second: 25.0 }, ..RateLimits::default() };
/// # drop(limits);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RateLimits {
    /// GET and HEAD.
    pub reads: Rate,
    /// PUT, PATCH and POST.
    pub writes: Rate,
    /// DELETE.
    pub deletes: Rate,
}

/// A bucket's size, and how fast it fills up again.
///
/// ```
/// assert_eq!(midentity_emulator::Rate::default().burst, 200);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rate {
    /// So many at once.
    pub burst: u32,
    /// So many more in each second.
    pub per_second: f64,
}

impl Default for Rate {
    fn default() -> Self {
        Self { burst: 200, per_second: 100_000.0 }
    }
}

impl Default for RateLimits {
    fn default() -> Self {
        let reads = Rate { burst: 250, ..Rate::default() };
        Self { reads, writes: Rate::default(), deletes: Rate::default() }
    }
}

/// How long operations take, what clients are told to wait, and whether operations fail.
///
/// ```
/// let lro = midentity_emulator::Lro { seconds: 5.0, retry_after: None, ..Default::default() };
/// assert_eq!(lro.fail, None);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lro {
    /// Seconds until an operation ends; 0.2 unless set.
    pub seconds: f64,
    /// The seconds of every Retry-After of an operation; 1 unless set. None (null) for the service's own: 10 on a
    /// machine's PUT and DELETE and a scale set's PATCH, none on a VM's PATCH, 30 on a look, 15 on a group's DELETE.
    pub retry_after: Option<u64>,
    /// The operations that begin from now on fail so.
    pub fail: Option<LroFailure>,
}

/// How operations fail: they begin well, and end as `Failed` with this error.
///
/// ```
/// let failure = midentity_emulator::LroFailure { times: Some(1), ..Default::default() };
/// assert_eq!(failure.code, "InternalExecutionError");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LroFailure {
    /// The error's code.
    pub code: String,
    /// The error's message.
    pub message: String,
    /// How many operations fail; all where not given.
    pub times: Option<u64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lro: Lro::default(),
            replication_delay_seconds: 0.0,
            imds_delay_seconds: 0.0,
            role_delay_seconds: 0.0,
            federated_write_seconds: 0.02,
            page_size: 1000,
            rate_limits: RateLimits::default(),
        }
    }
}

impl Default for Lro {
    fn default() -> Self {
        Self { seconds: 0.2, retry_after: Some(1), fail: None }
    }
}

impl Default for LroFailure {
    fn default() -> Self {
        Self {
            code: "InternalExecutionError".to_owned(),
            message: "An internal execution error occurred. Please retry later.".to_owned(),
            times: None,
        }
    }
}

/// Whole milliseconds; nonsense (negative, endless) counts as none.
#[allow(clippy::cast_possible_truncation)]
fn millis(seconds: f64) -> i64 {
    if seconds.is_finite() && seconds > 0.0 { (seconds * 1000.0).min(1e15) as i64 } else { 0 }
}

impl Lro {
    pub(crate) fn duration_millis(&self) -> i64 {
        millis(self.seconds)
    }
}

impl Settings {
    pub(crate) fn replication_delay_millis(&self) -> i64 {
        millis(self.replication_delay_seconds)
    }

    pub(crate) fn imds_delay_millis(&self) -> i64 {
        millis(self.imds_delay_seconds)
    }

    pub(crate) fn role_delay_millis(&self) -> i64 {
        millis(self.role_delay_seconds)
    }

    pub(crate) fn federated_write_millis(&self) -> i64 {
        millis(self.federated_write_seconds)
    }
}
