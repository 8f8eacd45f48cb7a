//! Instance metadata: the path that is asked for, and answers.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use midentity::fuzzing::{Answer, instance};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    path: &'a str,
    version: &'a str,
    status: u16,
    body: &'a [u8],
    next: &'a [u8],
}

fuzz_target!(|input: Input<'_>| {
    let answer = |status, body| Answer { status, content_type: "application/json", retry_after: "", body };
    let first = match input.status % 4 {
        0 => 400,
        1 => 404,
        2 => 100 + input.status % 900,
        _ => 200,
    };
    instance(input.path, input.version, vec![answer(first, input.body), answer(200, input.next)]);
});
