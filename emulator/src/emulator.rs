//! An emulator running in this process, on a thread of its own.

use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use crate::control::facts::{self, Facts};
use crate::control::settings::{Lro, RateLimits, Settings};
use crate::control::{self, populate};
use crate::fault::{Fault, FaultError};
use crate::request_log::RequestRecord;
use crate::server;
use crate::shared::Shared;
use crate::state::{ParseStateError, State};
use crate::token::options::TokenOptions;
use crate::trust::authority::Authority;
use crate::trust::folder::{self, StateFolder};
use crate::trust::signing_key::KeySlot;

/// What the emulator starts with when no state is given.
const DEFAULT_STATE: &str = include_str!("default_state.yaml");

/// Enough for a test that opens a thousand connections at once.
const BACKLOG: u32 = 4096;

/// The key is made within a second, on a loaded machine within some.
const KEY_WAIT: Duration = Duration::from_secs(30);

/// How to start an emulator. The default is the built-in state on free ports, with keys in the user's state folder.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The state file (YAML or JSON).
    pub config: Option<PathBuf>,
    /// The state itself, as text in the file's format; instead of `config`.
    pub state: Option<String>,
    /// The folder for keys and certificates. Unless given: one for each config file under the user's state
    /// directory, or, where the user has none, a temporary one that is removed at the end.
    pub state_dir: Option<PathBuf>,
    /// The plain port on 127.0.0.1 (metadata service and control); 0 for a free one.
    pub port: u16,
    /// The TLS port on 127.0.0.1 (Entra and Resource Manager); 0 for a free one.
    pub tls_port: u16,
    /// The machine that the plain port speaks for: its name, `group/name`, or its resource id. Unless given, the
    /// state's first VM.
    pub vm: Option<String>,
    /// Whether each request is logged on stderr (method, path and status).
    pub verbose: bool,
}

/// Why an emulator did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The state cannot be used; the text has the file, the line and the reason.
    #[error("{0}")]
    State(String),
    /// The options contradict each other or the state.
    #[error("{0}")]
    Options(String),
    /// A port is taken or may not be bound.
    #[error("cannot listen on 127.0.0.1:{port} ({which} port): {reason}")]
    Port {
        /// The port asked for.
        port: u16,
        /// `plain` or `TLS`.
        which: &'static str,
        /// The system's reason, in words.
        reason: String,
    },
    /// The state folder cannot be used.
    #[error("cannot use the state folder {}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The machine could not give a thread or a runtime.
    #[error("cannot start the server: {0}")]
    System(io::Error),
}

/// Why no token was issued: there is no such principal, or no key to sign with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
#[non_exhaustive]
pub struct IssueError {
    /// The reason, in words.
    pub reason: String,
}

/// A running emulator; it stops when dropped.
///
/// ```
/// use midentity_emulator::{Emulator, Options};
///
/// let emulator = Emulator::start(Options::default())?;
/// let facts = emulator.facts();
/// assert_eq!(facts.vm, "vm1");
/// assert!(facts.system.is_some());
/// assert_eq!(facts.user_identities[0].name, "id1");
/// # Ok::<(), midentity_emulator::StartError>(())
/// ```
pub struct Emulator {
    shared: Arc<Shared>,
    imds_endpoint: String,
    ca_file: PathBuf,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Removed at the end; set where there was no lasting place for it.
    temporary: Option<PathBuf>,
}

impl std::fmt::Debug for Emulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Emulator")
            .field("imds_endpoint", &self.imds_endpoint)
            .field("cloud", &self.shared.cloud)
            .finish_non_exhaustive()
    }
}

fn read_state(options: &Options) -> Result<State, StartError> {
    match (&options.config, &options.state) {
        (Some(_), Some(_)) => Err(StartError::Options("give either a state file or a state, not both".to_owned())),
        (None, None) => State::parse(DEFAULT_STATE).map_err(|error| StartError::State(error.to_string())),
        (None, Some(text)) => State::parse(text).map_err(|error| StartError::State(error.to_string())),
        (Some(path), None) => {
            let text = std::fs::read_to_string(path).map_err(|error| {
                StartError::State(format!("cannot read the state file {}: {error}", path.display()))
            })?;
            State::parse(&text).map_err(|error| StartError::State(error.in_file(path)))
        }
    }
}

fn open_folder(options: &Options) -> Result<(StateFolder, Option<PathBuf>), StartError> {
    let lasting = options.state_dir.clone().or_else(|| folder::default_path(options.config.as_deref()));
    let temporary = lasting
        .is_none()
        .then(|| std::env::temp_dir().join(format!("midentity-emulator-{}", uuid::Uuid::new_v4().simple())));
    let path = lasting.or_else(|| temporary.clone()).unwrap_or_default();
    let folder = StateFolder::open(&path).map_err(|source| StartError::Folder { path, source })?;
    Ok((folder, temporary))
}

fn listen(port: u16, which: &'static str) -> Result<TcpListener, StartError> {
    let bind = || {
        let socket = TcpSocket::new_v4()?;
        // On Unix this only skips the wait after a restart; on Windows it would let two programs share the port.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
        socket.listen(BACKLOG)
    };
    bind().map_err(|error| {
        let reason = match error.kind() {
            io::ErrorKind::AddrInUse => "the port is in use by another program; give another one, or 0".to_owned(),
            io::ErrorKind::PermissionDenied => "this user may not bind that port; give one above 1023, or 0".to_owned(),
            _ => error.to_string(),
        };
        StartError::Port { port, which, reason }
    })
}

/// What the server's thread reports once it listens.
struct Listening {
    shared: Arc<Shared>,
    imds_endpoint: String,
}

impl Emulator {
    /// Starts an emulator and returns once both ports listen. The signing key may still be in the making then:
    /// only token requests wait for it.
    ///
    /// # Errors
    /// [`StartError`] where the state is bad, a port is taken, or the state folder cannot be used.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let state = read_state(&options)?;
        if options.vm.is_some() && state.vm(options.vm.as_deref()).is_none() {
            let name = options.vm.unwrap_or_default();
            return Err(StartError::Options(format!("the state has no VM '{name}', or several of that name")));
        }
        let (folder, temporary) = open_folder(&options)?;
        let failed = |source| StartError::Folder { path: folder.file(""), source };
        let key = Arc::new(KeySlot::default());
        key.fill(folder.clone()).map_err(StartError::System)?;
        let authority = Authority::load(&folder).map_err(failed)?;
        let tls = TlsAcceptor::from(authority.server_config().map_err(failed)?);
        let (report, reported) = mpsc::sync_channel(1);
        let (stop, stopped) = oneshot::channel();
        // A thread of its own: the caller may be inside a runtime, or have none.
        let thread = std::thread::Builder::new()
            .name("midentity-emulator".to_owned())
            .spawn(move || run(options, state, key, tls, &report, stopped))
            .map_err(StartError::System)?;
        let listening = reported.recv().map_err(|_| StartError::System(io::ErrorKind::BrokenPipe.into()))??;
        Ok(Self {
            shared: listening.shared,
            imds_endpoint: listening.imds_endpoint,
            ca_file: authority.ca_file,
            stop: Some(stop),
            thread: Some(thread),
            temporary,
        })
    }

    /// The plain port's origin, `http://127.0.0.1:PORT`: the value for `AZURE_POD_IDENTITY_AUTHORITY_HOST`.
    #[must_use]
    pub fn imds_endpoint(&self) -> &str {
        &self.imds_endpoint
    }

    /// The metadata endpoint of any VM of the state, by name or `group/name`.
    #[must_use]
    pub fn imds_endpoint_of(&self, vm: &str) -> String {
        format!("{}/vm/{vm}", self.imds_endpoint)
    }

    /// The TLS port's origin, `https://127.0.0.1:PORT`: the value for `MIDENTITY_CLOUD`.
    #[must_use]
    pub fn cloud(&self) -> &str {
        &self.shared.cloud
    }

    /// The certificate authority's certificate, PEM: the value for `MIDENTITY_CA_FILE`.
    #[must_use]
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// The origin under which `/_emulator/…` answers, `http://127.0.0.1:PORT`: the value for `MIDENTITY_EMULATOR`.
    #[must_use]
    pub fn control_endpoint(&self) -> &str {
        &self.imds_endpoint
    }

    /// Everything as at the start: state, faults, clock, token options, log, cached tokens.
    pub fn reset(&self) {
        self.shared.world().reset();
    }

    /// The requests received since the log was last cleared, oldest first. Only the newest 20,000 are kept.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.shared.world().log.records(None).collect()
    }

    /// How many requests were received since the log was last cleared, also those no longer kept.
    #[must_use]
    pub fn request_count(&self) -> u64 {
        self.shared.world().log.total()
    }

    /// Empties the log of requests.
    pub fn clear_requests(&self) {
        self.shared.world().log.clear();
    }

    /// Adds a fault and gives its id.
    ///
    /// # Errors
    /// [`FaultError`] where the fault contradicts itself.
    pub fn add_fault(&self, fault: Fault) -> Result<u64, FaultError> {
        fault.check()?;
        Ok(self.shared.world().faults.add(fault))
    }

    /// Adds one fault, or a list of them, from JSON and gives their ids.
    ///
    /// # Errors
    /// [`FaultError`] where the JSON is malformed, has an unknown key, or contradicts itself; none is added then.
    pub fn add_fault_json(&self, json: &str) -> Result<Vec<u64>, FaultError> {
        let faults = Fault::list_from_json(json)?;
        let mut world = self.shared.world();
        Ok(faults.into_iter().map(|fault| world.faults.add(fault)).collect())
    }

    /// Removes every fault.
    pub fn clear_faults(&self) {
        self.shared.world().faults.clear();
    }

    /// Sets how many seconds the emulator's clock is ahead of the real one (negative: behind).
    pub fn set_clock_offset(&self, seconds: i64) {
        self.shared.world().clock_offset = seconds;
    }

    /// Sets how tokens come out, and forgets the cached ones.
    pub fn set_token_options(&self, options: TokenOptions) {
        self.shared.world().set_options(options);
    }

    /// A token of any principal, as if it had signed in: `admin` (the first tenant's administrator, Owner of
    /// everything), an object id, a directory name, `group/name` of a machine or identity, or a resource id.
    ///
    /// # Errors
    /// [`IssueError`] where there is no such principal.
    ///
    /// ```
    /// use midentity_emulator::{Emulator, Options};
    ///
    /// let emulator = Emulator::start(Options::default())?;
    /// let token = emulator.issue_token("admin", "https://management.azure.com/").unwrap();
    /// assert_eq!(token.split('.').count(), 3);
    /// # Ok::<(), midentity_emulator::StartError>(())
    /// ```
    pub fn issue_token(&self, principal: &str, resource: &str) -> Result<String, IssueError> {
        let refused = |reason: String| IssueError { reason };
        let key = self.shared.key.wait(KEY_WAIT).ok_or_else(|| refused("there is no signing key yet".to_owned()))?;
        let minted = control::issue(&self.shared, &key, principal, Some(resource)).map_err(refused)?;
        Ok(minted.token.clone())
    }

    /// How slow the emulated Azure is.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.shared.world().settings.clone()
    }

    /// Sets how slow the emulated Azure is.
    pub fn set_settings(&self, settings: Settings) {
        self.shared.world().settings = settings;
    }

    /// Sets how long operations take, what clients are told to wait, and whether operations fail.
    pub fn set_lro(&self, lro: Lro) {
        self.shared.world().settings.lro = lro;
    }

    /// Sets how long Resource Manager does not find a new principal.
    pub fn set_replication_delay(&self, delay: Duration) {
        self.shared.world().settings.replication_delay_seconds = delay.as_secs_f64();
    }

    /// Sets how long instance metadata still shows a machine's old identities.
    pub fn set_imds_delay(&self, delay: Duration) {
        self.shared.world().settings.imds_delay_seconds = delay.as_secs_f64();
    }

    /// Sets how long it takes until a role that is given, or taken away, has its effect.
    pub fn set_role_delay(&self, delay: Duration) {
        self.shared.world().settings.role_delay_seconds = delay.as_secs_f64();
    }

    /// Sets the longest page of a list.
    pub fn set_page_size(&self, items: usize) {
        self.shared.world().settings.page_size = items;
    }

    /// Sets how many requests are taken before 429; the buckets are full again.
    pub fn set_rate_limits(&self, limits: RateLimits) {
        let mut world = self.shared.world();
        world.settings.rate_limits = limits;
        world.buckets = Default::default();
    }

    /// Fills a resource group with user-assigned identities named `many-00000` and up, and gives the number of those
    /// that are new; 0 where there is no such group.
    ///
    /// ```
    /// use midentity_emulator::{Emulator, Options};
    ///
    /// let emulator = Emulator::start(Options::default())?;
    /// assert_eq!(emulator.populate("rg1", 10_000), 10_000);
    /// # Ok::<(), midentity_emulator::StartError>(())
    /// ```
    pub fn populate(&self, resource_group: &str, user_identities: usize) -> usize {
        populate::user_identities(&mut self.shared.world().state, resource_group, user_identities).unwrap_or(0)
    }

    /// Puts another state in place, given as YAML or JSON in the state file's format.
    ///
    /// # Errors
    /// [`ParseStateError`] with the line and the reason; the old state stays then.
    pub fn set_state(&self, text: &str) -> Result<(), ParseStateError> {
        let state = State::parse(text)?;
        self.shared.world().replace_state(state);
        Ok(())
    }

    /// The whole state with every id, in a form that [`set_state`](Self::set_state) reads.
    #[must_use]
    pub fn state(&self) -> serde_json::Value {
        self.shared.world().state.to_json()
    }

    /// The ids around the VM that the plain port speaks for.
    #[must_use]
    pub fn facts(&self) -> Facts {
        facts::of(&self.shared.world().state, self.shared.vm.as_deref())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        if let Some(folder) = self.temporary.take() {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// The server's thread: listens, reports, serves until stopped.
fn run(
    options: Options,
    state: State,
    key: Arc<KeySlot>,
    tls: TlsAcceptor,
    report: &mpsc::SyncSender<Result<Listening, StartError>>,
    stopped: oneshot::Receiver<()>,
) {
    // One thread: an answer takes microseconds, and switching threads would cost more than it gains.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = report.send(Err(StartError::System(error)));
            return;
        }
    };
    runtime.block_on(async move {
        let bound = listen(options.port, "plain").and_then(|plain| {
            let secure = listen(options.tls_port, "TLS")?;
            let port = |listener: &TcpListener| listener.local_addr().map(|at| at.port()).map_err(StartError::System);
            Ok((port(&plain)?, port(&secure)?, plain, secure))
        });
        let (plain_port, tls_port, plain, secure) = match bound {
            Ok(bound) => bound,
            Err(error) => {
                let _ = report.send(Err(error));
                return;
            }
        };
        let cloud = format!("https://127.0.0.1:{tls_port}");
        let shared = Arc::new(Shared::new(state, key, cloud, options.vm, options.verbose));
        let imds_endpoint = format!("http://127.0.0.1:{plain_port}");
        if report.send(Ok(Listening { shared: shared.clone(), imds_endpoint })).is_err() {
            return;
        }
        tokio::select! {
            _ = server::serve(shared.clone(), plain, None) => {}
            _ = server::serve(shared, secure, Some(tls)) => {}
            _ = stopped => {}
        }
    });
}
