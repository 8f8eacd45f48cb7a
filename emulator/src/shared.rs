//! What all connections share: the state and everything that the control interface can change.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::fault::Faults;
use crate::request_log::RequestLog;
use crate::state::State;
use crate::token::TokenCache;
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
}

impl World {
    /// Epoch seconds by the emulator's clock.
    pub(crate) fn now(&self) -> i64 {
        let real = i64::try_from(real_millis() / 1000).unwrap_or(i64::MAX);
        real.saturating_add(self.clock_offset)
    }

    /// Everything as it was at the start.
    pub(crate) fn reset(&mut self) {
        self.state = self.initial.clone();
        self.faults.clear();
        self.log.clear();
        self.options = TokenOptions::default();
        self.tokens.clear();
        self.clock_offset = 0;
    }

    /// Puts another state in place. Tokens of the old one are forgotten: its identities may be gone.
    pub(crate) fn replace_state(&mut self, state: State) {
        self.state = state;
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
        };
        Self { world: Mutex::new(world), key, cloud, vm, verbose }
    }

    /// The world, for a short while: no answer is awaited under the lock. A panic elsewhere does not end it.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The issuer of a tenant's tokens: this emulator, so that they never pass for Entra's.
    pub(crate) fn issuer(&self, tenant: uuid::Uuid) -> String {
        format!("{}/{tenant}/", self.cloud)
    }
}
