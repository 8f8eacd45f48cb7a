//! Resource Manager's error envelope and the headers of every answer.

use http::StatusCode;
use serde::Serialize;
use uuid::Uuid;

use crate::server::call::Call;
use crate::server::reply::Reply;

#[derive(Serialize)]
struct Envelope<'a> {
    error: Body<'a>,
}

#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
    message: &'a str,
}

/// An error as Resource Manager's gateway sends it.
pub(super) fn error(status: StatusCode, code: &str, message: &str) -> Reply {
    Reply::json(status, &Envelope { error: Body { code, message } }).with("x-ms-failure-cause", "gateway")
}

pub(super) fn malformed_subscription(id: &str) -> Reply {
    let message = format!("The provided subscription identifier '{id}' is malformed or invalid.");
    error(StatusCode::BAD_REQUEST, "InvalidSubscriptionId", &message)
}

pub(super) fn no_subscription(id: Uuid) -> Reply {
    let message = format!("The subscription '{id}' could not be found.");
    error(StatusCode::NOT_FOUND, "SubscriptionNotFound", &message)
}

/// Adds the headers that every answer carries.
pub(super) fn finish(reply: Reply, call: &Call, segments: &[String]) -> Reply {
    let request = Uuid::new_v4();
    let correlation =
        call.header("x-ms-correlation-request-id").and_then(|id| Uuid::parse_str(id).ok()).unwrap_or_else(Uuid::new_v4);
    let mut reply = reply
        .with("cache-control", "no-cache")
        .with("pragma", "no-cache")
        .with("expires", "-1")
        .with("strict-transport-security", "max-age=31536000; includeSubDomains")
        .with("x-content-type-options", "nosniff")
        .with("x-ms-request-id", &request.to_string())
        .with("x-ms-correlation-request-id", &correlation.to_string())
        .with("x-ms-routing-request-id", &format!("EMULATOR:{correlation}"));
    if call.header("x-ms-return-client-request-id").is_some_and(|v| v.eq_ignore_ascii_case("true"))
        && let Some(id) = call.header("x-ms-client-request-id")
    {
        reply = reply.with("x-ms-client-request-id", id);
    }
    // The gateway counts what it let in, not what it turned away at the door.
    if reply.status != StatusCode::UNAUTHORIZED && reply.status != StatusCode::BAD_REQUEST {
        let in_subscription = segments.len() > 1 && segments[0].eq_ignore_ascii_case("subscriptions");
        reply = if in_subscription {
            reply
                .with("x-ms-ratelimit-remaining-subscription-reads", "249")
                .with("x-ms-ratelimit-remaining-subscription-global-reads", "3749")
        } else {
            reply.with("x-ms-ratelimit-remaining-tenant-reads", "249")
        };
    }
    reply
}
