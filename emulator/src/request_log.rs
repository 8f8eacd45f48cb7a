//! The log of requests that tests assert on. Values that could carry a credential never enter it.

use std::collections::{BTreeMap, VecDeque};

use http::{HeaderMap, Method};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::door::Door;
use crate::server::call::{Call, decode, parse_query};

/// Newest records kept; older ones only count. A soak run of a million requests must not fill the memory.
const KEPT: usize = 20_000;

const REDACTED: &str = "(redacted)";

/// One request as the emulator received it. Control requests are not recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RequestRecord {
    /// Running number since the log was last cleared, from 1.
    pub n: u64,
    /// When it arrived: milliseconds since the epoch, by the real clock (the emulator's offset is not in it).
    pub at_ms: u64,
    /// The door that it came to.
    pub door: Door,
    /// The HTTP method.
    pub method: String,
    /// The path as sent, percent-encoding kept.
    pub path: String,
    /// Decoded query values by name, in the order sent. Values of secret parameters read `(redacted)`.
    pub query: BTreeMap<String, Vec<String>>,
    /// Header values by lower-case name; repeated headers are joined by `, `. Secrets read `(redacted)`.
    pub headers: BTreeMap<String, String>,
    /// The status answered; none while the answer is under way, or where a fault gave none.
    pub status: Option<u16>,
    /// Which connection it came by: two records with the same number shared a kept-alive connection.
    pub connection: u64,
    /// The fault that was applied to it.
    pub fault: Option<u64>,
    /// The JSON body of a request to Resource Manager, with secret members reading `(redacted)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

/// Bodies beyond this size are not kept.
const BODY_KEPT: usize = 64 * 1024;

/// Takes secrets out of a body: passwords of machines, protected settings of extensions.
fn redact(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let name = name.to_ascii_lowercase();
                let secret = ["password", "secret", "token", "protectedsettings", "customdata"];
                if secret.iter().any(|word| name.contains(word)) && !field.is_null() {
                    *field = Value::from(REDACTED);
                } else {
                    redact(field);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact),
        _ => {}
    }
}

/// Headers that carry a credential in some token source.
fn is_secret_header(name: &str) -> bool {
    matches!(name, "authorization" | "proxy-authorization" | "secret" | "x-identity-header" | "cookie")
        || name.contains("token")
        || name.contains("secret")
}

fn is_secret_parameter(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(name.as_str(), "code" | "client_assertion" | "assertion" | "password" | "sig")
        || name.contains("secret")
        || name.contains("token")
}

/// A record as it is kept: most are never looked at, and clients are measured against the emulator, so only what is
/// asked for is taken apart.
#[derive(Debug)]
struct Kept {
    n: u64,
    at_ms: u64,
    door: Door,
    method: Method,
    path: Box<str>,
    /// As sent, but for the secrets.
    query: Box<str>,
    /// A line `name:value` for each header; secrets are not in it.
    headers: Box<str>,
    status: Option<u16>,
    connection: u64,
    fault: Option<u64>,
    body: Option<Value>,
}

impl Kept {
    fn record(&self) -> RequestRecord {
        let mut query: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in parse_query(&self.query) {
            query.entry(name).or_default().push(value);
        }
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in self.headers.lines().filter_map(|line| line.split_once(':')) {
            headers
                .entry(name.to_owned())
                .and_modify(|all| {
                    all.push_str(", ");
                    all.push_str(value);
                })
                .or_insert_with(|| value.to_owned());
        }
        RequestRecord {
            n: self.n,
            at_ms: self.at_ms,
            door: self.door,
            method: self.method.as_str().to_owned(),
            path: self.path.to_string(),
            query,
            headers,
            status: self.status,
            connection: self.connection,
            fault: self.fault,
            body: self.body.clone(),
        }
    }
}

/// A query without its secrets.
fn kept_query(query: &str) -> Box<str> {
    let secret_name = |pair: &str| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        is_secret_parameter(&decode(name)).then(|| name.to_owned())
    };
    if query.split('&').all(|pair| secret_name(pair).is_none()) {
        return query.into();
    }
    let pairs = query.split('&').map(|pair| match secret_name(pair) {
        Some(name) => format!("{name}={REDACTED}"),
        None => pair.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&").into()
}

/// Headers as lines, without their secrets. No header's value holds an end of line.
fn kept_headers(headers: &HeaderMap) -> Box<str> {
    let mut lines = String::with_capacity(512);
    for (name, value) in headers {
        lines.push_str(name.as_str());
        lines.push(':');
        if is_secret_header(name.as_str()) {
            lines.push_str(REDACTED);
        } else {
            lines.push_str(&String::from_utf8_lossy(value.as_bytes()));
        }
        lines.push('\n');
    }
    lines.into()
}

/// The JSON body of a request to Resource Manager, without its secrets.
fn kept_body(door: Door, body: &[u8]) -> Option<Value> {
    if door != Door::Arm || body.is_empty() || body.len() > BODY_KEPT {
        return None;
    }
    let mut value = serde_json::from_slice::<Value>(body).ok()?;
    redact(&mut value);
    Some(value)
}

#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    records: VecDeque<Kept>,
    total: u64,
}

impl RequestLog {
    /// Files a request and gives its number.
    pub(crate) fn arrive(&mut self, at_ms: u64, door: Door, call: &Call, connection: u64, fault: Option<u64>) -> u64 {
        self.total += 1;
        if self.records.len() == KEPT {
            self.records.pop_front();
        }
        self.records.push_back(Kept {
            n: self.total,
            at_ms,
            door,
            method: call.method.clone(),
            path: call.path.as_str().into(),
            query: kept_query(&call.raw_query),
            headers: kept_headers(&call.headers),
            status: None,
            connection,
            fault,
            body: kept_body(door, &call.body),
        });
        self.total
    }

    /// Notes the status answered to request `n`; a record that was cleared meanwhile is left alone.
    pub(crate) fn answered(&mut self, n: u64, connection: u64, status: u16) {
        let Some(first) = self.records.front().map(|r| r.n) else { return };
        let Some(at) = n.checked_sub(first).and_then(|i| usize::try_from(i).ok()) else { return };
        if let Some(record) = self.records.get_mut(at).filter(|r| r.connection == connection) {
            record.status = Some(status);
        }
    }

    /// The records of one door, or of all.
    pub(crate) fn records(&self, door: Option<Door>) -> impl Iterator<Item = RequestRecord> {
        self.records.iter().filter(move |kept| door.is_none_or(|door| door == kept.door)).map(Kept::record)
    }

    /// Requests since the log was last cleared, also those whose record is no longer kept.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn clear(&mut self) {
        self.records.clear();
        self.total = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrive(log: &mut RequestLog, target: &str, headers: &[(&'static str, &str)]) -> u64 {
        log.arrive(1, Door::Imds, &Call::get(target, headers), 7, None)
    }

    #[test]
    fn secrets_never_enter() {
        let mut headers: Vec<_> = ["authorization", "secret", "x-identity-header", "cookie", "x-ms-token-aad"]
            .map(|name| (name, "canary"))
            .to_vec();
        headers.push(("metadata", "true"));
        let mut log = RequestLog::default();
        arrive(&mut log, "/x?a=1&client_secret=canary&access%5Ftoken=canary&sig", &headers);
        assert!(!format!("{log:?}").contains("canary"), "{log:?}");
        let record = log.records(None).next().unwrap();
        assert_eq!(record.headers["metadata"], "true");
        assert_eq!(record.headers["authorization"], REDACTED);
        assert_eq!(record.query["a"], ["1"]);
        for name in ["client_secret", "access_token", "sig"] {
            assert_eq!(record.query[name], [REDACTED]);
        }
    }

    #[test]
    fn queries_and_headers_are_told_as_they_came() {
        let mut log = RequestLog::default();
        let headers = [("accept", "a/b"), ("host", "h:1"), ("accept", "c; d=\"e: f\"")];
        arrive(&mut log, "/a%20b?x=1&x=%2F+%C3%A4%0Ay&flag", &headers);
        let record = log.records(Some(Door::Imds)).next().unwrap();
        assert_eq!(record.path, "/a%20b");
        assert_eq!(record.query["x"], ["1", "/ ä\ny"]);
        assert_eq!(record.query["flag"], [""]);
        assert_eq!(record.headers["accept"], "a/b, c; d=\"e: f\"");
        assert_eq!(record.headers["host"], "h:1");
        assert_eq!(log.records(Some(Door::Arm)).count(), 0);
    }

    #[test]
    fn oldest_records_go_but_still_count() {
        let mut log = RequestLog::default();
        for _ in 0..KEPT + 5 {
            arrive(&mut log, "/x", &[]);
        }
        assert_eq!(log.total(), KEPT as u64 + 5);
        assert_eq!(log.records(None).count(), KEPT);
        assert_eq!(log.records(None).next().unwrap().n, 6);
        log.answered(3, 7, 200);
        log.answered(KEPT as u64 + 5, 7, 204);
        assert_eq!(log.records(None).last().unwrap().status, Some(204));
        log.clear();
        log.answered(1, 7, 200);
        assert_eq!(log.total(), 0);
    }
}
