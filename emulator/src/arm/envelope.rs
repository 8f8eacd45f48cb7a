//! Resource Manager's error envelope and the headers of every answer.

use http::header::{CACHE_CONTROL, EXPIRES, PRAGMA, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue, StatusCode};
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

/// An error as a resource provider sends it through the gateway.
pub(super) fn service_error(status: StatusCode, code: &str, message: &str) -> Reply {
    Reply::json(status, &Envelope { error: Body { code, message } }).with("x-ms-failure-cause", "service")
}

/// What Azure has and the emulator has not.
pub(super) fn not_implemented(message: &str) -> Reply {
    error(StatusCode::NOT_IMPLEMENTED, "NotImplementedByEmulator", &format!("{message}."))
}

/// A body that is no JSON, or not of the right shape.
pub(super) fn bad_content(problem: &str) -> Reply {
    let message = format!("The request content was invalid and could not be deserialized: '{problem}'.");
    error(StatusCode::BAD_REQUEST, "InvalidRequestContent", &message)
}

pub(super) fn no_group(name: &str) -> Reply {
    let message = format!("Resource group '{name}' could not be found.");
    error(StatusCode::NOT_FOUND, "ResourceGroupNotFound", &message)
}

pub(super) fn no_resource(type_name: &str, name: &str, group: &str) -> Reply {
    let message = format!(
        "The Resource '{type_name}/{name}' under resource group '{group}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    );
    error(StatusCode::NOT_FOUND, "ResourceNotFound", &message)
}

pub(super) fn location_required() -> Reply {
    let message = "The location property is required for this definition.";
    error(StatusCode::BAD_REQUEST, "LocationRequired", message)
}

/// A resource cannot be moved to another region by writing it.
pub(super) fn other_location(name: &str, group: &str, is: &str, wanted: &str) -> Reply {
    let message = format!(
        "The resource '{name}' already exists in location '{is}' in resource group '{group}'. A resource with the same name cannot be created in location '{wanted}'. Please select a new resource name."
    );
    error(StatusCode::CONFLICT, "InvalidResourceLocation", &message)
}

pub(super) fn being_deleted(group: &str) -> Reply {
    let message = format!("The resource group '{group}' is in deprovisioning state and cannot perform this operation.");
    error(StatusCode::CONFLICT, "ResourceGroupBeingDeleted", &message)
}

/// A name against Azure's rules, with the rule.
pub(super) fn bad_name(name: &str, rule: &str) -> Reply {
    let message = format!("The resource name '{name}' is invalid: {rule}.");
    error(StatusCode::BAD_REQUEST, "InvalidResourceName", &message)
}

pub(super) fn malformed_subscription(id: &str) -> Reply {
    let message = format!("The provided subscription identifier '{id}' is malformed or invalid.");
    error(StatusCode::BAD_REQUEST, "InvalidSubscriptionId", &message)
}

pub(super) fn no_subscription(id: Uuid) -> Reply {
    let message = format!("The subscription '{id}' could not be found.");
    error(StatusCode::NOT_FOUND, "SubscriptionNotFound", &message)
}

/// What is the same in every answer.
const USUAL: [(HeaderName, HeaderValue); 5] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    (PRAGMA, HeaderValue::from_static("no-cache")),
    (EXPIRES, HeaderValue::from_static("-1")),
    (STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

/// Adds the headers that every answer carries.
pub(super) fn finish(mut reply: Reply, call: &Call) -> Reply {
    let request = Uuid::new_v4();
    let correlation =
        call.header("x-ms-correlation-request-id").and_then(|id| Uuid::parse_str(id).ok()).unwrap_or_else(Uuid::new_v4);
    for (name, value) in USUAL {
        reply.headers.insert(name, value);
    }
    reply = reply
        .with("x-ms-request-id", &request.to_string())
        .with("x-ms-correlation-request-id", &correlation.to_string())
        .with("x-ms-routing-request-id", &format!("EMULATOR:{correlation}"));
    if call.header("x-ms-return-client-request-id").is_some_and(|v| v.eq_ignore_ascii_case("true"))
        && let Some(id) = call.header("x-ms-client-request-id")
    {
        reply = reply.with("x-ms-client-request-id", id);
    }
    reply
}
