//! The transport for link-local and loopback endpoints: HTTP/1.1 over TCP and nothing else.
//!
//! No proxy (Microsoft's documentation demands that IMDS is never asked through one), no redirect, no TLS and so none
//! of its set-up cost, a cap on the body. Nothing is spawned: the caller that waits for an answer also drives the
//! connection, and an idle connection is only taken up again on the runtime that it was made on.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, USER_AGENT as USER_AGENT_HEADER};
use http::{HeaderValue, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use zeroize::{Zeroize, Zeroizing};

use super::{BoxFuture, Failure, LINK_LOCAL_BODY_LIMIT, Progress, Request, Response, Transport, USER_AGENT};
use crate::fork::PerProcess;

/// Idle connections are kept this long: servers close them after some more.
const IDLE_LIMIT: Duration = Duration::from_secs(30);
const IDLE_COUNT: usize = 32;
/// Enough for any answer's head; the body is taken out as it comes.
const READ_BUFFER: usize = 64 * 1024;

static IDLE: PerProcess<Mutex<Vec<Idle>>> = PerProcess::new();

struct Idle {
    host: String,
    port: u16,
    runtime: tokio::runtime::Id,
    since: Instant,
    live: Live,
}

/// A connection and its two ends: what sends requests, and what moves the bytes when polled.
struct Live {
    sender: SendRequest<Empty<Bytes>>,
    connection: Pin<Box<Connection<TokioIo<TcpStream>, Empty<Bytes>>>>,
    ended: bool,
}

impl Live {
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

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct LinkLocal;

impl Transport for LinkLocal {
    fn send<'a>(
        &'a self,
        request: &'a Request,
        connect: Duration,
        progress: &'a Progress,
    ) -> BoxFuture<'a, Result<Response, Failure>> {
        Box::pin(async move {
            if let Some(live) = take_idle(request).await {
                match exchange(live, request, progress).await {
                    Err(Exchange::NotSent) => {}
                    Err(Exchange::Failed(failure)) => return Err(failure),
                    Ok(response) => return Ok(response),
                }
            }
            let live = open(request, connect).await?;
            exchange(live, request, progress).await.map_err(|e| match e {
                Exchange::NotSent => Failure::Broken(false, "closed at once".to_owned()),
                Exchange::Failed(failure) => failure,
            })
        })
    }
}

enum Exchange {
    /// The server had closed an idle connection: the request never left.
    NotSent,
    Failed(Failure),
}

async fn take_idle(request: &Request) -> Option<Live> {
    let runtime = Handle::try_current().ok()?.id();
    loop {
        let mut idle = {
            let pool = IDLE.get();
            let mut pool = pool.lock().unwrap_or_else(PoisonError::into_inner);
            let at =
                pool.iter().rposition(|i| i.runtime == runtime && i.port == request.port && i.host == request.host)?;
            pool.swap_remove(at)
        };
        if idle.since.elapsed() > IDLE_LIMIT {
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

fn keep_idle(request: &Request, live: Live) {
    let Ok(handle) = Handle::try_current() else { return };
    let pool = IDLE.get();
    let mut pool = pool.lock().unwrap_or_else(PoisonError::into_inner);
    if pool.len() >= IDLE_COUNT {
        pool.retain(|i| i.since.elapsed() < IDLE_LIMIT);
    }
    if pool.len() < IDLE_COUNT {
        let (host, port) = (request.host.clone(), request.port);
        pool.push(Idle { host, port, runtime: handle.id(), since: Instant::now(), live });
    }
}

async fn open(request: &Request, limit: Duration) -> Result<Live, Failure> {
    let host = request.host.trim_start_matches('[').trim_end_matches(']');
    let stream = match tokio::time::timeout(limit, TcpStream::connect((host, request.port))).await {
        Err(_) => return Err(Failure::NoConnection),
        Ok(Err(error)) => return Err(connect_failure(&error)),
        Ok(Ok(stream)) => stream,
    };
    // A delayed acknowledgement would cost more than the whole answer.
    let _ = stream.set_nodelay(true);
    let (sender, connection) = http1::Builder::new()
        .title_case_headers(true)
        .max_buf_size(READ_BUFFER)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|e| Failure::Broken(false, e.to_string()))?;
    Ok(Live { sender, connection: Box::pin(connection), ended: false })
}

fn connect_failure(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Failure::Refused,
        io::ErrorKind::TimedOut => Failure::NoConnection,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Failure::Broken(false, error.to_string()),
        _ => Failure::NoRoute(error.to_string()),
    }
}

async fn exchange(mut live: Live, request: &Request, progress: &Progress) -> Result<Response, Exchange> {
    let failed = |f| Err(Exchange::Failed(f));
    let message = build(request).map_err(|e| Exchange::Failed(Failure::NotHttp(e.to_string())))?;
    let sent = live.sender.send_request(message);
    let response = match live.drive(sent).await {
        None => return failed(Failure::Broken(false, "closed by the other end".to_owned())),
        Some(Err(error)) if error.is_canceled() => return Err(Exchange::NotSent),
        Some(Err(error)) if error.is_parse() => return failed(Failure::NotHttp(error.to_string())),
        Some(Err(error)) => return failed(Failure::Broken(false, error.to_string())),
        Some(Ok(response)) => response,
    };
    progress.head_received();
    let (head, body) = response.into_parts();
    let length = head.headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    let body = read_body(&mut live, body, length).await.map_err(Exchange::Failed)?;
    if head.status != StatusCode::SWITCHING_PROTOCOLS && live.is_usable().await {
        keep_idle(request, live);
    }
    Ok(Response { status: head.status, headers: head.headers, body })
}

fn build(request: &Request) -> Result<http::Request<Empty<Bytes>>, http::Error> {
    let mut builder = http::Request::builder().method(request.method.clone()).uri(&request.target);
    let host = if request.port == 80 { request.host.clone() } else { format!("{}:{}", request.host, request.port) };
    builder = builder.header(HOST, host).header(USER_AGENT_HEADER, HeaderValue::from_static(USER_AGENT));
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    builder.body(Empty::new())
}

async fn read_body(live: &mut Live, mut body: Incoming, length: Option<u64>) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let limit = LINK_LOCAL_BODY_LIMIT;
    if length.is_some_and(|l| l > limit as u64) {
        return Err(Failure::TooLarge);
    }
    let expected = length.and_then(|l| usize::try_from(l).ok()).unwrap_or(4096);
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
/// any token answer gets all the room that it may ever need: doubling would hold old and new at the same time.
fn append(all: &mut Zeroizing<Vec<u8>>, data: &[u8]) {
    if all.capacity() - all.len() < data.len() {
        let needed = (all.len() + data.len()).max(all.capacity() * 2);
        let room = if needed > READ_BUFFER { LINK_LOCAL_BODY_LIMIT.max(needed) } else { needed };
        let mut larger = Vec::with_capacity(room);
        larger.extend_from_slice(all);
        all.zeroize();
        **all = larger;
    }
    all.extend_from_slice(data);
}
