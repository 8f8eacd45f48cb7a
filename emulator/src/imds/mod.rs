//! The instance metadata service: what every request must have, and which path leads where.

mod instance;
mod refusal;
mod selection;
mod token;
mod versions;

use http::{Method, StatusCode};
use serde_json::json;

use crate::server::call::Call;
use crate::server::reply::Reply;
use crate::shared::Shared;
use crate::token::options::TokenForm;
use refusal::{bad_request, refuse};

/// As the real service names itself; clients tell it from a proxy by this.
const SERVER: &str = "IMDS/150.870.65.1854";

/// Answers one request of the plain port.
pub(crate) async fn answer(shared: &Shared, call: &Call, form: Option<TokenForm>) -> Reply {
    route(shared, call, form).await.with("server", SERVER)
}

/// Splits `/vm/NAME/metadata/…` (or `/vm/GROUP/NAME/metadata/…`) into the VM and the metadata path's segments.
fn place(call: &Call) -> (Option<String>, Vec<String>) {
    let segments = call.segments();
    if segments.first().is_some_and(|s| s == "vm")
        && let Some(at) = segments.iter().position(|s| s.eq_ignore_ascii_case("metadata"))
        && (2..=3).contains(&at)
    {
        return (Some(segments[1..at].join("/")), segments[at..].to_vec());
    }
    (None, segments)
}

async fn route(shared: &Shared, call: &Call, form: Option<TokenForm>) -> Reply {
    let (vm, path) = place(call);
    let vm = vm.as_deref().or(shared.vm.as_deref());
    let lower: Vec<String> = path.iter().map(|s| s.to_ascii_lowercase()).collect();
    let segments: Vec<&str> = lower.iter().map(String::as_str).collect();
    let identity = segments.get(1) == Some(&"identity");
    if let Some(refused) = preconditions(call, identity) {
        return refused;
    }
    match segments.as_slice() {
        ["metadata", "identity", "oauth2", "token"] => token::answer(shared, call, vm, form).await,
        ["metadata", "identity", "info"] => selection::info(shared, call, vm),
        ["metadata", "instance", ..] => instance::answer(shared, call, vm, &path[2..]),
        ["metadata", "versions"] => Reply::json(StatusCode::OK, &json!({"apiVersions": versions::ALL.as_slice()})),
        _ if identity => refuse(StatusCode::NOT_FOUND, "not_found", "The requested resource was not found"),
        _ => Reply::json(StatusCode::NOT_FOUND, &json!({"error": "Not found"})),
    }
}

/// What the service checks before anything else, in its order.
fn preconditions(call: &Call, identity: bool) -> Option<Reply> {
    // A forwarded request comes from another machine, which must not get this one's identity.
    if call.headers.contains_key("x-forwarded-for") {
        return Some(bad_request(identity, "Request must not have an X-Forwarded-For header"));
    }
    if call.header("metadata").is_none_or(|value| !value.eq_ignore_ascii_case("true")) {
        return Some(bad_request(identity, "Required metadata header not specified"));
    }
    if call.method != Method::GET {
        let reply = if identity {
            refuse(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "The HTTP method is not allowed; use GET")
        } else {
            Reply::json(StatusCode::METHOD_NOT_ALLOWED, &json!({"error": "Method not allowed"}))
        };
        return Some(reply.with("allow", "GET"));
    }
    for (at, (name, _)) in call.query.iter().enumerate() {
        if call.query[..at].iter().any(|(before, _)| before == name) {
            return Some(bad_request(identity, &format!("Query parameter '{name}' is specified more than once")));
        }
    }
    None
}
