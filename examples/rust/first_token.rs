//! Takes one token and says when it expires: the smallest program that is somebody on an Azure machine.
//!
//! `cargo run --example first_token [RESOURCE]`

use std::io::Write;
use std::process::ExitCode;

use midentity::{Credential, Result, Scope, blocking};

fn main() -> ExitCode {
    match first_token() {
        Ok(expires_on) => {
            let _ = writeln!(std::io::stdout(), "a token that is good until {expires_on} (seconds since 1970 UTC)");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let hint = error.hint().unwrap_or("see docs/errors.md");
            let _ = writeln!(std::io::stderr(), "{error}\nhint: {hint}");
            ExitCode::FAILURE
        }
    }
}

fn first_token() -> Result<i64> {
    let resource = std::env::args().nth(1).unwrap_or_else(|| "arm".to_owned());
    let credential = blocking::Credential::from(Credential::builder().build()?);
    Ok(credential.get_token(&Scope::parse(&resource)?)?.expires_on())
}
