//! The metadata address and the cloud's.
#![no_main]

use libfuzzer_sys::fuzz_target;
use midentity::fuzzing::{cloud, endpoint};

fuzz_target!(|text: &str| {
    endpoint(text);
    cloud(text);
    // Most texts are no URL at all: help them over the first check.
    endpoint(&format!("http://{text}"));
    cloud(&format!("https://{text}"));
});
