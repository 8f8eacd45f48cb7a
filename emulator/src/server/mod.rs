//! HTTP on both ports: from a connection to a door, and back through the faults.

pub(crate) mod body;
pub(crate) mod call;
pub(crate) mod reply;
pub(crate) mod wire;

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::door::{Door, Port, Way, way};
use crate::fault::{Drop, Fault};
use crate::shared::{Shared, real_millis};
use crate::token::options::TokenForm;
use crate::{arm, control, imds, login};
use body::ReplyBody;
use call::Call;
use reply::Reply;
use wire::{Cut, Wire, WireControl};

/// Numbers connections, for the log.
static CONNECTIONS: AtomicU64 = AtomicU64::new(1);

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("connection dropped on purpose")]
pub(crate) struct Dropped;

/// Accepts connections for ever.
pub(crate) async fn serve(shared: Arc<Shared>, listener: TcpListener, tls: Option<TlsAcceptor>) -> Infallible {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(_) => {
                // Out of file descriptors, or the peer went away: neither ends the listener, the first needs time.
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            }
        };
        // Without it a small answer waits for the peer's delayed acknowledgement: 40 ms.
        let _ = stream.set_nodelay(true);
        let (shared, tls) = (shared.clone(), tls.clone());
        tokio::spawn(async move {
            match tls {
                None => connection(shared, Port::Plain, stream).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        connection(shared, Port::Tls, stream).await;
                    }
                }
            }
        });
    }
}

async fn connection<S>(shared: Arc<Shared>, port: Port, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let number = CONNECTIONS.fetch_add(1, Ordering::Relaxed);
    let control = Arc::new(WireControl::default());
    let io = TokioIo::new(Wire::new(stream, control.clone()));
    let service = service_fn(move |request| {
        let (shared, control) = (shared.clone(), control.clone());
        async move { answer(&shared, port, number, &control, request).await }
    });
    // An error here is a peer that went away, or a fault that closed the connection on purpose.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
}

async fn answer(
    shared: &Shared,
    port: Port,
    connection: u64,
    wire: &WireControl,
    request: Request<Incoming>,
) -> Result<Response<ReplyBody>, Dropped> {
    let call = match Call::read(request).await {
        Ok(call) => call,
        Err(too_large) => return Ok(too_large.into_response(ReplyBody::whole)),
    };
    let door = match way(port, &call.path) {
        Way::Control => return Ok(control::answer(shared, &call).await.into_response(ReplyBody::whole)),
        Way::Door(door) => door,
    };
    let (number, fault) = {
        let mut world = shared.world();
        let fault = world.faults.take(door, call.method.as_str(), &call.path, &call.query);
        let id = fault.as_ref().map(|(id, _)| *id);
        (world.log.arrive(real_millis(), door, &call, connection, id), fault)
    };
    let Some((id, fault)) = fault else {
        let reply = genuine(shared, door, &call, None).await;
        note(shared, number, connection, &call, &reply);
        return Ok(reply.into_response(ReplyBody::whole));
    };
    if fault.hang {
        pending::<()>().await;
    }
    if fault.delay_ms > 0 {
        tokio::time::sleep(fault.delay()).await;
    }
    if fault.drop == Some(Drop::Before) {
        return Err(Dropped);
    }
    let mut reply = if fault.answers_itself() {
        reply::of_fault(door, id, &fault)
    } else {
        genuine(shared, door, &call, fault.token).await
    };
    reply.altered_by(&fault);
    note(shared, number, connection, &call, &reply);
    Ok(faulty(reply, &fault, wire))
}

/// The response as the fault wants it sent.
fn faulty(reply: Reply, fault: &Fault, wire: &WireControl) -> Response<ReplyBody> {
    let size = fault.oversize.unwrap_or(reply.body.len() as u64);
    match (fault.drop, fault.truncate) {
        (Some(Drop::Headers), _) => wire.cut(Cut::InHeaders),
        (Some(Drop::Body), _) if size > 0 => wire.cut(Cut::InBody(size / 2)),
        // A body that is shorter anyway arrives whole, and its connection lives on.
        (_, Some(bytes)) if bytes < size => wire.cut(Cut::InBody(bytes)),
        _ => {}
    }
    let exact = !fault.chunked;
    reply.into_response(|bytes| {
        if let Some(size) = fault.oversize {
            ReplyBody::filler(size, exact)
        } else if let Some(rate) = fault.drip {
            ReplyBody::drip(bytes, rate, exact)
        } else if exact {
            ReplyBody::whole(bytes)
        } else {
            ReplyBody::chunked(bytes)
        }
    })
}

async fn genuine(shared: &Shared, door: Door, call: &Call, form: Option<TokenForm>) -> Reply {
    match door {
        Door::Imds => imds::answer(shared, call, form).await,
        Door::Login => login::answer(shared, call).await,
        Door::Arm => arm::answer(shared, call).await,
    }
}

fn note(shared: &Shared, number: u64, connection: u64, call: &Call, reply: &Reply) {
    shared.world().log.answered(number, connection, reply.status.as_u16());
    if shared.verbose {
        // The path only: a query may hold what should not be in a log.
        use io::Write as _;
        let _ = writeln!(io::stderr(), "{} {} {}", call.method, call.path, reply.status.as_u16());
    }
}
