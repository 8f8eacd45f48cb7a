//! The native module `midentity._native`: what the core does, in Python's types. Conversions only; what users see is
//! the package `midentity`.

mod arm;
mod cache;
mod credential;
mod delivery;
mod error;
mod event_loop;
mod held;
mod instance;
mod json;
mod logging;
mod shutdown;
mod token;
mod wait;

use pyo3::prelude::*;

/// The native half of `midentity`. Private: its shape changes without notice.
#[pymodule(name = "_native", gil_used = false)]
mod native {
    #[pymodule_export]
    use super::arm::{ArmClient, ArmResponse};
    #[pymodule_export]
    use super::cache::TokenCache;
    #[pymodule_export]
    use super::credential::{AsyncCredential, Credential, environment_key};
    #[pymodule_export]
    use super::instance::{identity_info, instance_metadata, instance_metadata_async};
    #[pymodule_export]
    use super::logging::enable_logging;
    #[pymodule_export]
    use super::token::{AccessTokenInfo, read_claims};

    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
