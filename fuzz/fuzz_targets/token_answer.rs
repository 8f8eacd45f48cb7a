//! A token service's 200 answer. The first byte picks its content type.
#![no_main]

use libfuzzer_sys::fuzz_target;
use midentity::fuzzing::token_answer;

fuzz_target!(|data: &[u8]| {
    let Some((first, body)) = data.split_first() else { return };
    let content_type = match first % 4 {
        0 => "application/json; charset=utf-8",
        1 => "text/plain",
        2 => "text/html",
        _ => "",
    };
    token_answer(content_type, body);
});
