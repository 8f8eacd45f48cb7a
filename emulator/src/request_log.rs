//! The log of requests that tests assert on. Values that could carry a credential never enter it.

use std::collections::{BTreeMap, VecDeque};

use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::door::Door;

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

#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    records: VecDeque<RequestRecord>,
    total: u64,
}

impl RequestLog {
    /// Files a request and gives its number.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn arrive(
        &mut self,
        at_ms: u64,
        door: Door,
        method: &str,
        path: &str,
        query: &[(String, String)],
        headers: &HeaderMap,
        connection: u64,
        fault: Option<u64>,
    ) -> u64 {
        self.total += 1;
        let mut by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in query {
            let value = if is_secret_parameter(name) { REDACTED.to_owned() } else { value.clone() };
            by_name.entry(name.clone()).or_default().push(value);
        }
        let mut by_header: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in headers {
            let value = if is_secret_header(name.as_str()) {
                REDACTED.to_owned()
            } else {
                String::from_utf8_lossy(value.as_bytes()).into_owned()
            };
            by_header
                .entry(name.as_str().to_owned())
                .and_modify(|all| {
                    all.push_str(", ");
                    all.push_str(&value);
                })
                .or_insert(value);
        }
        if self.records.len() == KEPT {
            self.records.pop_front();
        }
        self.records.push_back(RequestRecord {
            n: self.total,
            at_ms,
            door,
            method: method.to_owned(),
            path: path.to_owned(),
            query: by_name,
            headers: by_header,
            status: None,
            connection,
            fault,
            body: None,
        });
        self.total
    }

    /// Keeps the body of request `n`, where it is one of Resource Manager's.
    pub(crate) fn body(&mut self, n: u64, door: Door, body: &[u8]) {
        if door != Door::Arm || body.is_empty() || body.len() > BODY_KEPT {
            return;
        }
        let Ok(mut value) = serde_json::from_slice::<Value>(body) else { return };
        redact(&mut value);
        if let Some(record) = self.records.back_mut().filter(|record| record.n == n) {
            record.body = Some(value);
        }
    }

    /// Notes the status answered to request `n`; a record that was cleared meanwhile is left alone.
    pub(crate) fn answered(&mut self, n: u64, connection: u64, status: u16) {
        let Some(first) = self.records.front().map(|r| r.n) else { return };
        let Some(at) = n.checked_sub(first).and_then(|i| usize::try_from(i).ok()) else { return };
        if let Some(record) = self.records.get_mut(at).filter(|r| r.connection == connection) {
            record.status = Some(status);
        }
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = &RequestRecord> {
        self.records.iter()
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
    use http::HeaderValue;

    use super::*;

    fn arrive(log: &mut RequestLog, headers: &HeaderMap, query: &[(String, String)]) -> u64 {
        log.arrive(1, Door::Imds, "GET", "/x", query, headers, 7, None)
    }

    #[test]
    fn secrets_never_enter() {
        let mut headers = HeaderMap::new();
        for name in ["authorization", "secret", "x-identity-header", "cookie", "x-ms-token-aad"] {
            headers.insert(name, HeaderValue::from_static("canary"));
        }
        headers.insert("metadata", HeaderValue::from_static("true"));
        let query = [("client_secret".into(), "canary".into()), ("access_token".into(), "canary".into())];
        let mut log = RequestLog::default();
        arrive(&mut log, &headers, &query);
        let text = serde_json::to_string(&log.records().collect::<Vec<_>>()).unwrap();
        assert!(!text.contains("canary"), "{text}");
        assert!(text.contains("\"metadata\":\"true\""));
    }

    #[test]
    fn oldest_records_go_but_still_count() {
        let mut log = RequestLog::default();
        let headers = HeaderMap::new();
        for _ in 0..KEPT + 5 {
            arrive(&mut log, &headers, &[]);
        }
        assert_eq!(log.total(), KEPT as u64 + 5);
        assert_eq!(log.records().count(), KEPT);
        assert_eq!(log.records().next().unwrap().n, 6);
        log.answered(3, 7, 200);
        log.answered(KEPT as u64 + 5, 7, 204);
        assert_eq!(log.records().last().unwrap().status, Some(204));
        log.clear();
        log.answered(1, 7, 200);
        assert_eq!(log.total(), 0);
    }
}
