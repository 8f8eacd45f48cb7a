//! What of a service's words is shown: never a token.
#![no_main]

use libfuzzer_sys::fuzz_target;
use midentity::fuzzing::redaction;

fuzz_target!(|text: &str| redaction(text));
