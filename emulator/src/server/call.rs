//! A request, read whole and taken apart once.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::Request;
use hyper::body::{Body as _, Incoming};
use percent_encoding::percent_decode_str;

use super::reply::Reply;

/// Large enough for any state file; a request beyond it is refused.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

pub(crate) struct Call {
    pub(crate) method: Method,
    /// As sent, percent-encoding kept.
    pub(crate) path: String,
    /// As sent, without the `?`.
    pub(crate) raw_query: String,
    /// Decoded, in the order sent.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A name or a value of a query as it is meant.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| matches!(byte, b'+' | b'%')) {
        return text.into();
    }
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned().into()
}

/// The pairs of a query, decoded, in the order sent.
pub(crate) fn parse_query(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name).into_owned(), decode(value).into_owned())
        })
        .collect()
}

impl Call {
    pub(crate) async fn read(request: Request<Incoming>) -> Result<Self, Reply> {
        let (parts, body) = request.into_parts();
        let body = if body.is_end_stream() {
            Bytes::new()
        } else {
            match Limited::new(body, BODY_LIMIT).collect().await {
                Ok(collected) => collected.to_bytes(),
                Err(_) => return Err(Reply::text(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large or broke off")),
            }
        };
        Ok(Self {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            raw_query: parts.uri.query().unwrap_or_default().to_owned(),
            query: parts.uri.query().map(parse_query).unwrap_or_default(),
            headers: parts.headers,
            body,
        })
    }

    /// The first value of a query parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// A header's value, where it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The path's segments, decoded; empty ones (`//`) do not count.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|s| !s.is_empty())
            .map(|s| percent_decode_str(s).decode_utf8_lossy().into_owned())
            .collect()
    }

    #[cfg(test)]
    pub(crate) fn get(target: &str, headers: &[(&'static str, &str)]) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: Method::GET,
            path: path.to_owned(),
            raw_query: query.to_owned(),
            query: parse_query(query),
            headers: headers
                .iter()
                .map(|(n, v)| (http::HeaderName::from_static(n), http::HeaderValue::from_str(v).unwrap()))
                .collect(),
            body: Bytes::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_decoded_in_order() {
        let call = Call::get("/a%20b//c?x=1&x=%2F+%C3%A4&flag&=z", &[]);
        assert_eq!(call.segments(), ["a b", "c"]);
        let pairs: Vec<_> = call.query.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(pairs, [("x", "1"), ("x", "/ ä"), ("flag", ""), ("", "z")]);
        assert_eq!(call.parameter("x"), Some("1"));
    }
}
