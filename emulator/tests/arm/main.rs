//! Resource Manager as its clients meet it: over TLS, with the rights that tokens have.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod azure;
mod discovery;
mod federated_credentials;
mod gate;
mod lists;
mod machine_identity;
mod machines;
mod operations;
mod rate_limits;
mod resource_groups;
mod rights;
mod role_assignments;
mod role_definitions;
mod settings;
mod state_file;
mod user_identities;
