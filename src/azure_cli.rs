//! The Azure CLI's login: for administrators on a workstation, where no managed identity is.

mod program;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::ErrorKind as IoErrorKind;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::cloud::Cloud;
use crate::error::{Error, ErrorKind, Result, id};
use crate::http::redact::redact;
use crate::scope::Scope;
use crate::secret::Secret;
use crate::token::{AccessToken, TokenInner, TokenOptions};
use crate::token_provider::{TokenFuture, TokenProvider};

/// az starts in a second or two, and may have to renew its login.
const TIMEOUT: Duration = Duration::from_secs(30);
/// An answer of az is a few kilobytes.
const OUTPUT_LIMIT: u64 = 1024 * 1024;
/// Tokens are taken anew this long before they expire.
const MARGIN: i64 = 300;
/// A program with windows of its own must not flash a console; the system's number for that.
#[cfg(windows)]
const CREATE_NO_WINDOW: u32 = 0x0800_0000;

/// Tokens of whoever has signed in with `az login`.
///
/// Runs `az account get-access-token`, without a shell, and keeps its token until five minutes before it expires.
///
/// ```
/// use midentity::{AzureCli, arm::ArmClient};
/// let arm = ArmClient::builder(AzureCli::new()).build()?;
/// # drop(arm);
/// # Ok::<(), midentity::Error>(())
/// ```
#[derive(Clone)]
pub struct AzureCli(Arc<Inner>);

struct Inner {
    program: Option<OsString>,
    tenant: Option<String>,
    cloud: Cloud,
    clock: Clock,
    kept: Mutex<Vec<(String, AccessToken)>>,
}

impl AzureCli {
    /// The `az` that the search path leads to, and its current login. On Windows that is `az` with an extension of
    /// `PATHEXT` in one of the path's folders, and never one in the current folder or beside the program.
    ///
    /// ```
    /// let _ = midentity::AzureCli::new();
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::with(None, None)
    }

    /// The login of a tenant, by its id or domain, instead of the current one.
    ///
    /// # Errors
    /// `argument.option` where it can't be a tenant.
    ///
    /// ```
    /// assert!(midentity::AzureCli::new().for_tenant("contoso.com").is_ok());
    /// assert!(midentity::AzureCli::new().for_tenant("--debug").is_err());
    /// ```
    pub fn for_tenant(&self, tenant: &str) -> Result<Self> {
        let good = tenant.starts_with(|c: char| c.is_ascii_alphanumeric())
            && tenant.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
        if !good {
            return Err(Error::argument(
                id::ARGUMENT_OPTION,
                "the tenant is neither an id nor a domain",
                "give the tenant's GUID, or a domain such as contoso.com",
            ));
        }
        Ok(Self::with(self.0.program.clone(), Some(tenant.to_owned())))
    }

    /// Another program than `az`, by its path.
    ///
    /// ```
    /// let _ = midentity::AzureCli::new().program("/opt/az/bin/az");
    /// ```
    #[must_use]
    pub fn program(&self, program: impl Into<OsString>) -> Self {
        Self::with(Some(program.into()), self.0.tenant.clone())
    }

    fn with(program: Option<OsString>, tenant: Option<String>) -> Self {
        let (cloud, clock) = (Cloud::public(), Clock::system());
        Self(Arc::new(Inner { program, tenant, cloud, clock, kept: Mutex::default() }))
    }

    async fn take(&self, scope: &Scope, options: &TokenOptions) -> Result<AccessToken> {
        let inner = &*self.0;
        // Public names only: az itself knows which cloud it is signed in to.
        let Some(resource) = scope.resource(&inner.cloud) else {
            return Err(Error::argument(id::ARGUMENT_SCOPE, "the short name is unknown", "give the resource itself"));
        };
        if resource.starts_with('-') {
            return Err(Error::argument(id::ARGUMENT_SCOPE, "the scope begins with a dash", "give a resource"));
        }
        let now = inner.clock.epoch_seconds();
        if !options.bypasses_cache() {
            let kept = inner.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, token)) = kept.iter().find(|(r, t)| r == resource && t.expires_on() - MARGIN > now) {
                return Ok(AccessToken { inner: Arc::clone(&token.inner), from_cache: true });
            }
        }
        let limit = options.timeout.map_or(TIMEOUT, |t| t.min(TIMEOUT));
        let output = match inner.clock.timeout(limit, self.run(resource)).await {
            Some(output) => output?,
            None => {
                return Err(Error::new(
                    ErrorKind::Timeout,
                    id::AZURE_CLI_TIMEOUT,
                    format!("az did not answer within {:.0} s", limit.as_secs_f64()),
                )
                .with_hint("run `az account get-access-token` by hand to see what it waits for"));
            }
        };
        let token = read(&output, now)?;
        let mut kept = inner.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(r, t)| r != resource && t.expires_on() > now);
        kept.push((resource.to_owned(), token.clone()));
        Ok(token)
    }

    /// What is started: the program that was named, else what the search path leads to.
    fn started(&self) -> Result<OsString> {
        if let Some(program) = &self.0.program {
            return Ok(program.clone());
        }
        #[cfg(windows)]
        return program::search().map(Into::into).ok_or_else(|| missing(OsStr::new("az")));
        #[cfg(not(windows))]
        Ok("az".into())
    }

    async fn run(&self, resource: &str) -> Result<Zeroizing<Vec<u8>>> {
        let inner = &*self.0;
        let program = self.started()?;
        let mut command = Command::new(&program);
        #[cfg(windows)]
        {
            program::check_argument(resource)?;
            command.creation_flags(CREATE_NO_WINDOW);
        }
        command.args(["account", "get-access-token", "--output", "json", "--resource", resource]);
        if let Some(tenant) = &inner.tenant {
            command.args(["--tenant", tenant]);
        }
        command.env("AZURE_CORE_NO_COLOR", "true").env("AZURE_CORE_ONLY_SHOW_ERRORS", "true");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|e| match e.kind() {
            IoErrorKind::NotFound => missing(&program),
            _ => Error::new(ErrorKind::Unavailable, id::AZURE_CLI_MISSING, format!("az can't be started: {e}"))
                .with_hint("check that the program may be run"),
        })?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(failed("az has no output", None));
        };
        let mut output = Zeroizing::new(Vec::with_capacity(16 * 1024));
        let mut words = Vec::new();
        let (mut stdout, mut stderr) = (stdout.take(OUTPUT_LIMIT), stderr.take(OUTPUT_LIMIT));
        let (a, b, status) =
            tokio::join!(stdout.read_to_end(&mut output), stderr.read_to_end(&mut words), child.wait());
        match (a, b, status) {
            (Ok(_), Ok(_), Ok(status)) if status.success() => Ok(output),
            (Ok(_), Ok(_), Ok(status)) => Err(failed(&String::from_utf8_lossy(&words), status.code())),
            _ => Err(failed("az was cut off", None)),
        }
    }
}

impl Default for AzureCli {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for AzureCli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AzureCli").field("tenant", &self.0.tenant).finish_non_exhaustive()
    }
}

impl TokenProvider for AzureCli {
    fn token<'a>(&'a self, scope: &'a Scope, options: &'a TokenOptions) -> TokenFuture<'a> {
        Box::pin(self.take(scope, options))
    }
}

fn missing(program: &OsStr) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        id::AZURE_CLI_MISSING,
        format!("there is no program {}", program.to_string_lossy()),
    )
    .with_hint("install the Azure CLI and run `az login`, or use another way to sign in")
}

fn failed(words: &str, code: Option<i32>) -> Error {
    let lower = words.to_ascii_lowercase();
    let said = redact(words.trim().trim_start_matches("ERROR:").trim());
    // Exit codes 9009 and 127: a shell's or cmd's words for a program that is not there.
    if matches!(code, Some(9009 | 127)) {
        return Error::new(ErrorKind::Unavailable, id::AZURE_CLI_MISSING, "az is not installed")
            .with_hint("install the Azure CLI and run `az login`");
    }
    if lower.contains("az login") || lower.contains("az account set") || lower.contains("no subscription found") {
        return Error::new(ErrorKind::Unavailable, id::AZURE_CLI_SIGNED_OUT, format!("az is not signed in: {said}"))
            .with_hint("run `az login` (with --tenant where you mean another one)");
    }
    Error::new(ErrorKind::Authentication, id::AZURE_CLI_FAILED, format!("az gave no token: {said}"))
        .with_hint("run `az account get-access-token` by hand; the reason is az's own")
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "accessToken")]
    access_token: Secret,
    /// Seconds since 1970, in az 2.54 and newer.
    expires_on: Option<Value>,
    #[serde(rename = "tokenType")]
    token_type: Option<String>,
}

fn read(output: &[u8], now: i64) -> Result<AccessToken> {
    let bad = |why: &str| {
        Error::new(ErrorKind::Protocol, id::AZURE_CLI_FAILED, format!("az's answer can't be understood: {why}"))
            .with_hint("update the Azure CLI (2.54 or newer)")
    };
    let answer: Answer = serde_json::from_slice(output)
        .map_err(|e| bad(&format!("not the expected JSON (line {}, column {})", e.line(), e.column())))?;
    let expires_on = answer.expires_on.as_ref().and_then(Value::as_i64);
    // Older versions give local time without a zone only: half an hour is what a login's token always has.
    let expires_on = expires_on.unwrap_or(now + 1_800);
    if answer.access_token.expose().is_empty() {
        return Err(bad("the token is empty"));
    }
    Ok(AccessToken::from_inner(TokenInner {
        secret: answer.access_token,
        expires_on,
        refresh_on: None,
        token_type: answer.token_type.unwrap_or_else(|| "Bearer".to_owned()),
        source: Some("AzureCli"),
        identity_verified: false,
        unchanged: false,
    }))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    #[test]
    fn failures_are_told_apart() {
        for (words, code, expected) in [
            ("ERROR: Please run 'az login' to setup account.", Some(1), id::AZURE_CLI_SIGNED_OUT),
            ("ERROR: AADSTS50076: multi-factor authentication", Some(1), id::AZURE_CLI_FAILED),
            ("", Some(127), id::AZURE_CLI_MISSING),
        ] {
            assert_eq!(failed(words, code).id(), expected, "{words}");
        }
    }

    #[test]
    fn answers_are_read_without_showing_them() {
        let token = read(br#"{"accessToken":"canary","expires_on":1900000000,"tokenType":"Bearer"}"#, 0).unwrap();
        assert_eq!(token.expires_on(), 1_900_000_000);
        let error = read(br#"{"accessToken":"canary","expires_on":}"#, 0).unwrap_err();
        assert!(!format!("{error:?}").contains("canary"));
    }

    /// A stand-in for az that notes what it was asked and gives a token; its path.
    fn stand_in(folder: &Path) -> PathBuf {
        std::fs::create_dir_all(folder).unwrap();
        let answer = r#"{"accessToken":"t","expires_on":4000000000}"#;
        #[cfg(windows)]
        let (name, script) = ("az.cmd", format!("@echo off\r\n>>\"%~dp0runs\" echo %*\r\necho {answer}\r\n"));
        #[cfg(unix)]
        let (name, script) =
            ("az", format!("#!/bin/sh\necho \"$*\" >> '{}/runs'\necho '{answer}'\n", folder.display()));
        let program = folder.join(name);
        std::fs::write(&program, script).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        program
    }

    #[tokio::test]
    async fn the_program_runs_without_a_shell_and_its_token_is_kept() {
        let folder = std::env::temp_dir().join(format!("midentity az-{}", std::process::id()));
        let az = AzureCli::new().program(stand_in(&folder));
        let scope = Scope::parse("https://a/$(touch);'").unwrap();
        for _ in 0..2 {
            assert_eq!(az.token(&scope, &TokenOptions::new()).await.unwrap().secret().expose(), "t");
        }
        let runs = std::fs::read_to_string(folder.join("runs")).unwrap();
        // A batch file sees its arguments as they were quoted.
        let resource = if cfg!(windows) { "\"https://a/$(touch);'\"" } else { "https://a/$(touch);'" };
        assert_eq!(runs.trim(), format!("account get-access-token --output json --resource {resource}"));
        let missing = AzureCli::new().program(folder.join("none"));
        assert_eq!(missing.token(&scope, &TokenOptions::new()).await.unwrap_err().id(), id::AZURE_CLI_MISSING);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(windows)]
    #[tokio::test]
    async fn a_batch_file_is_told_nothing_that_cmd_would_read() {
        let folder = std::env::temp_dir().join(format!("midentity-cmd-{}", std::process::id()));
        let az = AzureCli::new().program(stand_in(&folder));
        for resource in ["https://a/&echo", "https://a/%PATH%", "https://a/\"|x", "https://a/^"] {
            let error = az.token(&Scope::parse(resource).unwrap(), &TokenOptions::new()).await.unwrap_err();
            assert_eq!(error.id(), id::ARGUMENT_SCOPE, "{resource}");
        }
        assert!(!folder.join("runs").exists(), "it was not started");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
