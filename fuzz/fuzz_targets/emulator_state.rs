//! The emulator's state file: what is refused has a line and a reason.
#![no_main]

use libfuzzer_sys::fuzz_target;
use midentity_emulator::read_state_for_fuzzing;

fuzz_target!(|text: &str| {
    if let Err(error) = read_state_for_fuzzing(text) {
        assert!(!error.reason.is_empty());
        // YAML has more line breaks than most: a carriage return alone is one.
        let breaks = text.matches(['\n', '\r']).count();
        assert!(error.line <= breaks as u64 + 2, "line {} of {text:?}", error.line);
    }
});
