//! The C ABI of midentity. What C programs read is `include/midentity.h`, which is generated from this crate: the
//! documentation of every item below is written for them. Rules that hold for all functions: docs/conventions-c.md.
//!
//! * A function that can fail returns a status and hands the details out as a [`error::midentity_error`].
//! * What C holds is a box that C frees ([`boundary::Handle`]); what C reads out of it is borrowed from it.
//! * No panic leaves a function ([`boundary::guard`]), and none leaves an operation's task ([`operation`]).
#![allow(unsafe_code, reason = "a C ABI is made of raw pointers; every block says why it may")]
#![allow(non_camel_case_types, reason = "types are named as C sees them")]
#![allow(clippy::missing_safety_doc, reason = "the rules are the header's: docs/conventions-c.md")]
#![allow(clippy::too_many_arguments, reason = "C has no named arguments; texts come with their lengths")]
// Everything here is reached from C, by its symbol; the modules are public so that cbindgen and rustc see it so.

pub mod arm;
pub mod boundary;
pub mod callback;
pub mod credential;
pub mod error;
pub mod instance;
pub mod log;
pub mod operation;
pub mod options;
pub mod outcome;
#[cfg(windows)]
mod pinned;
pub mod provider;
pub mod status;
pub mod text;
pub mod token;
pub mod value;
pub mod version;
