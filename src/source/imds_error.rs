//! What an answer of the metadata service that is no success means.

use serde_json::Value;

use crate::error::{Error, ErrorKind, id};
use crate::http::redact::redact;
use crate::http::{Failure, Response};
use crate::identity::Identity;
use crate::source::Source;
use crate::source::answer::not_a_token_service;

/// Code and words of an error body, in any spelling that a token service has been seen to use.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ServiceError {
    pub(crate) is_json: bool,
    pub(crate) is_empty_object: bool,
    pub(crate) code: Option<String>,
    pub(crate) message: String,
    pub(crate) correlation_id: Option<String>,
}

/// Reads `{error, error_description}`, `{error: {code, message}}`, `{statusCode, message, correlationId}`, and takes
/// anything else as it is, redacted and shortened.
pub(crate) fn read(body: &[u8]) -> ServiceError {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        let message = redact(&String::from_utf8_lossy(body.get(..2048).unwrap_or(body)));
        return ServiceError { message, ..ServiceError::default() };
    };
    let text = |v: Option<&Value>| match v {
        Some(Value::String(s)) if !s.is_empty() => Some(redact(s)),
        Some(Value::Number(n)) => Some(n.to_string()),
        _ => None,
    };
    let error = value.get("error");
    let nested = error.filter(|e| e.is_object());
    let pick = |name: &str| text(nested.and_then(|e| e.get(name))).or_else(|| text(value.get(name)));
    let code = text(error).or_else(|| pick("code")).or_else(|| pick("statusCode"));
    let message = text(value.get("error_description")).or_else(|| pick("message")).or_else(|| code.clone());
    ServiceError {
        is_json: true,
        is_empty_object: value.as_object().is_some_and(serde_json::Map::is_empty),
        code,
        message: message.unwrap_or_else(|| format!("the answer says no reason ({} bytes of JSON)", body.len())),
        correlation_id: pick("correlationId").or_else(|| pick("correlation_id")),
    }
}

/// The error for an answer that is no success. `what` is asked for by `identity`: the kind depends on whether it was
/// named.
pub(crate) fn from_status(response: &Response, identity: &Identity, resource: Option<&str>) -> Error {
    let status = response.status.as_u16();
    let content_type = response.header("content-type").unwrap_or_default();
    let said = read(&response.body);
    let words = said.message.to_ascii_lowercase();
    let new = |kind, id, message: String| Error::new(kind, id, message);
    let error = match status {
        300..=399 => not_a_token_service(status, content_type)
            .append(": it redirects, and a redirect from the metadata address is never followed"),
        403 if words.contains("unreachable") || !said.is_json => not_a_token_service(status, content_type),
        502 | 504 if !said.is_json => not_a_token_service(status, content_type),
        400 if said.is_empty_object || words.contains("identity not found") => identity_missing(identity, &said),
        400 if words.contains("multiple user assigned identities") => new(
            ErrorKind::Authentication,
            id::IMDS_IDENTITY_AMBIGUOUS,
            format!(
                "this machine has several user-assigned identities and no system-assigned one, and none was named: {}",
                said.message
            ),
        )
        .with_hint("name one by its client id, object id or resource id"),
        400 if is_bad_resource(&said) => {
            let resource = resource.unwrap_or_default();
            new(
                ErrorKind::Authentication,
                id::IMDS_RESOURCE_UNKNOWN,
                format!("the service does not know the resource {resource:?}: {}", said.message),
            )
            .with_hint(resource_hint(resource))
        }
        400 if resource.is_none() => new(
            ErrorKind::InvalidArgument,
            id::ARGUMENT_PATH,
            format!("the metadata service does not take this request: {}", said.message),
        )
        .with_hint("check path and api-version; single values are given as text only"),
        400 | 401 | 403 => new(
            ErrorKind::Authentication,
            id::IMDS_REFUSED,
            format!("the metadata service refused the request (status {status}): {}", said.message),
        )
        .with_hint("the reason is the service's own; check the resource and the identity that were asked for"),
        404 if resource.is_none() => new(
            ErrorKind::NotFound,
            id::IMDS_NOT_FOUND,
            format!("the metadata service has nothing there: {}", said.message),
        )
        .with_hint("check the path; some fields need a newer api-version"),
        429 => new(
            ErrorKind::Throttled,
            id::IMDS_THROTTLED,
            format!("the metadata service limits requests: {}", said.message),
        )
        .with_hint(
            "something on this machine asks too often (20 requests a second and 5 at once are allowed); share one \
             credential, and wait as long as retry_after says",
        ),
        404 | 410 | 500..=599 => new(
            ErrorKind::Service,
            id::IMDS_SERVICE,
            format!("the metadata service failed (status {status}): {}", said.message),
        )
        .with_hint(match status {
            404 => "the service may still be starting, or another service listens at this address",
            410 => "the service is being updated; this takes at most 70 s",
            _ => "try again later; give the request id to Azure support if it goes on",
        }),
        _ => new(
            ErrorKind::Authentication,
            id::IMDS_REFUSED,
            format!("the metadata service answered with an unexpected status {status}: {}", said.message),
        )
        .with_hint("check what listens at the endpoint"),
    };
    let request_id = ["x-ms-request-id", "request-id"].iter().find_map(|n| response.header(n)).map(str::to_owned);
    error
        .with_status(status)
        .with_service_code(said.code)
        .with_request_id(request_id)
        .with_correlation_id(said.correlation_id)
        .with_token_source(Source::Imds.name())
}

fn identity_missing(identity: &Identity, said: &ServiceError) -> Error {
    if identity.value().is_some() {
        return Error::new(
            ErrorKind::IdentityNotFound,
            id::IMDS_IDENTITY_NOT_FOUND,
            format!("this machine has no identity with {identity}: {}", said.message),
        )
        .with_hint(
            "assign the identity to this machine, or correct the id; an application's object id is not its client id",
        );
    }
    Error::new(
        ErrorKind::Unavailable,
        id::IMDS_NO_IDENTITY,
        format!("this machine has no managed identity: {}", said.message),
    )
    .with_hint("switch the system-assigned identity on, or assign a user-assigned one to this machine")
}

fn is_bad_resource(said: &ServiceError) -> bool {
    let code = said.code.as_deref().unwrap_or_default();
    code.eq_ignore_ascii_case("invalid_resource")
        || code.eq_ignore_ascii_case("invalid_scope")
        || ["AADSTS500011", "AADSTS50001:", "AADSTS70011"].iter().any(|c| said.message.contains(c))
}

fn resource_hint(resource: &str) -> &'static str {
    let tail = resource.rsplit('/').next().unwrap_or_default();
    if resource.contains("://") && tail.starts_with("user_") {
        "a managed identity takes no delegated permission: ask for the resource itself, with /.default"
    } else {
        "give the audience exactly as the service spells it, slash included, or a short name such as arm or keyvault"
    }
}

/// The error where no whole answer came. `answered_before`: this endpoint has spoken HTTP to us before.
pub(crate) fn from_failure(failure: &Failure, endpoint: &str, answered_before: bool) -> Error {
    let message = format!("{endpoint}: {failure}");
    let error = match failure {
        Failure::TooLarge => Error::new(ErrorKind::Protocol, id::IMDS_BODY_TOO_LARGE, message)
            .with_hint("a token answer is some kilobytes: check what listens at the endpoint"),
        _ if !answered_before && !failure.answered() => Error::new(
            ErrorKind::Unavailable,
            id::IMDS_UNREACHABLE,
            format!("nothing answers at the metadata address {message}"),
        )
        .with_hint(
            "managed identities exist on Azure machines only; on one, check that no firewall, container network or \
             routing table keeps 169.254.169.254 away; elsewhere set AZURE_POD_IDENTITY_AUTHORITY_HOST to an emulator",
        ),
        Failure::TimedOut(_) | Failure::NoConnection => {
            Error::new(ErrorKind::Timeout, id::IMDS_TIMEOUT, format!("the metadata service is too slow: {message}"))
                .with_hint("try again; the machine or the service is under load")
        }
        _ => Error::new(ErrorKind::Transport, id::IMDS_TRANSPORT, format!("the metadata service broke off: {message}"))
            .with_hint("try again; the service may be restarting"),
    };
    error.with_token_source(Source::Imds.name()).with_cause(failure.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_an_error_body_is_read() {
        for (body, code, message) in [
            (r#"{"error":"invalid_request","error_description":"no"}"#, Some("invalid_request"), "no"),
            (r#"{"error":{"code":"Bad","message":"no"}}"#, Some("Bad"), "no"),
            (r#"{"statusCode":500,"message":"no","correlationId":"c"}"#, Some("500"), "no"),
            (r#"{"error":"only_code"}"#, Some("only_code"), "only_code"),
            ("plain words", None, "plain words"),
        ] {
            let read = read(body.as_bytes());
            assert_eq!((read.code.as_deref(), read.message.as_str()), (code, message), "{body}");
        }
        assert!(read(b"{}").is_empty_object);
        assert!(!read(b"<html>").is_json);
    }
}
