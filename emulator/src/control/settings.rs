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
