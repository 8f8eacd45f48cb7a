//! A test's second half in a process of its own, where its memory and its environment are only its own.

use std::process::{Command, Output};

const ARGUMENT: &str = "MIDENTITY_TEST_CHILD";

/// In the child: what the parent gave to this test.
pub(crate) fn argument() -> Option<String> {
    std::env::var(ARGUMENT).ok()
}

/// Runs one test of this program again, in a child, and requires that it passes.
pub(crate) fn run(test: &str, argument: &str, env: &[(&str, &str)]) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(ARGUMENT, argument);
    // The parent's test is the one that counts.
    command.env_remove("MIDENTITY_CONFORMANCE_DIR");
    command.envs(env.iter().copied());
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
