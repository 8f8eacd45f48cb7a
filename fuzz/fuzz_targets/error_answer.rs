//! Answers that are no success: two bytes of status, one of flags, the body.
#![no_main]

use libfuzzer_sys::fuzz_target;
use midentity::fuzzing::{Answer, error_answer};

fuzz_target!(|data: &[u8]| {
    let [low, high, flags, body @ ..] = data else { return };
    // Mostly statuses that there are, not a thousandth of those that fit.
    let status = 100 + u16::from_le_bytes([*low, *high]) % 600;
    let content_type = ["application/json", "text/plain", "text/html", ""][usize::from(flags >> 1) % 4];
    let resource = (flags & 1 == 1).then_some("https://vault.azure.net");
    error_answer(&Answer { status, content_type, retry_after: "", body }, resource);
});
