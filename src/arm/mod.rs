//! Azure Resource Manager: the client, and what its errors mean.

mod client;
mod error;

#[cfg(fuzzing)]
pub(crate) use error::from_status as error_from_status;

pub use client::{ArmClient, ArmClientBuilder, ArmResponse};
