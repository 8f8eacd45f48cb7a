//! HTTP/1.1 on connections that are kept: what both transports send by.
//!
//! Nothing is spawned: the caller that waits for an answer also drives the connection, and an idle connection is only
//! taken up again on the runtime that it was made on.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_LENGTH;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::rt::{Read, Write};
use tokio::runtime::Handle;
use zeroize::{Zeroize, Zeroizing};

use super::{Failure, Progress, Response};

/// A body that outgrows this is no token's, and gets this much more room at once.
const LONG_BODY: usize = 64 * 1024;
const LONG_BODY_ROOM: usize = 1024 * 1024;

pub(crate) type Message = http::Request<Full<Bytes>>;
type Connection = http1::Connection<Box<dyn Stream>, Full<Bytes>>;

/// What bytes travel on.
pub(crate) trait Stream: Read + Write + Unpin + Send {}

impl<T: Read + Write + Unpin + Send> Stream for T {}

/// What a transport allows its connections.
pub(crate) struct Limits {
    /// Idle connections are kept this long: less than servers keep theirs.
    pub(crate) idle: Duration,
    /// So many are kept, the newest.
    pub(crate) idle_count: usize,
    /// The most that is read at once, which also bounds an answer's head.
    pub(crate) read_buffer: usize,
    pub(crate) body: usize,
}

/// The idle connections of one transport.
#[derive(Default)]
pub(crate) struct Pool(Mutex<Vec<Idle>>);

struct Idle {
    runtime: tokio::runtime::Id,
    since: Instant,
    live: Live,
}

/// A connection and its two ends: what sends requests, and what moves the bytes when polled.
struct Live {
    host: String,
    port: u16,
    sender: SendRequest<Full<Bytes>>,
    connection: Pin<Box<Connection>>,
    ended: bool,
}

enum Exchange {
    /// The server had closed an idle connection: the request never left.
    NotSent(Box<Message>),
    Failed(Failure),
}

impl Pool {
    /// Sends on a kept connection, or on what `open` makes where there is none.
    pub(crate) async fn send(
        &self,
        (host, port): (&str, u16),
        mut message: Message,
        limits: &Limits,
        open: impl Future<Output = Result<Box<dyn Stream>, Failure>>,
        progress: &Progress,
    ) -> Result<Response, Failure> {
        if let Some(mut live) = self.take(host, port, limits).await {
            match live.exchange(message, limits.body, progress).await {
                Err(Exchange::NotSent(unsent)) => message = *unsent,
                Err(Exchange::Failed(failure)) => return Err(failure),
                Ok(response) => {
                    self.keep(live, limits).await;
                    return Ok(response);
                }
            }
        }
        let (sender, connection) = http1::Builder::new()
            .title_case_headers(true)
            .max_buf_size(limits.read_buffer)
            .handshake(open.await?)
            .await
            .map_err(|e| Failure::Broken(false, e.to_string()))?;
        let mut live = Live { host: host.to_owned(), port, sender, connection: Box::pin(connection), ended: false };
        let response = live.exchange(message, limits.body, progress).await.map_err(|e| match e {
            Exchange::NotSent(_) => Failure::Broken(false, "closed at once".to_owned()),
            Exchange::Failed(failure) => failure,
        })?;
        self.keep(live, limits).await;
        Ok(response)
    }

    async fn take(&self, host: &str, port: u16, limits: &Limits) -> Option<Live> {
        let runtime = Handle::try_current().ok()?.id();
        loop {
            let mut idle = {
                let mut pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                let at =
                    pool.iter().rposition(|i| i.runtime == runtime && i.live.port == port && i.live.host == host)?;
                pool.remove(at)
            };
            if idle.since.elapsed() > limits.idle {
                continue;
            }
            // Lets the event loop look at the socket, so that a connection the server has closed is seen here and not
            // as a lost request.
            tokio::task::yield_now().await;
            if idle.live.is_usable().await {
                return Some(idle.live);
            }
        }
    }

    async fn keep(&self, mut live: Live, limits: &Limits) {
        if !live.is_usable().await {
            return;
        }
        let Ok(handle) = Handle::try_current() else { return };
        let mut pool = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        // Also those of runtimes that are gone, which nothing else would close.
        pool.retain(|i| now.duration_since(i.since) < limits.idle);
        if pool.len() >= limits.idle_count {
            pool.remove(0);
        }
        pool.push(Idle { runtime: handle.id(), since: now, live });
    }
}

impl Live {
    async fn exchange(
        &mut self,
        message: Message,
        body_limit: usize,
        progress: &Progress,
    ) -> Result<Response, Exchange> {
        let failed = |f| Err(Exchange::Failed(f));
        progress.set_sent(true);
        let sent = self.sender.try_send_request(message);
        let response = match self.drive(sent).await {
            None => return failed(Failure::Broken(false, "closed by the other end".to_owned())),
            Some(Err(mut error)) => {
                if let Some(unsent) = error.take_message() {
                    progress.set_sent(false);
                    return Err(Exchange::NotSent(Box::new(unsent)));
                }
                let error = error.into_error();
                let words = error.to_string();
                return failed(if error.is_parse() { Failure::NotHttp(words) } else { Failure::Broken(false, words) });
            }
            Some(Ok(response)) => response,
        };
        progress.head_received();
        let (head, body) = response.into_parts();
        let length = head.headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
        let body = read_body(self, body, length, body_limit).await.map_err(Exchange::Failed)?;
        // What is spoken from here on is no HTTP.
        self.ended |= head.status == StatusCode::SWITCHING_PROTOCOLS;
        Ok(Response { status: head.status, headers: head.headers, body })
    }

    fn poll_connection(&mut self, cx: &mut Context<'_>) {
        if !self.ended && self.connection.as_mut().poll(cx).is_ready() {
            self.ended = true;
        }
    }

    async fn drive<F: Future>(&mut self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            self.poll_connection(cx);
            // The connection may just have delivered what the future waits for, or have ended for good.
            match future.as_mut().poll(cx) {
                Poll::Ready(output) => Poll::Ready(Some(output)),
                Poll::Pending if self.ended => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    async fn is_usable(&mut self) -> bool {
        poll_fn(|cx| {
            self.poll_connection(cx);
            Poll::Ready(())
        })
        .await;
        !self.ended && self.sender.is_ready()
    }
}

async fn read_body(
    live: &mut Live,
    mut body: Incoming,
    length: Option<u64>,
    limit: usize,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if length.is_some_and(|l| l > limit as u64) {
        return Err(Failure::TooLarge);
    }
    // As large as the service says, within reason.
    let expected = length.and_then(|l| usize::try_from(l).ok()).unwrap_or(4096).min(LONG_BODY_ROOM);
    let mut all = Zeroizing::new(Vec::with_capacity(expected));
    loop {
        let frame = match live.drive(body.frame()).await {
            None => return Err(Failure::Broken(true, "closed by the other end".to_owned())),
            Some(None) => return Ok(all),
            Some(Some(Err(error))) => return Err(Failure::Broken(true, error.to_string())),
            Some(Some(Ok(frame))) => frame,
        };
        let Some(data) = frame.data_ref() else { continue };
        if all.len() + data.len() > limit {
            return Err(Failure::TooLarge);
        }
        append(&mut all, data);
    }
}

/// Appends without leaving a copy behind: a `Vec` that grows frees its old memory as it is. A body that is larger than
/// any token answer gets room for a long one: doubling would hold old and new at the same time.
fn append(all: &mut Zeroizing<Vec<u8>>, data: &[u8]) {
    if all.capacity() - all.len() < data.len() {
        let needed = (all.len() + data.len()).max(all.capacity() * 2);
        let room = if needed > LONG_BODY { needed.max(LONG_BODY_ROOM) } else { needed };
        let mut larger = Vec::with_capacity(room);
        larger.extend_from_slice(all);
        all.zeroize();
        **all = larger;
    }
    all.extend_from_slice(data);
}
