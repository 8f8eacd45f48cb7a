//! The emulator's state file: what is refused has a line and a reason.
#![no_main]

use libfuzzer_sys::fuzz_target;
use midentity_emulator::read_state_for_fuzzing;

fuzz_target!(|text: &str| {
    if let Err(error) = read_state_for_fuzzing(text) {
        assert!(!error.reason.is_empty());
        assert!(error.line as u64 <= text.lines().count() as u64 + 1, "line {} of {text:?}", error.line);
    }
});
