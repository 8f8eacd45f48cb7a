//! HTTP: what is sent, what comes back, and how it fails. One transport for link-local endpoints, one for clouds.

pub(crate) mod cloud;
mod connection;
pub(crate) mod limiter;
pub(crate) mod link_local;
pub(crate) mod redact;
pub(crate) mod retry;
#[cfg(test)]
pub(crate) mod scripted;

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use zeroize::Zeroizing;

pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The most that a token endpoint's answer may be: tokens are some kilobytes, and a body that never ends must not
/// fill the memory.
pub(crate) const LINK_LOCAL_BODY_LIMIT: usize = 1024 * 1024;

/// What is said of this library in `User-Agent`.
pub(crate) const USER_AGENT: &str =
    concat!("midentity/", env!("CARGO_PKG_VERSION"), " (", env!("CARGO_PKG_REPOSITORY"), ")");

/// One request to a link-local endpoint.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    pub(crate) fn retry_after(&self, epoch_seconds: i64) -> Option<Duration> {
        retry::parse_retry_after(self.header("retry-after")?, epoch_seconds)
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({}, {} bytes)", self.status, self.body.len())
    }
}

/// Why there is no whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing listens there.
    Refused,
    /// The system has no way to that address, or no such name.
    NoRoute(String),
    /// No connection within the time for connecting.
    NoConnection,
    /// Connected, but no whole answer within the time of one attempt. `true` once the head of an answer was there.
    TimedOut(bool),
    /// The connection ended early. `true` once the head of an answer was there.
    Broken(bool, String),
    /// The body is larger than allowed.
    TooLarge,
    /// What came is not HTTP.
    NotHttp(String),
    /// The other end can't show that it is who it should be.
    Untrusted(String),
}

impl Failure {
    /// Why the system made no connection.
    fn of_connecting(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            io::ErrorKind::TimedOut => Self::NoConnection,
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Self::Broken(false, error.to_string()),
            _ => Self::NoRoute(error.to_string()),
        }
    }

    /// Whether something at the other end spoke HTTP.
    pub(crate) fn answered(&self) -> bool {
        matches!(self, Self::TimedOut(true) | Self::Broken(true, _) | Self::TooLarge)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str("the connection was refused"),
            Self::NoRoute(why) => write!(f, "there is no way to it ({why})"),
            Self::NoConnection => f.write_str("no connection in the time allowed"),
            Self::TimedOut(false) => f.write_str("it took the connection and did not answer in the time allowed"),
            Self::TimedOut(true) => f.write_str("its answer did not end in the time allowed"),
            Self::Broken(false, why) => write!(f, "the connection ended before an answer ({why})"),
            Self::Broken(true, why) => write!(f, "the connection ended in the middle of the answer ({why})"),
            Self::TooLarge => f.write_str("its answer is larger than allowed"),
            Self::NotHttp(why) => write!(f, "its answer is not HTTP ({why})"),
            Self::Untrusted(why) => write!(f, "it is not trusted ({why})"),
        }
    }
}

impl std::error::Error for Failure {}

/// How link-local requests travel. Replaced in tests by one that answers from memory.
pub(crate) trait Transport: Send + Sync {
    /// Sends once. The caller bounds the whole by its own time limit; `connect` bounds the connection.
    fn send<'a>(
        &'a self,
        request: &'a Request,
        connect: Duration,
        progress: &'a Progress,
    ) -> BoxFuture<'a, Result<Response, Failure>>;
}

/// How far a request has come, for the caller whose time limit cuts it off, or who may not send it twice.
#[derive(Default)]
pub(crate) struct Progress {
    sent: AtomicBool,
    head: AtomicBool,
}

impl Progress {
    fn set_sent(&self, sent: bool) {
        self.sent.store(sent, Ordering::Relaxed);
    }

    /// Whether any of it may have reached the other end.
    pub(crate) fn is_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }

    pub(crate) fn head_received(&self) {
        self.head.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_head(&self) -> bool {
        self.head.load(Ordering::Relaxed)
    }
}
