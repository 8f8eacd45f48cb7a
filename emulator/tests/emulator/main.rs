//! The emulator as its users meet it: over the wire, and as a program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod arm;
mod client;
mod control;
mod faults;
mod imds_instance;
mod imds_token;
mod login;
mod program;
mod state_file;
mod state_folder;
