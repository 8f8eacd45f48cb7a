//! A whole small Azure identity plane on one machine, for tests and demos.
//!
//! One state (tenants, subscriptions, resource groups, VMs, identities, role assignments) stands behind several
//! doors: the instance metadata service on a plain port; Entra's keys, OpenID documents and token endpoint and
//! Azure Resource Manager's identity work, with roles enforced, on a TLS port; and a control interface under
//! `/_emulator/` for faults, the clock, the token's shape, delays and a log of requests. Its tokens are really signed, by a key that exists only on
//! this machine, and carry its own issuer and `"emulated": true`: they can never pass for real ones.
//!
//! ```
//! use midentity_emulator::{Emulator, Options};
//!
//! let emulator = Emulator::start(Options::default())?;
//! assert!(emulator.imds_endpoint().starts_with("http://127.0.0.1:"));
//! assert!(emulator.cloud().starts_with("https://127.0.0.1:"));
//! assert_eq!(emulator.requests().len(), 0);
//! # Ok::<(), midentity_emulator::StartError>(())
//! ```
#![forbid(unsafe_code)]

mod arm;
mod control;
mod door;
mod emulator;
mod fault;
mod imds;
mod login;
mod request_log;
mod server;
mod shared;
mod state;
mod token;
mod trust;

pub use control::facts::{Facts, PrincipalFacts, UserIdentityFacts};
pub use control::settings::{Lro, LroFailure, Rate, RateLimits, Settings};
pub use door::Door;
pub use emulator::{Emulator, IssueError, Options, StartError};
pub use fault::{Drop as DropPoint, Fault, FaultError, FaultMatch};
pub use request_log::RequestRecord;
pub use state::{ParseStateError, read_state_for_fuzzing};
pub use token::options::{ExpiresAs, TokenForm, TokenOptions};
