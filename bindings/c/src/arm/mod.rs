//! Resource Manager's client: each call of the core as an operation. What they give is what the Python package's
//! `to_dict()` has, key by key.

pub mod client;
pub mod federated_credential;
pub mod group;
pub mod machine;
pub(crate) mod page;
pub mod request;
pub mod role;
pub(crate) mod tags;
pub mod user_identity;
pub mod vm_identity;
