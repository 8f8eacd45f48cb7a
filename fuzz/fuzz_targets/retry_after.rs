//! The header `Retry-After`, and a call that is answered with it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use midentity::fuzzing::retry_after;

fuzz_target!(|text: &str| retry_after(text));
