//! A token endpoint's answer.

use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, ErrorKind, Result, id};
use crate::http::Response;
use crate::http::redact::redact;
use crate::secret::Secret;
use crate::source::expiry;

/// A token and what the service said of it.
pub(crate) struct TokenAnswer {
    pub(crate) secret: Secret,
    /// Seconds since 1970 by this machine's clock.
    pub(crate) expires_on: i64,
    /// The service's own word on when to refresh, in seconds from now.
    pub(crate) refresh_in: Option<i64>,
    pub(crate) token_type: String,
    pub(crate) resource: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) object_id: Option<String>,
    pub(crate) resource_id: Option<String>,
    pub(crate) identity_verified: bool,
}

#[derive(Deserialize)]
struct Wire {
    access_token: Option<Secret>,
    expires_in: Option<Value>,
    expires_on: Option<Value>,
    refresh_in: Option<Value>,
    token_type: Option<Value>,
    resource: Option<Value>,
    client_id: Option<Value>,
    object_id: Option<Value>,
    msi_res_id: Option<Value>,
    mi_res_id: Option<Value>,
}

/// Reads a 200 answer.
///
/// # Errors
/// Protocol (`imds.bad_answer`) where it is JSON that makes no sense, Unavailable (`imds.intercepted`) where it is
/// something else: a proxy's or portal's page.
pub(crate) fn parse(response: &Response, now: i64) -> Result<TokenAnswer> {
    let body: &[u8] = &response.body;
    let content_type = response.header("content-type").unwrap_or_default();
    if body.iter().all(u8::is_ascii_whitespace) || body == b"null" {
        return Err(bad("the answer is empty"));
    }
    let wire: Wire = match serde_json::from_slice(body) {
        Ok(wire) => wire,
        Err(error) => {
            let first = body.iter().find(|b| !b.is_ascii_whitespace());
            if content_type.to_ascii_lowercase().contains("json") || (content_type.is_empty() && first == Some(&b'{')) {
                // serde_json's words can quote the input: only the place is told.
                return Err(bad(&format!(
                    "the answer is not valid JSON (line {}, column {})",
                    error.line(),
                    error.column()
                )));
            }
            return Err(not_a_token_service(200, content_type));
        }
    };
    let Some(secret) = wire.access_token.filter(|s| !s.expose().is_empty()) else {
        return Err(bad("the answer holds no access_token"));
    };
    let Some(expires_on) = expiry::expires_on(wire.expires_in.as_ref(), wire.expires_on.as_ref(), now) else {
        return Err(bad("the answer does not say when its access_token (****) expires"));
    };
    Ok(TokenAnswer {
        secret,
        expires_on,
        refresh_in: wire
            .refresh_in
            .as_ref()
            .and_then(expiry::number)
            .filter(|n| *n > 0.0 && *n < 1e9)
            .map(|n| n as i64),
        token_type: text(wire.token_type).unwrap_or_else(|| "Bearer".to_owned()),
        resource: text(wire.resource),
        client_id: text(wire.client_id),
        object_id: text(wire.object_id),
        resource_id: text(wire.msi_res_id).or_else(|| text(wire.mi_res_id)),
        identity_verified: false,
    })
}

fn text(value: Option<Value>) -> Option<String> {
    match value {
        Some(Value::String(text)) if !text.trim().is_empty() => Some(text),
        _ => None,
    }
}

fn bad(why: &str) -> Error {
    Error::new(ErrorKind::Protocol, id::IMDS_BAD_ANSWER, why)
        .with_status(200)
        .with_hint("look at what answers at the endpoint; if it is the real service, report the request id")
}

/// The error where an answer can't come from a token service.
pub(crate) fn not_a_token_service(status: u16, content_type: &str) -> Error {
    let what = if content_type.is_empty() { "no content type".to_owned() } else { redact(content_type) };
    Error::new(
        ErrorKind::Unavailable,
        id::IMDS_INTERCEPTED,
        format!("something else than the metadata service answered (status {status}, {what})"),
    )
    .with_status(status)
    .with_hint(
        "a proxy, VPN or captive portal takes these requests: this machine is not on Azure, or traffic to \
         169.254.169.254 must be let through directly",
    )
}
