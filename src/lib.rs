//! Tokens from a machine's managed identity, and the identity work of Azure Resource Manager.
//!
//! On an Azure machine a program is somebody without holding a secret: the machine's metadata service (IMDS) gives it
//! tokens. This crate takes them, keeps them, and tells the reason when there are none.
//!
//! ```
//! # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
//! use midentity::{Credential, Scope, blocking};
//!
//! let credential = Credential::builder()
//! #   .imds_endpoint(emulator.imds_endpoint())
//!     .build()?;
//! let token = blocking::Credential::from(credential).get_token(&Scope::parse("arm")?)?;
//! println!("a token that is good until {}", token.expires_on());
//! # Ok::<(), midentity::Error>(())
//! ```
//!
//! * [`Credential`] takes tokens: for one of the machine's identities ([`Identity`]), for a [`Scope`].
//! * [`arm::ArmClient`] asks Resource Manager, [`InstanceMetadata`] asks what machine this is.
//! * [`blocking`] has the same calls without async.
//! * Every failure is an [`Error`] with a kind, a stable id and a hint; see `docs/errors.md`.
//!
//! Off Azure, the emulator `midentity-emulator` stands in: it prints the variables to set.

pub mod arm;
mod azure_cli;
pub mod blocking;
mod cache;
mod clock;
mod cloud;
mod cloud_endpoints;
#[cfg(test)]
#[path = "../tests/conformance/mod.rs"]
mod conformance;
mod credential;
mod env;
pub mod error;
mod fork;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod identity;
mod instance;
#[doc(hidden)]
pub mod log_line;
mod resource_id;
#[doc(hidden)]
pub mod runtime;
mod scope;
mod secret;
mod source;
mod token;
mod token_provider;

pub use azure_cli::AzureCli;
pub use cache::TokenCache;
pub use clock::Clock;
pub use cloud::Cloud;
pub use cloud_endpoints::CloudEndpoints;
pub use credential::{Credential, CredentialBuilder};
pub use env::Env;
pub use error::{Error, ErrorKind, Result};
pub use identity::Identity;
pub use instance::{IdentityInfo, InstanceMetadata, InstanceMetadataBuilder};
pub use resource_id::ResourceId;
pub use scope::Scope;
pub use secret::Secret;
pub use source::Source;
pub use token::{AccessToken, Claims, TokenOptions};
pub use token_provider::{StaticToken, TokenFuture, TokenProvider};
