//! The transport for link-local and loopback endpoints: HTTP/1.1 over TCP and nothing else.
//!
//! No proxy (Microsoft's documentation demands that IMDS is never asked through one), no redirect, no TLS and so none
//! of its set-up cost, a cap on the body.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http::header::{HOST, USER_AGENT as USER_AGENT_HEADER};
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::connection::{Limits, Message, Pool, Stream};
use super::{BoxFuture, Failure, LINK_LOCAL_BODY_LIMIT, Progress, Request, Response, Transport, USER_AGENT};
use crate::fork::PerProcess;

const LIMITS: Limits = Limits {
    idle: Duration::from_secs(30),
    idle_count: 32,
    // Enough for any answer's head; the body is taken out as it comes.
    read_buffer: 64 * 1024,
    body: LINK_LOCAL_BODY_LIMIT,
};

static POOL: PerProcess<Pool> = PerProcess::new();

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
            let message = build(request).map_err(|e| Failure::NotHttp(e.to_string()))?;
            let peer = (request.host.as_str(), request.port);
            POOL.get().send(peer, message, &LIMITS, open(request, connect), progress).await
        })
    }
}

async fn open(request: &Request, limit: Duration) -> Result<Box<dyn Stream>, Failure> {
    let host = request.host.trim_start_matches('[').trim_end_matches(']');
    let stream = match tokio::time::timeout(limit, TcpStream::connect((host, request.port))).await {
        Err(_) => return Err(Failure::NoConnection),
        Ok(Err(error)) => return Err(Failure::of_connecting(&error)),
        Ok(Ok(stream)) => stream,
    };
    // A delayed acknowledgement would cost more than the whole answer.
    let _ = stream.set_nodelay(true);
    Ok(Box::new(TokioIo::new(stream)))
}

fn build(request: &Request) -> Result<Message, http::Error> {
    let mut builder = http::Request::builder().method(request.method.clone()).uri(&request.target);
    let host = if request.port == 80 { request.host.clone() } else { format!("{}:{}", request.host, request.port) };
    builder = builder.header(HOST, host).header(USER_AGENT_HEADER, HeaderValue::from_static(USER_AGENT));
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    builder.body(Full::new(Bytes::new()))
}
