//! A whole token call against a service that answers anything.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use midentity::fuzzing::{Answer, token_call};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    identity: u8,
    answers: Vec<(Status, &'a str, &'a str, &'a [u8])>,
}

/// The statuses that mean something, and any other.
#[derive(Arbitrary, Debug)]
enum Status {
    Ok,
    BadRequest,
    Gone,
    TooMany,
    Unavailable,
    NoConnection,
    Broken,
    TooLarge,
    Refused,
    Any(u16),
}

fuzz_target!(|input: Input<'_>| {
    let answers = input.answers.iter().take(12).map(|(status, content_type, retry_after, body)| {
        let status = match status {
            Status::Ok => 200,
            Status::BadRequest => 400,
            Status::Gone => 410,
            Status::TooMany => 429,
            Status::Unavailable => 503,
            Status::NoConnection => 0,
            Status::Broken => 1,
            Status::TooLarge => 2,
            Status::Refused => 3,
            Status::Any(n) => 100 + n % 900,
        };
        Answer { status, content_type, retry_after, body }
    });
    token_call(answers.collect(), input.identity);
});
