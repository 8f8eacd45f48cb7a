//! A credential: one token source, one identity, and the cache before them.

mod builder;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::runtime::Handle;

use crate::cache::{Entry, Fetched, Found, Key, TokenCache};
use crate::clock::Clock;
use crate::cloud::Cloud;
use crate::cloud_endpoints::Discovery;
use crate::error::{Error, ErrorKind, Result, id};
use crate::http::BoxFuture;
use crate::identity::Identity;
use crate::scope::Scope;
use crate::source::{Source, TokenSource};
use crate::token::{AccessToken, TokenInner, TokenOptions};
use crate::token_provider::{TokenFuture, TokenProvider};

pub use builder::CredentialBuilder;

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
    discovery: Discovery,
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
        let started = inner.clock.monotonic();
        let limit = options.timeout.unwrap_or(inner.timeout);
        let resource = inner.resource(scope, limit).await?;
        let limit = limit.saturating_sub(inner.clock.monotonic().saturating_sub(started));
        let entry = inner.entry(scope, &resource, options.enable_cae);
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

    /// Forgets the tokens that are kept for this credential's identity, for every credential of the same cache that asks
    /// the same place for the same identity. Calls under way go on and their tokens are not kept.
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use midentity::{Credential, Scope};
    /// # let credential = Credential::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// let scope = Scope::parse("arm")?;
    /// credential.get_token(&scope).await?;
    /// credential.clear_tokens();
    /// assert!(credential.cached_token(&scope).is_none());
    /// # Ok::<(), midentity::Error>(()) }).unwrap();
    /// ```
    pub fn clear_tokens(&self) {
        self.0.cache.forget(&self.0.partition);
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
    async fn resource(&self, scope: &Scope, limit: Duration) -> Result<Box<str>> {
        let cloud = self.cloud.as_ref().map_err(Error::clone)?;
        match (scope.resource(cloud), scope.short_name()) {
            (Some(resource), _) => Ok(resource.into()),
            (None, Some(name)) => {
                let endpoints = self.discovery.endpoints(cloud, &self.clock, limit).await?;
                Ok(endpoints.resource(name, cloud)?.into())
            }
            (None, None) => Ok(Box::default()),
        }
    }

    fn entry(&self, scope: &Scope, resource: &str, cae: bool) -> Arc<Entry> {
        let generation = self.cache.generation();
        let known = |s: &&Slot| s.cae == cae && s.generation == generation && s.scope.same(scope);
        if let Some(slot) = self.slots.load().iter().find(known) {
            return Arc::clone(&slot.entry);
        }
        let key = Key { partition: Arc::clone(&self.partition), resource: resource.into(), cae };
        let entry = self.cache.entry(&key, &self.clock);
        let slot = Slot { scope: scope.clone(), cae, generation, entry: Arc::clone(&entry) };
        self.slots.rcu(|slots| {
            let mut slots: Vec<Slot> = slots.iter().filter(|s| s.generation == generation).cloned().collect();
            slots.truncate(SLOTS - 1);
            slots.insert(0, slot.clone());
            slots
        });
        entry
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

#[cfg(test)]
mod tests;
