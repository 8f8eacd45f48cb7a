//! The native module `midentity._native`: what the core does, in Python's types. Conversions only; what users see is
//! the package `midentity`.

mod arm;
mod arm_operation;
mod arm_outcome;
mod arm_pages;
mod arm_provider;
mod arm_results;
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
    use super::arm::ArmClient;
    #[pymodule_export]
    use super::arm_operation::{AsyncOperation, Operation, Progress};
    #[pymodule_export]
    use super::arm_outcome::Call;
    #[pymodule_export]
    use super::arm_pages::{AsyncPages, Pages};
    #[pymodule_export]
    use super::arm_provider::{AzureCli, StaticToken};
    #[pymodule_export]
    use super::arm_results::{
        ArmResponse, AssignedIdentity, FederatedCredential, ResourceGroup, RoleAssignment, RoleDefinition,
        Subscription, SystemIdentity, UserIdentity, VmIdentity, VmIdentityPlan,
    };
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
