//! The transport for Azure's public services: https only, the system's trust store and proxy, no redirects.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::redirect::Policy;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::runtime::Handle;

use super::USER_AGENT;
use crate::error::{Error, ErrorKind, Result, id};
use crate::fork::PerProcess;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Clients, one for each runtime: a pooled connection is driven by the runtime that it was made on, and one whose
/// runtime stands still would never answer.
#[derive(Default)]
struct Clients(Mutex<Vec<(tokio::runtime::Id, reqwest::Client)>>);

/// An https client whose roots of trust are fixed.
pub(crate) struct CloudTransport {
    ca_file: Option<PathBuf>,
    clients: PerProcess<Clients>,
}

impl CloudTransport {
    pub(crate) fn new(ca_file: Option<PathBuf>) -> Self {
        Self { ca_file, clients: PerProcess::new() }
    }

    /// The client for the runtime that this is called on. Made on first use: the trust store takes milliseconds.
    pub(crate) fn client(&self) -> Result<reqwest::Client> {
        let Ok(handle) = Handle::try_current() else {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                id::RUNTIME_MISSING,
                "a request must be sent, and there is no tokio runtime here",
            )
            .with_hint("await the call on a tokio runtime, or use midentity::blocking"));
        };
        let clients: Arc<Clients> = self.clients.get();
        let mut clients = clients.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = clients.iter().find(|(runtime, _)| *runtime == handle.id()) {
            return Ok(client.clone());
        }
        let client = self.build()?;
        // Runtimes come and go in tests; the oldest client goes first. More than the runtimes that are kept idle.
        if clients.len() >= 40 {
            clients.remove(0);
        }
        clients.push((handle.id(), client.clone()));
        Ok(client)
    }

    fn build(&self) -> Result<reqwest::Client> {
        let roots = self.ca_file.as_deref().map(read_roots).transpose()?;
        let builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .https_only(true)
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .referer(false)
            .tls_backend_preconfigured(tls(roots).map_err(cannot_set_up)?);
        builder.build().map_err(cannot_set_up)
    }
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
