//! What midentity does, seen from outside: against the emulator, and against what is no emulator.
//!
//! One program, so that it is linked once. The vectors are data (`tests/vectors`), run by every language.

// Clippy takes the functions that tests call for code of the library.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../conformance/mod.rs"]
mod conformance;

mod arm;
mod arm_bad_input;
mod arm_client;
mod azure;
mod canary;
mod case;
mod child;
mod cloud_transport;
mod instance;
mod log;
mod operations;
mod paging;
mod places;
mod private_clouds;
mod requests;
mod resources;
mod results;
mod roles;
mod runtimes;
mod safety;
mod server;
mod tutorials;
mod user_identities;
mod vectors;
mod vm_identity;
