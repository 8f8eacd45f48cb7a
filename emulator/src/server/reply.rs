//! An answer before it becomes bytes, and what faults do to it.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use hyper::Response;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::body::ReplyBody;
use crate::door::Door;
use crate::fault::Fault;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    /// Boxed, because a reply is also what many functions return as their error.
    pub(crate) headers: Box<HeaderMap>,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn new(status: StatusCode, content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        let mut headers = Box::<HeaderMap>::default();
        headers.insert(CONTENT_TYPE, content_type);
        Self { status, headers, body: body.into() }
    }

    pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Self {
        // What we answer is built from strings and numbers, which always serialise.
        Self::new(status, JSON, serde_json::to_vec(body).unwrap_or_default())
    }

    pub(crate) fn text(status: StatusCode, body: impl Into<String>) -> Self {
        Self::new(status, TEXT, body.into())
    }

    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Box::default(), body: Bytes::new() }
    }

    /// Sets a header; a value that cannot be one is left out.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    pub(crate) fn into_response(self, body: impl FnOnce(Bytes) -> ReplyBody) -> Response<ReplyBody> {
        let mut response = Response::new(body(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = *self.headers;
        response
    }

    /// Applies what a fault changes in an answer, whoever made it.
    pub(crate) fn altered_by(&mut self, fault: &Fault) {
        if !(fault.echo.is_empty() && fault.omit.is_empty())
            && let Ok(mut fields) = serde_json::from_slice::<Map<String, Value>>(&self.body)
        {
            for (name, value) in &fault.echo {
                fields.insert(name.clone(), value.clone());
            }
            for name in &fault.omit {
                fields.remove(name);
            }
            self.body = serde_json::to_vec(&fields).unwrap_or_default().into();
        }
        if let Some(value) = fault.content_type.as_deref().and_then(|t| HeaderValue::from_str(t).ok()) {
            self.headers.insert(CONTENT_TYPE, value);
        }
        for (name, value) in &fault.headers {
            if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
                self.headers.insert(name, value);
            }
        }
    }
}

/// The answer of a fault that does not ask for the genuine one.
pub(crate) fn of_fault(door: Door, id: u64, fault: &Fault) -> Reply {
    let usual = if fault.redirect.is_some() { StatusCode::FOUND } else { StatusCode::OK };
    let status = fault.status.and_then(|s| StatusCode::from_u16(s).ok()).unwrap_or(usual);
    let mut reply = match &fault.body {
        Some(Value::String(text)) if fault.content_type.is_some() => Reply::text(status, text.clone()),
        // Text that is JSON, or nearly (a broken body is a fault too), goes out as JSON unless said otherwise.
        Some(Value::String(text)) if text.trim_start().starts_with(['{', '[']) => {
            Reply::new(status, JSON, text.clone())
        }
        Some(Value::String(text)) => Reply::text(status, text.clone()),
        Some(value) => Reply::json(status, value),
        None if fault.oversize.is_some() => Reply::new(status, JSON, Bytes::new()),
        None if status.is_client_error() || status.is_server_error() => {
            Reply::json(status, &door_error(door, id, status))
        }
        None => Reply::empty(status),
    };
    if let Some(value) = fault.redirect.as_deref().and_then(|to| HeaderValue::from_str(to).ok()) {
        reply.headers.insert(LOCATION, value);
    }
    reply
}

/// An error body in the shape that the door's service uses.
fn door_error(door: Door, id: u64, status: StatusCode) -> Value {
    let message = format!("Injected by the emulator (fault {id})");
    let code = match status.as_u16() {
        400 => "invalid_request",
        401 => "unauthorized_client",
        403 => "forbidden",
        404 => "not_found",
        405 => "method_not_allowed",
        410 => "gone",
        429 => "too_many_requests",
        503 => "service_unavailable",
        _ => "server_error",
    };
    match door {
        Door::Imds | Door::Login => json!({"error": code, "error_description": message}),
        Door::Arm => {
            let code = status.canonical_reason().unwrap_or("Error").replace(' ', "");
            json!({"error": {"code": code, "message": message}})
        }
    }
}
