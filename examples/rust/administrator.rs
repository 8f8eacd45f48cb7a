//! What the tutorials' programs have in common: who signs in, and how an error is told.

use std::io::Write;
use std::process::ExitCode;

use midentity::arm::ArmClient;
use midentity::{AccessToken, AzureCli, Error, Result, StaticToken};

/// A client for an administrator: signed in by `az login`, or by a token in ARM_TOKEN. The cloud is the public one, or
/// what MIDENTITY_CLOUD names.
pub fn client() -> Result<ArmClient> {
    match std::env::var("ARM_TOKEN") {
        Ok(token) => {
            // Whoever made the token knows how long it is good for; the service tells where it is not.
            let expires_on = i64::MAX;
            ArmClient::builder(StaticToken::new(AccessToken::new(token, expires_on))).build()
        }
        Err(_) => ArmClient::builder(AzureCli::new()).build(),
    }
}

/// One line of output.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Runs the program; with another number of arguments than it takes, `None` comes and its usage is told.
pub fn run(usage: &str, program: impl AsyncFnOnce(&[&str]) -> Option<Result<()>>) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("there is no runtime: {error}")),
    };
    match runtime.block_on(program(&arguments)) {
        Some(Ok(())) => ExitCode::SUCCESS,
        Some(Err(error)) => fail(&told(&error)),
        None => {
            let _ = writeln!(std::io::stderr(), "usage: {usage}");
            ExitCode::from(2)
        }
    }
}

fn told(error: &Error) -> String {
    format!("{error}\nhint: {}", error.hint().unwrap_or("see docs/errors.md"))
}

fn fail(words: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{words}");
    ExitCode::FAILURE
}
