//! The transport for Azure's public services: https only, the system's trust store, the proxy that the environment
//! names, no redirects.

use std::error::Error as StdError;
use std::future::poll_fn;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, USER_AGENT as USER_AGENT_HEADER};
use http::{HeaderMap, HeaderValue, Method, Uri};
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::runtime::Handle;
use tower_service::Service;
use url::{Position, Url};

use super::connection::{Limits, Message, Pool, Stream};
use super::redact::redact;
use super::{Failure, Progress, Response, USER_AGENT};
use crate::env::Env;
use crate::error::{Error, ErrorKind, Result, id};
use crate::fork::PerProcess;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// An idle connection shows that it lives, so that no gateway on the way forgets it.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// As long as reqwest and Go's client keep theirs.
const IDLE_LIMIT: Duration = Duration::from_secs(90);
/// More than a process is likely to use at once: what is not kept costs the next request a TLS handshake.
const IDLE_COUNT: usize = 256;
/// Pages of lists are half a megabyte.
const READ_BUFFER: usize = 256 * 1024;

/// Sends to one cloud, with roots of trust that are fixed.
pub(crate) struct CloudTransport {
    ca_file: Option<PathBuf>,
    env: Env,
    own: PerProcess<Own>,
}

/// What one process has of it.
#[derive(Default)]
struct Own {
    pool: Pool,
    setup: Mutex<Option<Arc<Setup>>>,
}

struct Setup {
    tls: Arc<ClientConfig>,
    proxies: Matcher,
}

/// A request, as its sender sees it.
pub(crate) struct CloudRequest<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The most that the answer's body may be.
    pub(crate) body_limit: usize,
}

/// A transport that is set up.
pub(crate) struct Ready {
    own: Arc<Own>,
    setup: Arc<Setup>,
}

impl CloudTransport {
    pub(crate) fn new(ca_file: Option<PathBuf>, env: Env) -> Self {
        Self { ca_file, env, own: PerProcess::new() }
    }

    /// Sets up what is missing: the trust store takes milliseconds.
    pub(crate) fn ready(&self) -> Result<Ready> {
        if Handle::try_current().is_err() {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                id::RUNTIME_MISSING,
                "a request must be sent, and there is no tokio runtime here",
            )
            .with_hint("await the call on a tokio runtime, or use midentity::blocking"));
        }
        let own = self.own.get();
        let mut kept = own.setup.lock().unwrap_or_else(PoisonError::into_inner);
        let setup = match &*kept {
            Some(setup) => Arc::clone(setup),
            None => {
                let roots = self.ca_file.as_deref().map(read_roots).transpose()?;
                let tls = Arc::new(tls(roots).map_err(cannot_set_up)?);
                Arc::clone(kept.insert(Arc::new(Setup { tls, proxies: proxies(&self.env) })))
            }
        };
        drop(kept);
        Ok(Ready { own, setup })
    }
}

/// What curl reads, too: a CGI program's `HTTP_PROXY` is no matter here, where everything is https.
fn proxies(env: &Env) -> Matcher {
    let first = |names: [&str; 2]| names.iter().find_map(|name| env.var(name)).unwrap_or_default();
    Matcher::builder()
        .all(first(["ALL_PROXY", "all_proxy"]))
        .https(first(["HTTPS_PROXY", "https_proxy"]))
        .no(first(["NO_PROXY", "no_proxy"]))
        .build()
}

impl Ready {
    /// Sends once. The caller bounds the whole by its own time limit.
    pub(crate) async fn send(&self, request: CloudRequest<'_>, progress: &Progress) -> Result<Response, Failure> {
        let CloudRequest { method, url, headers, body, body_limit } = request;
        let peer = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(443));
        let mut message = Message::new(Full::new(body));
        *message.method_mut() = method;
        *message.uri_mut() = Uri::try_from(&url[Position::BeforePath..Position::AfterQuery]).map_err(unusable)?;
        *message.headers_mut() = headers;
        let host = HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort]).map_err(unusable)?;
        message.headers_mut().insert(HOST, host);
        message.headers_mut().insert(USER_AGENT_HEADER, HeaderValue::from_static(USER_AGENT));
        let limits = Limits { idle: IDLE_LIMIT, idle_count: IDLE_COUNT, read_buffer: READ_BUFFER, body: body_limit };
        self.own.pool.send(peer, message, &limits, self.setup.open(url), progress).await
    }
}

fn unusable<E>(_: E) -> Failure {
    Failure::NoRoute("the address can't be used in a request".to_owned())
}

impl Setup {
    /// A connection that is encrypted to the end, also where a proxy hands it on.
    async fn open(&self, url: &Url) -> Result<Box<dyn Stream>, Failure> {
        let at = Uri::try_from(&url[..Position::AfterPort]).map_err(unusable)?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        // A delayed acknowledgement would cost more than the whole answer.
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEPALIVE));
        // Shared out among the addresses of a name.
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let mut direct = HttpsConnector::from((tcp, Arc::clone(&self.tls)));
        let Some(proxy) = self.proxies.intercept(&at) else {
            direct.enforce_https();
            return connect(direct, at).await;
        };
        let mut tunnel = Tunnel::new(proxy.uri().clone(), direct)
            .with_headers(HeaderMap::from_iter([(USER_AGENT_HEADER, HeaderValue::from_static(USER_AGENT))]));
        if let Some(auth) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(auth.clone());
        }
        let mut through = HttpsConnector::from((tunnel, Arc::clone(&self.tls)));
        through.enforce_https();
        connect(through, at).await
    }
}

async fn connect<C>(mut connector: C, at: Uri) -> Result<Box<dyn Stream>, Failure>
where
    C: Service<Uri, Error = Box<dyn StdError + Send + Sync>>,
    C::Response: Stream + 'static,
{
    let connected = async {
        poll_fn(|cx| connector.poll_ready(cx)).await?;
        connector.call(at).await
    };
    // All of it: a name that is not found, and a handshake that does not end, too.
    match tokio::time::timeout(CONNECT_TIMEOUT, connected).await {
        Ok(Ok(stream)) => Ok(Box::new(stream)),
        Ok(Err(error)) => Err(failure(&*error)),
        Err(_) => Err(Failure::NoConnection),
    }
}

/// Why there is no connection: the cause at the bottom tells.
fn failure(error: &(dyn StdError + 'static)) -> Failure {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut, UnexpectedEof};
    let (mut cause, mut words) = (Some(error), String::new());
    while let Some(inner) = cause {
        words = redact(&inner.to_string());
        if let Some(error) = inner.downcast_ref::<rustls::Error>() {
            return match error {
                // Something that speaks no TLS.
                rustls::Error::InvalidMessage(_) => Failure::Broken(false, words),
                _ => Failure::Untrusted(words),
            };
        }
        let Some(error) = inner.downcast_ref::<io::Error>() else {
            cause = inner.source();
            continue;
        };
        match error.kind() {
            // A connection that went away says nothing about trust, although the TLS library words it as its failure.
            UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe => {
                return Failure::Broken(false, "the other end closed it".to_owned());
            }
            TimedOut => return Failure::NoConnection,
            _ => {}
        }
        // What it wraps: its `source` would pass that over.
        let Some(wrapped) = error.get_ref() else { return Failure::of_connecting(error) };
        cause = Some(wrapped);
    }
    Failure::NoRoute(words)
}

fn cannot_set_up(cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Transport, id::ARM_TLS, "the https client can't be set up")
        .with_hint("the system's trust store may be missing (package ca-certificates), or name one with ca_file")
        .with_cause(cause)
}

/// TLS by ring, which makes the C library half as large as reqwest's own choice does; trusting these roots and no
/// others, or what the system trusts.
fn tls(roots: Option<RootCertStore>) -> std::result::Result<ClientConfig, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?;
    let builder = match roots {
        Some(roots) => builder.with_root_certificates(roots),
        None => builder.with_platform_verifier()?,
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn read_roots(path: &Path) -> Result<RootCertStore> {
    let refuse = |why: String| {
        Error::argument(
            id::ARGUMENT_CA_FILE,
            format!("{}: {why}", path.display()),
            "ca_file names a PEM file with one or more certificates",
        )
    };
    let pem = std::fs::read(path).map_err(|e| refuse(e.to_string()))?;
    // Windows' shells and editors write a byte order mark, behind which the first certificate would be overlooked.
    let pem = pem.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&pem);
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| refuse("it is not a PEM file".into()))?;
        roots.add(certificate).map_err(|_| refuse("a certificate in it can't be read".into()))?;
    }
    if roots.is_empty() {
        return Err(refuse("there is no certificate in it".into()));
    }
    Ok(roots)
}
