//! A transport that answers from memory, for tests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use zeroize::Zeroizing;

use super::{BoxFuture, Failure, Progress, Request, Response, Transport};

/// What happens to one request.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Answer(u16, Vec<(&'static str, String)>, String),
    Fail(Failure),
    /// No answer ever; `true`: the head of one comes.
    Hang(bool),
    /// The answer comes after others have had their turn this often.
    Slow(u32, Box<Step>),
}

impl Step {
    pub(crate) fn status(status: u16) -> Self {
        Self::json(status, r#"{"error":"server_error","error_description":"scripted"}"#)
    }

    pub(crate) fn json(status: u16, body: impl Into<String>) -> Self {
        Self::Answer(status, vec![("content-type", "application/json".into())], body.into())
    }

    pub(crate) fn text(status: u16, body: impl Into<String>) -> Self {
        Self::Answer(status, vec![("content-type", "text/html".into())], body.into())
    }

    /// An opaque token without echoes.
    pub(crate) fn token(token: &str, expires_in: i64) -> Self {
        Self::json(200, format!(r#"{{"access_token":"{token}","expires_in":"{expires_in}","token_type":"Bearer"}}"#))
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Answer(_, headers, _) = &mut self {
            headers.push((name, value.into()));
        }
        self
    }
}

/// A request as it would have travelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) host: String,
    pub(crate) target: String,
    pub(crate) metadata: bool,
    pub(crate) connect: Duration,
}

/// Plays steps in order; the last one is repeated for ever.
#[derive(Default)]
pub(crate) struct Scripted(Mutex<Play>);

#[derive(Default)]
struct Play {
    steps: VecDeque<Step>,
    sent: Vec<Sent>,
    at_once: usize,
    most_at_once: usize,
}

impl Scripted {
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Arc<Self> {
        let scripted = Self::default();
        scripted.play(steps);
        Arc::new(scripted)
    }

    /// Replaces what is left of the script.
    pub(crate) fn play(&self, steps: impl IntoIterator<Item = Step>) {
        self.lock(|p| p.steps = steps.into_iter().collect());
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.lock(|p| p.sent.clone())
    }

    pub(crate) fn count(&self) -> usize {
        self.lock(|p| p.sent.len())
    }

    /// The most requests that were under way at the same time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.lock(|p| p.most_at_once)
    }

    fn lock<T>(&self, f: impl FnOnce(&mut Play) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Transport for Scripted {
    fn send<'a>(
        &'a self,
        request: &'a Request,
        connect: Duration,
        progress: &'a Progress,
    ) -> BoxFuture<'a, Result<Response, Failure>> {
        Box::pin(async move {
            let metadata = request.headers.iter().any(|(n, v)| n == "metadata" && v == "true");
            let (host, target) = (request.host.clone(), request.target.clone());
            let mut step = self.lock(|p| {
                p.sent.push(Sent { host, target, metadata, connect });
                p.at_once += 1;
                p.most_at_once = p.most_at_once.max(p.at_once);
                if p.steps.len() > 1 { p.steps.pop_front() } else { p.steps.front().cloned() }
            });
            let _under_way = UnderWay(self);
            while let Some(Step::Slow(turns, then)) = step {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
                step = Some(*then);
            }
            match step {
                Some(Step::Answer(status, headers, body)) => {
                    progress.head_received();
                    Ok(answer(status, &headers, body))
                }
                Some(Step::Fail(failure)) => Err(failure),
                Some(Step::Hang(true)) => {
                    progress.head_received();
                    std::future::pending().await
                }
                _ => std::future::pending().await,
            }
        })
    }
}

struct UnderWay<'a>(&'a Scripted);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.lock(|p| p.at_once -= 1);
    }
}

fn answer(status: u16, headers: &[(&'static str, String)], body: String) -> Response {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            map.insert(HeaderName::from_static(name), value);
        }
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT);
    Response { status, headers: map, body: Zeroizing::new(body.into_bytes()) }
}
