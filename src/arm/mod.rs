//! Azure Resource Manager: the client, and what its errors mean.

mod client;
mod error;

pub use client::{ArmClient, ArmClientBuilder, ArmResponse};
