//! What answers the tests: the emulator, and sockets that don't answer.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use midentity::{Credential, CredentialBuilder, Env, Scope, TokenCache};
use midentity_emulator::{Emulator, Options, RequestRecord};

pub(crate) const TOKEN_PATH: &str = "/metadata/identity/oauth2/token";

pub(crate) fn vectors_folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "vectors"].iter().collect()
}

/// An emulator with the machines of the vectors. Keys are made once for all of them.
pub(crate) fn emulator() -> Emulator {
    let config = Some(vectors_folder().join("machines.yaml"));
    let state_dir = Some(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("emulator"));
    Emulator::start(Options { config, state_dir, vm: Some("both".into()), ..Options::default() }).unwrap()
}

/// Credentials for it that share nothing with other tests.
pub(crate) fn builder(emulator: &Emulator) -> CredentialBuilder {
    Credential::builder().imds_endpoint(emulator.imds_endpoint()).env(Env::fixed([])).cache(TokenCache::new())
}

pub(crate) fn credential(emulator: &Emulator) -> Credential {
    builder(emulator).build().unwrap()
}

pub(crate) fn scope() -> Scope {
    Scope::parse("https://management.azure.com/.default").unwrap()
}

/// The token requests that it logged.
pub(crate) fn token_requests(emulator: &Emulator) -> Vec<RequestRecord> {
    emulator.requests().into_iter().filter(|r| r.path.ends_with(TOKEN_PATH)).collect()
}

/// An address where nobody listens.
pub(crate) fn refused() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// An address whose connections are never taken: what a route into nothing looks like.
pub(crate) struct Silent {
    pub(crate) endpoint: String,
    _listener: tokio::net::TcpListener,
    _queue: Vec<TcpStream>,
}

impl Silent {
    /// Must be called on a runtime, for its sockets can have a short queue and the standard library's can't.
    pub(crate) fn new() -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let listener = socket.listen(1).unwrap();
        let at = listener.local_addr().unwrap();
        let connect = |_| TcpStream::connect_timeout(&at, Duration::from_millis(100)).ok();
        // The queue takes two or three; the first that gets no answer shows that it is full.
        let queue: Vec<TcpStream> = (0..64).map_while(connect).collect();
        assert!(queue.len() < 64, "the listener's queue does not fill");
        Self { endpoint: format!("http://{at}"), _listener: listener, _queue: queue }
    }
}
