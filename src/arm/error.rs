//! What Resource Manager's answers that are no success mean.

use serde_json::Value;

use crate::error::{Error, ErrorKind, id};
use crate::http::Failure;
use crate::http::redact::{redact, redact_to};

/// Refusals name client, action, scope and linked ids, each long, and the end matters.
const SHOWN: usize = 2000;

/// The body without the byte-order mark that some of Azure's services begin with.
pub(crate) fn without_bom(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// Code and message of `{"error": {"code", "message"}}`, in its spellings: bare, capitalised, nested as text in a
/// message, or no JSON at all.
pub(crate) fn read(body: &[u8]) -> (Option<String>, String) {
    let body = without_bom(body);
    if body.iter().all(u8::is_ascii_whitespace) {
        return (None, "the answer says no reason".to_owned());
    }
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return (None, redact(&String::from_utf8_lossy(body.get(..2048).unwrap_or(body))));
    };
    read_value(&value)
}

/// As [`read`], for an error that stands inside a status document.
pub(crate) fn read_value(value: &Value) -> (Option<String>, String) {
    let error = value.get("error").filter(|e| e.is_object()).unwrap_or(value);
    let text = |name: &str| {
        error.get(name).or_else(|| error.get(capitalised(name))).and_then(Value::as_str).map(|t| redact_to(t, SHOWN))
    };
    let code = text("code");
    let message = text("message").unwrap_or_else(|| "the answer says no reason".to_owned());
    // The outer words are often "see inner errors": the first detail is what failed.
    let detail = error.get("details").and_then(Value::as_array).and_then(|d| d.first()).map(read_value);
    match detail {
        Some((Some(inner), words)) if code.as_deref() != Some(inner.as_str()) => {
            (code, format!("{message} ({inner}: {words})"))
        }
        _ => (code, message),
    }
}

fn capitalised(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

pub(crate) fn from_status(status: u16, body: &[u8]) -> Error {
    let (code, message) = read(body);
    let said = code.as_deref().map_or_else(|| message.clone(), |code| format!("{code}: {message}"));
    let new = |kind, id, what: &str, hint: &str| {
        Error::new(kind, id, format!("{what} (status {status}): {said}")).with_hint(hint)
    };
    let error = match status {
        300..=399 => Error::new(
            ErrorKind::Protocol,
            id::ARM_REDIRECTED,
            format!("Resource Manager answered with a redirect (status {status}); the token is not sent elsewhere"),
        )
        .with_hint("check the cloud's address and any gateway before it"),
        401 => new(
            ErrorKind::Authentication,
            id::ARM_UNAUTHORIZED,
            "Resource Manager does not accept the token",
            "check that the token is for this cloud and tenant (a private cloud may want the option audience), and \
             that the machine's clock is right",
        ),
        403 => new(
            ErrorKind::Forbidden,
            id::ARM_FORBIDDEN,
            "the identity has no right to do this",
            &format!(
                "give it {} at this scope; a new role takes some minutes to work, and a token taken before it may \
                 have to be renewed",
                role_for(refused_action(&message).unwrap_or_default())
            ),
        ),
        404 => new(
            ErrorKind::NotFound,
            id::ARM_NOT_FOUND,
            "Resource Manager does not find it",
            "check names, subscription and api-version",
        ),
        409 | 412 => new(
            ErrorKind::Conflict,
            id::ARM_CONFLICT,
            "the resource's state does not allow this",
            "wait for what runs on it to end, and read it again",
        ),
        429 => new(
            ErrorKind::Throttled,
            id::ARM_THROTTLED,
            "Resource Manager limits requests",
            "wait as long as retry_after says",
        ),
        500..=599 => new(
            ErrorKind::Service,
            id::ARM_SERVICE,
            "Resource Manager failed",
            "try again later; give the request id to Azure support if it goes on",
        ),
        _ => new(
            ErrorKind::InvalidArgument,
            id::ARM_BAD_REQUEST,
            "Resource Manager does not take the request",
            "the reason is the service's own; check path, api-version and body",
        ),
    };
    error.with_status(status).with_service_code(code)
}

/// The action that a 403's words name last: of two, the second is the one that is missing.
fn refused_action(message: &str) -> Option<&str> {
    message.rsplit_once("perform action '")?.1.split('\'').next()
}

/// The role that gives least beyond this action.
fn role_for(action: &str) -> &'static str {
    let action = action.to_ascii_lowercase();
    let of = |provider: &str| action.starts_with(provider);
    if of("microsoft.managedidentity/userassignedidentities/") && action.ends_with("/assign/action") {
        "the role Managed Identity Operator"
    } else if of("microsoft.authorization/") && !action.ends_with("/read") {
        "the role Role Based Access Control Administrator, User Access Administrator or Owner"
    } else if action.ends_with("/read") {
        "the role Reader"
    } else if of("microsoft.managedidentity/") {
        "the role Managed Identity Contributor"
    } else if of("microsoft.compute/") {
        "the role Virtual Machine Contributor"
    } else if action.is_empty() {
        "a role that allows it (Reader to read, Contributor to change)"
    } else {
        "the role Contributor"
    }
}

pub(crate) fn from_transport(failure: Failure, origin: &str) -> Error {
    if let Failure::Untrusted(words) = &failure {
        return Error::new(ErrorKind::Transport, id::ARM_TLS, format!("no trusted connection to {origin}: {words}"))
            .with_hint(
                "name the certificate authority's PEM file with ca_file (MIDENTITY_CA_FILE), or repair the system's \
                 trust store",
            )
            .with_cause(failure);
    }
    Error::new(
        ErrorKind::Transport,
        id::ARM_TRANSPORT,
        format!("Resource Manager at {origin} can't be reached: {failure}"),
    )
    .with_hint("check network, proxy (HTTPS_PROXY) and the cloud's address")
    .with_cause(failure)
}
