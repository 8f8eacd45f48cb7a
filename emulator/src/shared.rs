//! What all connections share: the state and everything that the control interface can change.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::arm::operations::Operations;
use crate::arm::rate_limits::Buckets;
use crate::control::settings::Settings;
use crate::fault::Faults;
use crate::request_log::RequestLog;
use crate::state::machine::Attached;
use crate::state::{RoleAssignment, State, Vm};
use crate::token::TokenCache;
use crate::token::jwt::VerifiedTokens;
use crate::token::options::TokenOptions;
use crate::trust::signing_key::KeySlot;

/// The emulator behind its doors.
pub(crate) struct Shared {
    world: Mutex<World>,
    pub(crate) key: Arc<KeySlot>,
    /// The origin of the TLS port, without a trailing slash.
    pub(crate) cloud: String,
    /// The machine that the plain port speaks for; the first one where none is named.
    pub(crate) vm: Option<String>,
    /// Whether each request is logged on stderr.
    pub(crate) verbose: bool,
}

/// What changes while the emulator runs.
pub(crate) struct World {
    pub(crate) state: State,
    initial: State,
    pub(crate) faults: Faults,
    pub(crate) log: RequestLog,
    pub(crate) options: TokenOptions,
    pub(crate) tokens: TokenCache,
    /// Seconds that the emulator's clock is ahead of the real one.
    pub(crate) clock_offset: i64,
    /// How slow the emulated Azure is.
    pub(crate) settings: Settings,
    pub(crate) operations: Operations,
    pub(crate) verified: VerifiedTokens,
    /// How many requests are left to whom.
    pub(crate) buckets: Buckets,
    /// What instance metadata still shows of a machine, by its folded id, until a time in milliseconds.
    pub(crate) metadata_lag: Vec<(String, i64, Attached)>,
    /// Deleted assignments that still count, until a time in milliseconds.
    pub(crate) lingering: Vec<(i64, RoleAssignment)>,
    /// Identities (folded ids) whose federated credentials are being written, until a time in milliseconds.
    pub(crate) federated_writes: Vec<(String, i64)>,
}

impl World {
    /// Milliseconds since the epoch by the emulator's clock.
    pub(crate) fn now_millis(&self) -> i64 {
        let real = i64::try_from(real_millis()).unwrap_or(i64::MAX);
        real.saturating_add(self.clock_offset.saturating_mul(1000))
    }

    /// The VM as its metadata service knows it: for a while after a change still with the identities of before.
    pub(crate) fn seen_by_metadata(&self, vm: &Vm, id: &str) -> Option<Vm> {
        let now = self.now_millis();
        let id = id.to_lowercase();
        let before = self.metadata_lag.iter().find(|(of, until, _)| *of == id && now < *until)?;
        let Attached { system, user_identities } = before.2.clone();
        Some(Vm { system, user_identities, ..vm.clone() })
    }

    fn forget_what_was_under_way(&mut self) {
        self.operations = Operations::default();
        self.buckets = Buckets::default();
        self.metadata_lag.clear();
        self.lingering.clear();
        self.federated_writes.clear();
    }

    /// Epoch seconds by the emulator's clock.
    pub(crate) fn now(&self) -> i64 {
        let real = i64::try_from(real_millis() / 1000).unwrap_or(i64::MAX);
        real.saturating_add(self.clock_offset)
    }

    /// Everything as it was at the start.
    pub(crate) fn reset(&mut self) {
        self.state = self.initial.clone();
        self.forget_what_was_under_way();
        self.settings = Settings::default();
        self.faults.clear();
        self.log.clear();
        self.options = TokenOptions::default();
        self.tokens.clear();
        self.clock_offset = 0;
    }

    /// Puts another state in place. Tokens of the old one are forgotten: its identities may be gone.
    pub(crate) fn replace_state(&mut self, state: State) {
        self.state = state;
        self.forget_what_was_under_way();
        self.tokens.clear();
    }

    pub(crate) fn set_options(&mut self, options: TokenOptions) {
        self.options = options;
        self.tokens.clear();
    }
}

/// Milliseconds since the epoch by the machine's clock.
pub(crate) fn real_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

impl Shared {
    pub(crate) fn new(state: State, key: Arc<KeySlot>, cloud: String, vm: Option<String>, verbose: bool) -> Self {
        let world = World {
            initial: state.clone(),
            state,
            faults: Faults::default(),
            log: RequestLog::default(),
            options: TokenOptions::default(),
            tokens: TokenCache::default(),
            clock_offset: 0,
            settings: Settings::default(),
            operations: Operations::default(),
            verified: VerifiedTokens::default(),
            buckets: Buckets::default(),
            metadata_lag: Vec::new(),
            lingering: Vec::new(),
            federated_writes: Vec::new(),
        };
        Self { world: Mutex::new(world), key, cloud, vm, verbose }
    }

    /// The world, for a short while: no answer is awaited under the lock. A panic elsewhere does not end it.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody sees a state in which work is still under way that is over by the clock.
        world.finish_due_operations();
        world
    }

    /// The issuer of a tenant's tokens: this emulator, so that they never pass for Entra's.
    pub(crate) fn issuer(&self, tenant: uuid::Uuid) -> String {
        format!("{}/{tenant}/", self.cloud)
    }
}
