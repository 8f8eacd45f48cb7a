//! A credential: one token source, one identity, and the cache before them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::runtime::Handle;

use crate::cache::{Entry, Fetched, Found, Key, TokenCache};
use crate::clock::Clock;
use crate::cloud::Cloud;
use crate::env::Env;
use crate::error::{Error, ErrorKind, Result, id};
use crate::http::link_local::LinkLocal;
use crate::http::{BoxFuture, Transport, retry};
use crate::identity::Identity;
use crate::scope::Scope;
use crate::source::imds::{Endpoint, ImdsClient, ImdsSettings, ImdsSource, Misconfigured, check_extra};
use crate::source::{Source, TokenSource};
use crate::token::{AccessToken, TokenInner, TokenOptions};
use crate::token_provider::{TokenFuture, TokenProvider};

/// So many scopes are looked up without asking the shared cache: few programs use more.
const SLOTS: usize = 8;

/// What a background refresh is handed to.
pub(crate) type Spawn = fn(BoxFuture<'static, ()>);

/// Takes tokens as one of the machine's managed identities. Cheap to clone; clones share everything.
///
/// Tokens are cached for the whole process (see [`TokenCache`]), asked for once however many callers wait for them,
/// and refreshed in the background before they expire.
///
/// ```
/// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use midentity::{Credential, Scope};
/// let credential = Credential::builder()
/// #   .imds_endpoint(emulator.imds_endpoint())
///     .build()?;
/// let token = credential.get_token(&Scope::parse("arm")?).await?;
/// assert!(token.expires_on() > 0);
/// # Ok::<(), midentity::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct Credential(Arc<Inner>);

struct Inner {
    source: Box<dyn TokenSource>,
    identity: Identity,
    cloud: Result<Cloud>,
    cache: TokenCache,
    clock: Clock,
    timeout: Duration,
    partition: Arc<str>,
    slots: ArcSwap<Vec<Slot>>,
    closed: AtomicBool,
}

/// A scope's place in the cache, found without building its key.
#[derive(Clone)]
struct Slot {
    scope: Scope,
    cae: bool,
    generation: u64,
    entry: Arc<Entry>,
}

impl Credential {
    /// Starts with the defaults: the default identity, the real endpoint unless the environment names another.
    ///
    /// ```
    /// let credential = midentity::Credential::builder().build()?;
    /// # drop(credential);
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn builder() -> CredentialBuilder {
        CredentialBuilder::default()
    }

    /// A token for the scope: from the cache, or from the service. Must be awaited on a tokio runtime where the
    /// network is needed; elsewhere use [`crate::blocking::Credential`].
    ///
    /// # Errors
    /// Unavailable off Azure and where the machine has no identity, IdentityNotFound where the identity named is not
    /// assigned, Authentication where the service refuses, Throttled, Service, Transport, Timeout and Protocol as their
    /// names say; InvalidArgument where an environment variable can't be used.
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use midentity::{Credential, Scope};
    /// # let credential = Credential::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// let token = credential.get_token(&Scope::parse("https://vault.azure.net/.default")?).await?;
    /// assert_eq!(token.source(), Some("Imds"));
    /// # Ok::<(), midentity::Error>(()) }).unwrap();
    /// ```
    pub async fn get_token(&self, scope: &Scope) -> Result<AccessToken> {
        if let Some(token) = self.cached_token(scope) {
            return Ok(token);
        }
        self.get_token_with(scope, &TokenOptions::default()).await
    }

    /// A token for the scope, with options.
    ///
    /// # Errors
    /// As [`Credential::get_token`].
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use midentity::{Credential, Scope, TokenOptions};
    /// # let credential = Credential::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// # let scope = Scope::parse("arm")?;
    /// let token = credential.get_token_with(&scope, &TokenOptions::new().force_refresh(true)).await?;
    /// assert!(!token.from_cache());
    /// # Ok::<(), midentity::Error>(()) }).unwrap();
    /// ```
    pub async fn get_token_with(&self, scope: &Scope, options: &TokenOptions) -> Result<AccessToken> {
        self.token_on(scope, options, |refresh| {
            // Outside a runtime nobody can refresh: the old token is still good.
            if let Ok(runtime) = Handle::try_current() {
                runtime.spawn(refresh);
            }
        })
        .await
    }

    /// A token that is in the cache and needs no refresh yet. Never waits, never touches the network.
    ///
    /// ```
    /// # use midentity::{Credential, Scope, TokenCache};
    /// let credential = Credential::builder().cache(TokenCache::new()).build()?;
    /// assert!(credential.cached_token(&Scope::parse("arm")?).is_none());
    /// # Ok::<(), midentity::Error>(())
    /// ```
    #[must_use]
    pub fn cached_token(&self, scope: &Scope) -> Option<AccessToken> {
        self.cached_token_with(scope, false)
    }

    /// As [`Credential::cached_token`], for a token that was asked for with [`TokenOptions::enable_cae`].
    ///
    /// ```
    /// # use midentity::{Credential, Scope, TokenCache};
    /// let credential = Credential::builder().cache(TokenCache::new()).build()?;
    /// assert!(credential.cached_token_with(&Scope::parse("arm")?, true).is_none());
    /// # Ok::<(), midentity::Error>(())
    /// ```
    #[must_use]
    pub fn cached_token_with(&self, scope: &Scope, enable_cae: bool) -> Option<AccessToken> {
        let inner = &*self.0;
        if inner.closed.load(Ordering::Relaxed) {
            return None;
        }
        let generation = inner.cache.generation();
        let slots = inner.slots.load();
        let slot = slots.iter().find(|s| s.cae == enable_cae && s.generation == generation && s.scope.same(scope))?;
        match slot.entry.find(&inner.clock) {
            Found::Fresh(token) => Some(token),
            _ => None,
        }
    }

    pub(crate) async fn token_on(&self, scope: &Scope, options: &TokenOptions, spawn: Spawn) -> Result<AccessToken> {
        let inner = &*self.0;
        if inner.closed.load(Ordering::Relaxed) {
            return Err(Error::closed("the credential"));
        }
        let (entry, resource) = inner.entry(scope, options.enable_cae)?;
        let limit = options.timeout.unwrap_or(inner.timeout);
        if options.bypasses_cache() {
            return inner.take(&entry, &resource, limit, true).await;
        }
        match entry.find(&inner.clock) {
            Found::Fresh(token) => Ok(token),
            Found::Stale(token) => {
                if entry.claim_refresh(&inner.clock) {
                    let credential = self.clone();
                    spawn(Box::pin(async move { credential.0.refresh(&entry, &resource).await }));
                }
                Ok(token)
            }
            Found::Expiring(token) => Ok(match inner.take(&entry, &resource, limit, true).await {
                Ok(new) => new,
                // Some seconds are better than none.
                Err(_) => token,
            }),
            Found::Missing => inner.take(&entry, &resource, limit, false).await,
        }
    }

    /// Closes the credential: further calls answer `closed`. Cached tokens stay for other credentials.
    ///
    /// ```
    /// let credential = midentity::Credential::builder().build()?;
    /// credential.close();
    /// assert!(credential.cached_token(&midentity::Scope::parse("arm")?).is_none());
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn close(&self) {
        self.0.closed.store(true, Ordering::Relaxed);
    }

    /// The identity that tokens are for.
    ///
    /// ```
    /// let credential = midentity::Credential::builder().build()?;
    /// assert_eq!(credential.identity(), &midentity::Identity::Default);
    /// # Ok::<(), midentity::Error>(())
    /// ```
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.0.identity
    }

    /// Where its tokens come from.
    ///
    /// ```
    /// let credential = midentity::Credential::builder().build()?;
    /// assert_eq!(credential.source(), midentity::Source::Imds);
    /// # Ok::<(), midentity::Error>(())
    /// ```
    #[must_use]
    pub fn source(&self) -> Source {
        self.0.source.source()
    }
}

impl Inner {
    fn entry(&self, scope: &Scope, cae: bool) -> Result<(Arc<Entry>, Box<str>)> {
        let cloud = self.cloud.as_ref().map_err(Error::clone)?;
        let resource: Box<str> = scope.resource(cloud).into();
        let generation = self.cache.generation();
        let known = |s: &&Slot| s.cae == cae && s.generation == generation && s.scope.same(scope);
        if let Some(slot) = self.slots.load().iter().find(known) {
            return Ok((Arc::clone(&slot.entry), resource));
        }
        let key = Key { partition: Arc::clone(&self.partition), resource: resource.clone(), cae };
        let entry = self.cache.entry(&key, &self.clock);
        let slot = Slot { scope: scope.clone(), cae, generation, entry: Arc::clone(&entry) };
        self.slots.rcu(|slots| {
            let mut slots: Vec<Slot> = slots.iter().filter(|s| s.generation == generation).cloned().collect();
            slots.truncate(SLOTS - 1);
            slots.insert(0, slot.clone());
            slots
        });
        Ok((entry, resource))
    }

    async fn take(&self, entry: &Entry, resource: &str, limit: Duration, newer: bool) -> Result<AccessToken> {
        if Handle::try_current().is_err() {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                id::RUNTIME_MISSING,
                "a token must be fetched, and there is no tokio runtime here",
            )
            .with_hint("await the call on a tokio runtime, or use midentity::blocking"));
        }
        entry.take(&self.clock, limit, newer, |left| self.fetch(resource, left)).await
    }

    async fn fetch(&self, resource: &str, limit: Duration) -> Result<Fetched> {
        let answer = self.source.fetch(resource, limit).await?;
        tracing::info!(
            source = self.source.source().name(),
            identity = %self.identity,
            resource,
            expires_on = answer.expires_on,
            "took a token"
        );
        Ok(Fetched {
            refresh_in: answer.refresh_in,
            inner: TokenInner {
                secret: answer.secret,
                expires_on: answer.expires_on,
                refresh_on: None,
                token_type: answer.token_type,
                source: Some(self.source.source().name()),
                identity_verified: answer.identity_verified,
                unchanged: false,
            },
        })
    }

    async fn refresh(&self, entry: &Entry, resource: &str) {
        if let Err(error) = self.take(entry, resource, self.timeout, true).await {
            entry.refresh_failed(&self.clock);
            tracing::warn!(id = error.id(), "refreshing a token failed; the old one is used on");
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("source", &self.source())
            .field("identity", &self.0.identity)
            .finish_non_exhaustive()
    }
}

impl TokenProvider for Credential {
    fn token<'a>(&'a self, scope: &'a Scope, options: &'a TokenOptions) -> TokenFuture<'a> {
        Box::pin(self.get_token_with(scope, options))
    }
}

/// Sets a [`Credential`] up.
///
/// ```
/// use std::time::Duration;
/// use midentity::{Credential, Identity};
/// let credential = Credential::builder()
///     .identity(Identity::ClientId("6f9a2c1e-0d5b-4c0e-9a55-0c1d2e3f4a5b".into()))
///     .timeout(Duration::from_secs(30))
///     .build()?;
/// # drop(credential);
/// # Ok::<(), midentity::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct CredentialBuilder {
    identity: Identity,
    imds_endpoint: Option<String>,
    cloud: Option<Cloud>,
    cache: Option<TokenCache>,
    timeout: Duration,
    connect_timeout: Duration,
    attempt_timeout: Duration,
    retries: u32,
    probe: bool,
    limit_requests: Option<bool>,
    extra: BTreeMap<String, String>,
    clock: Clock,
    env: Env,
    transport: TransportChoice,
}

#[derive(Clone)]
struct TransportChoice(Arc<dyn Transport>);

impl fmt::Debug for TransportChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transport")
    }
}

impl Default for CredentialBuilder {
    fn default() -> Self {
        Self {
            identity: Identity::Default,
            imds_endpoint: None,
            cloud: None,
            cache: None,
            timeout: Duration::from_secs(90),
            connect_timeout: Duration::from_secs(1),
            attempt_timeout: Duration::from_secs(10),
            retries: retry::IMDS.count,
            probe: false,
            limit_requests: None,
            extra: BTreeMap::new(),
            clock: Clock::system(),
            env: Env::process(),
            transport: TransportChoice(Arc::new(LinkLocal)),
        }
    }
}

impl CredentialBuilder {
    /// Which identity to take tokens as.
    ///
    /// ```
    /// # use midentity::{Credential, Identity};
    /// let credential = Credential::builder().identity(Identity::SystemAssigned).build()?;
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = identity;
        self
    }

    /// Where IMDS answers, instead of `AZURE_POD_IDENTITY_AUTHORITY_HOST` or 169.254.169.254: a plain-http address.
    ///
    /// ```
    /// # use midentity::Credential;
    /// let credential = Credential::builder().imds_endpoint("http://127.0.0.1:8080").build()?;
    /// assert!(Credential::builder().imds_endpoint("nonsense").build().is_err());
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn imds_endpoint(mut self, address: impl Into<String>) -> Self {
        self.imds_endpoint = Some(address.into());
        self
    }

    /// The cloud that short scope names are looked up in, instead of `MIDENTITY_CLOUD` or the public one.
    ///
    /// ```
    /// # use midentity::{Cloud, Credential};
    /// let credential = Credential::builder().cloud(Cloud::china()).build()?;
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn cloud(mut self, cloud: Cloud) -> Self {
        self.cloud = Some(cloud);
        self
    }

    /// A cache of its own instead of the process's.
    ///
    /// ```
    /// # use midentity::{Credential, TokenCache};
    /// let credential = Credential::builder().cache(TokenCache::new()).build()?;
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn cache(mut self, cache: TokenCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// The longest that a call may take, tries and waits included. 90 s unless set.
    ///
    /// ```
    /// # use midentity::Credential;
    /// let credential = Credential::builder().timeout(std::time::Duration::from_secs(10)).build()?;
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// The longest that connecting may take. 1 s unless set.
    ///
    /// ```
    /// # use midentity::Credential;
    /// let credential = Credential::builder().connect_timeout(std::time::Duration::from_secs(3)).build()?;
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// The longest that one request may take, connecting included. 10 s unless set.
    ///
    /// ```
    /// # use midentity::Credential;
    /// let credential = Credential::builder().attempt_timeout(std::time::Duration::from_secs(3)).build()?;
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt_timeout = limit;
        self
    }

    /// How often a request is repeated after 404, 429 and 5xx. 5 unless set; 0 switches every retry off.
    ///
    /// ```
    /// # use midentity::Credential;
    /// let credential = Credential::builder().retries(0).build()?;
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn retries(mut self, count: u32) -> Self {
        self.retries = count;
        self
    }

    /// Whether a short first request (1 s, no retry) finds out whether the service is there at all. Off unless set.
    /// `AZURE_TOKEN_CREDENTIALS=ManagedIdentityCredential` in the environment switches it off.
    ///
    /// ```
    /// # use midentity::Credential;
    /// let credential = Credential::builder().probe(true).build()?;
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn probe(mut self, on: bool) -> Self {
        self.probe = on;
        self
    }

    /// Whether this process keeps to IMDS's published limits, 20 requests a second and 5 at once. On for
    /// 169.254.169.254 and off elsewhere unless set.
    ///
    /// ```
    /// # use midentity::Credential;
    /// let credential = Credential::builder().limit_requests(true).build()?;
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn limit_requests(mut self, on: bool) -> Self {
        self.limit_requests = Some(on);
        self
    }

    /// A further query parameter of token requests, sent as it is. Never one of the request's own (resource,
    /// api-version, an id). Part of the cache's key.
    ///
    /// ```
    /// # use midentity::Credential;
    /// let credential = Credential::builder().extra_query("bypass_cache", "true").build()?;
    /// assert!(Credential::builder().extra_query("resource", "x").build().is_err());
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn extra_query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }

    /// The clock, for tests.
    ///
    /// ```
    /// # use midentity::{Clock, Credential};
    /// let credential = Credential::builder().clock(Clock::manual(0)).build()?;
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Where environment variables are read from, for tests.
    ///
    /// ```
    /// # use midentity::{Credential, Env};
    /// let env = Env::fixed([("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:8080")]);
    /// let credential = Credential::builder().env(env).build()?;
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn env(mut self, env: Env) -> Self {
        self.env = env;
        self
    }

    #[cfg(any(test, fuzzing))]
    pub(crate) fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.transport = TransportChoice(transport);
        self
    }

    /// Makes the credential. Touches neither network nor files.
    ///
    /// # Errors
    /// InvalidArgument, naming the argument. What comes from the environment and can't be used is said by the first
    /// call instead.
    ///
    /// ```
    /// # use midentity::{Credential, Identity};
    /// let error = Credential::builder().identity(Identity::ClientId("".into())).build().unwrap_err();
    /// assert_eq!(error.id(), "argument.identity");
    /// ```
    pub fn build(self) -> Result<Credential> {
        self.identity.check()?;
        check_extra(&self.extra)?;
        for (name, limit) in [
            ("timeout", self.timeout),
            ("connect_timeout", self.connect_timeout),
            ("attempt_timeout", self.attempt_timeout),
        ] {
            if limit.is_zero() {
                return Err(Error::argument(id::ARGUMENT_OPTION, format!("{name} is zero"), "give a time above zero"));
            }
        }
        let cloud = match self.cloud {
            Some(cloud) => Ok(cloud),
            None => Cloud::from_env(&self.env),
        };
        let endpoint = Endpoint::choose(self.imds_endpoint.as_deref(), &self.env);
        if let (Some(_), Err(error)) = (&self.imds_endpoint, &endpoint) {
            return Err(error.clone());
        }
        let forced = self.env.var("AZURE_TOKEN_CREDENTIALS");
        let settings = ImdsSettings {
            connect_timeout: self.connect_timeout,
            attempt_timeout: self.attempt_timeout,
            retry: retry::RetryTable { count: self.retries, ..retry::IMDS },
            probe: self.probe && forced.is_none_or(|f| !f.eq_ignore_ascii_case("ManagedIdentityCredential")),
            limit_requests: self.limit_requests,
        };
        let source: Box<dyn TokenSource> = match endpoint {
            Ok(endpoint) => {
                tracing::info!(
                    source = Source::Imds.name(),
                    endpoint = endpoint.url(),
                    identity = %self.identity,
                    "tokens will come from IMDS"
                );
                Box::new(ImdsSource {
                    client: ImdsClient::new(endpoint, settings, self.clock.clone(), self.transport.0),
                    identity: self.identity.clone(),
                    extra: self.extra,
                })
            }
            Err(error) => Box::new(Misconfigured(error)),
        };
        let partition = format!(
            "{}\n{}\n{}\n{}",
            source.source(),
            source.partition(),
            self.identity.kind_name(),
            self.identity.value().unwrap_or_default()
        );
        Ok(Credential(Arc::new(Inner {
            source,
            identity: self.identity,
            cloud,
            cache: self.cache.unwrap_or_else(TokenCache::process),
            clock: self.clock,
            timeout: self.timeout,
            partition: partition.into(),
            slots: ArcSwap::default(),
            closed: AtomicBool::new(false),
        })))
    }
}

#[cfg(test)]
mod tests;
