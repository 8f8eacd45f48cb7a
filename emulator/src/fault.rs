//! Faults: what the emulator does wrong on purpose, as data.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::door::Door;
use crate::token::options::TokenForm;

/// A rule: to which requests, how often, and what happens instead of (or to) the genuine answer.
///
/// A fault with `status`, `body`, `redirect` or `oversize` answers by itself. One with none of them changes the
/// genuine answer (delay, drip, headers, echo, omit, token, truncate, drop). The first live fault that matches a
/// request is the one applied.
///
/// ```
/// use midentity_emulator::{Emulator, Fault, Options};
///
/// let emulator = Emulator::start(Options::default())?;
/// let id = emulator.add_fault(Fault { status: Some(429), times: Some(2), ..Fault::default() }).unwrap();
/// let ids = emulator.add_fault_json(r#"{"match": {"door": "imds"}, "status": 503, "delay_ms": 5}"#).unwrap();
/// assert_ne!(vec![id], ids);
/// # Ok::<(), midentity_emulator::StartError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fault {
    /// Which requests it applies to; every one when empty.
    #[serde(rename = "match")]
    pub matching: FaultMatch,
    /// Matching requests to let pass first.
    pub skip: u64,
    /// How many requests it applies to after that; for ever when none.
    pub times: Option<u64>,
    /// The status to answer. Alone it comes with an error body in the door's own shape.
    pub status: Option<u16>,
    /// Headers to add to the answer, or to replace in it.
    pub headers: BTreeMap<String, String>,
    /// The body to answer: text as it stands, any other JSON value serialised.
    #[serde(deserialize_with = "present")]
    pub body: Option<Value>,
    /// The content type to answer.
    pub content_type: Option<String>,
    /// Milliseconds to wait before the answer starts.
    pub delay_ms: u64,
    /// Never answer; the connection stays open.
    pub hang: bool,
    /// Close the connection at this point of the answer.
    pub drop: Option<Drop>,
    /// Close the connection after this many bytes of the body, which is announced whole.
    pub truncate: Option<u64>,
    /// Answer with a body of this many bytes, made while it is sent.
    pub oversize: Option<u64>,
    /// Send the body with chunked transfer coding, so that its length is not announced.
    pub chunked: bool,
    /// Send the body at this many bytes a second.
    pub drip: Option<u64>,
    /// Redirect to this address (302, unless `status` says otherwise).
    pub redirect: Option<String>,
    /// Fields of the genuine JSON answer to replace.
    pub echo: BTreeMap<String, Value>,
    /// Fields of the genuine JSON answer to leave out.
    pub omit: Vec<String>,
    /// The form of token to hand out.
    pub token: Option<TokenForm>,
}

/// An explicit `"body": null` is a body (the JSON text `null`); only a missing key means none.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Which requests a [`Fault`] applies to; a field that is none matches all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultMatch {
    /// The door.
    pub door: Option<Door>,
    /// The method, without regard to case.
    pub method: Option<String>,
    /// A prefix of the path, without regard to case.
    pub path: Option<String>,
    /// Query parameters that must be there with these (decoded) values.
    pub query: BTreeMap<String, String>,
}

/// Where a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Drop {
    /// Before any byte of the answer.
    Before,
    /// In the middle of the status line and headers.
    Headers,
    /// In the middle of the body.
    Body,
}

/// A fault that cannot be applied, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("bad fault: {0}")]
pub struct FaultError(pub(crate) String);

impl Fault {
    /// Reads one fault, or a list of them, from JSON.
    ///
    /// # Errors
    /// [`FaultError`] where the JSON is malformed, has an unknown key, or contradicts itself.
    pub fn list_from_json(json: &str) -> Result<Vec<Self>, FaultError> {
        let read = |e: serde_json::Error| FaultError(e.to_string());
        let faults: Vec<Self> = if json.trim_start().starts_with('[') {
            serde_json::from_str(json).map_err(read)?
        } else {
            vec![serde_json::from_str(json).map_err(read)?]
        };
        faults.iter().try_for_each(Self::check)?;
        Ok(faults)
    }

    /// Refuses what could not be applied as it reads.
    pub(crate) fn check(&self) -> Result<(), FaultError> {
        let refuse = |reason: &str| Err(FaultError(reason.to_owned()));
        if self.status.is_some_and(|s| !(200..=599).contains(&s)) {
            return refuse("'status' must be between 200 and 599");
        }
        if self.drip == Some(0) {
            return refuse("'drip' is bytes a second and must be at least 1; for no byte at all use 'hang'");
        }
        if self.times == Some(0) {
            return refuse("'times' 0 would never apply; leave the fault out");
        }
        if self.oversize.is_some() && self.body.is_some() {
            return refuse("'oversize' makes its own body; leave 'body' out");
        }
        if self.oversize.is_some() && self.drip.is_some() {
            return refuse("'oversize' and 'drip' do not go together; use 'body' with 'drip'");
        }
        if self.drop.is_some() && self.truncate.is_some() {
            return refuse("'drop' and 'truncate' both close the connection; give one");
        }
        let own = self.answers_itself();
        if own && (!self.echo.is_empty() || !self.omit.is_empty() || self.token.is_some()) {
            return refuse(
                "'echo', 'omit' and 'token' change the genuine answer; they do not go with 'status', 'body', 'redirect' or 'oversize'",
            );
        }
        for (name, value) in &self.headers {
            if name.parse::<http::HeaderName>().is_err() || http::HeaderValue::from_str(value).is_err() {
                return Err(FaultError(format!("'{name}' is no header, or its value is not valid")));
            }
        }
        for (what, value) in [("redirect", &self.redirect), ("content_type", &self.content_type)] {
            if value.as_deref().is_some_and(|v| http::HeaderValue::from_str(v).is_err()) {
                return Err(FaultError(format!("'{what}' cannot be sent as a header value")));
            }
        }
        Ok(())
    }

    /// Whether the genuine answer is not asked for at all.
    pub(crate) fn answers_itself(&self) -> bool {
        self.status.is_some() || self.body.is_some() || self.redirect.is_some() || self.oversize.is_some()
    }

    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }
}

impl FaultMatch {
    fn takes(&self, door: Door, method: &str, path: &str, query: &[(String, String)]) -> bool {
        self.door.is_none_or(|d| d == door)
            && self.method.as_deref().is_none_or(|m| m.eq_ignore_ascii_case(method))
            && self
                .path
                .as_deref()
                .is_none_or(|prefix| path.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)))
            && self.query.iter().all(|(name, value)| query.iter().any(|(n, v)| n == name && v == value))
    }
}

/// A fault in force, as the control interface lists it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LiveFault {
    pub(crate) id: u64,
    /// Requests it was applied to so far.
    pub(crate) applied: u64,
    #[serde(skip)]
    seen: u64,
    #[serde(flatten, serialize_with = "inside")]
    pub(crate) fault: Arc<Fault>,
}

fn inside<S: serde::Serializer>(fault: &Arc<Fault>, serializer: S) -> Result<S::Ok, S::Error> {
    (**fault).serialize(serializer)
}

/// All faults in force, in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    live: Vec<LiveFault>,
    last_id: u64,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) -> u64 {
        self.last_id += 1;
        self.live.push(LiveFault { id: self.last_id, applied: 0, seen: 0, fault: fault.into() });
        self.last_id
    }

    /// The first live fault for this request; it counts as applied. A fault that is still skipping, or used up,
    /// leaves the request to the next one.
    pub(crate) fn take(
        &mut self,
        door: Door,
        method: &str,
        path: &str,
        query: &[(String, String)],
    ) -> Option<(u64, Arc<Fault>)> {
        for live in &mut self.live {
            if !live.fault.matching.takes(door, method, path, query) {
                continue;
            }
            live.seen += 1;
            if live.seen <= live.fault.skip || live.fault.times.is_some_and(|times| live.applied >= times) {
                continue;
            }
            live.applied += 1;
            return Some((live.id, live.fault.clone()));
        }
        None
    }

    pub(crate) fn list(&self) -> &[LiveFault] {
        &self.live
    }

    pub(crate) fn clear(&mut self) {
        self.live.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(json: &str) -> String {
        Fault::list_from_json(json).unwrap_err().to_string()
    }

    #[test]
    fn bad_faults_are_refused_with_the_reason() {
        assert!(refused(r#"{"staus": 500}"#).contains("unknown field `staus`"));
        assert!(refused(r#"{"match": {"doors": "imds"}}"#).contains("unknown field `doors`"));
        assert!(refused(r#"{"match": {"door": "graph"}}"#).contains("graph"));
        assert!(refused(r#"{"status": 99}"#).contains("between 200 and 599"));
        assert!(refused(r#"{"drip": 0}"#).contains("drip"));
        assert!(refused(r#"{"times": 0}"#).contains("times"));
        assert!(refused(r#"{"oversize": 1, "body": "x"}"#).contains("oversize"));
        assert!(refused(r#"{"oversize": 1, "drip": 1}"#).contains("drip"));
        assert!(refused(r#"{"drop": "late"}"#).contains("late"));
        assert!(refused(r#"{"drop": "body", "truncate": 1}"#).contains("truncate"));
        assert!(refused(r#"{"status": 500, "omit": ["resource"]}"#).contains("omit"));
        assert!(refused(r#"{"token": "fake"}"#).contains("fake"));
        assert!(refused(r#"{"headers": {"a b": "x"}}"#).contains("a b"));
        assert!(refused(r#"{"redirect": "a\nb"}"#).contains("redirect"));
        assert!(refused(r#"[{"status": 500}, {"status": 1}]"#).contains("status"));
        assert!(refused("nonsense").contains("bad fault"));
    }

    #[test]
    fn a_null_body_is_a_body() {
        assert_eq!(Fault::list_from_json(r#"{"body": null}"#).unwrap()[0].body, Some(Value::Null));
        assert_eq!(Fault::list_from_json("{}").unwrap()[0].body, None);
    }

    #[test]
    fn skip_and_times_count_matching_requests_only() {
        let mut faults = Faults::default();
        let json = r#"[{"match": {"path": "/Metadata/identity", "query": {"resource": "a"}}, "skip": 1, "times": 1, "status": 500},
                       {"match": {"door": "arm"}, "status": 501}]"#;
        let ids: Vec<u64> = Fault::list_from_json(json).unwrap().into_iter().map(|f| faults.add(f)).collect();
        let query = [("resource".to_owned(), "a".to_owned())];
        let mut take = |door, path: &str, query: &[_]| faults.take(door, "GET", path, query).map(|(id, _)| id);
        assert_eq!(take(Door::Imds, "/metadata/identity/x", &[]), None);
        assert_eq!(take(Door::Imds, "/metadata/identity/x", &query), None, "skipped");
        assert_eq!(take(Door::Imds, "/metadata/identity/x", &query), Some(ids[0]));
        assert_eq!(take(Door::Imds, "/metadata/identity/x", &query), None, "used up");
        assert_eq!(take(Door::Imds, "/meta", &query), None, "shorter than the prefix");
        assert_eq!(take(Door::Arm, "/x", &[]), Some(ids[1]));
    }
}
