//! The transport for Azure's public services: https only, the system's trust store and proxy, no redirects.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Certificate;
use reqwest::redirect::Policy;
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
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .https_only(true)
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .referer(false);
        if let Some(path) = &self.ca_file {
            builder = builder.tls_certs_only(read_roots(path)?);
        }
        builder.build().map_err(|e| {
            Error::new(ErrorKind::Transport, id::ARM_TLS, "the https client can't be set up")
                .with_hint(
                    "the system's trust store may be missing (package ca-certificates), or name one with ca_file",
                )
                .with_cause(e)
        })
    }
}

fn read_roots(path: &Path) -> Result<Vec<Certificate>> {
    let refuse = |why: String| {
        Error::argument(
            id::ARGUMENT_CA_FILE,
            format!("{}: {why}", path.display()),
            "ca_file names a PEM file with one or more certificates",
        )
    };
    let pem = std::fs::read(path).map_err(|e| refuse(e.to_string()))?;
    let roots = Certificate::from_pem_bundle(&pem).map_err(|_| refuse("it is not a PEM file".into()))?;
    if roots.is_empty() {
        return Err(refuse("there is no certificate in it".into()));
    }
    Ok(roots)
}
