//! Setting a credential up.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::{Credential, Inner};
use crate::cache::TokenCache;
use crate::clock::Clock;
use crate::cloud::Cloud;
use crate::cloud_endpoints::Discovery;
use crate::env::Env;
use crate::error::{Error, Result, id};
use crate::http::cloud::CloudTransport;
use crate::http::link_local::LinkLocal;
use crate::http::{Transport, retry};
use crate::identity::Identity;
use crate::source::imds::{Endpoint, ImdsClient, ImdsSettings, ImdsSource, Misconfigured, check_extra};
use crate::source::{Source, TokenSource};

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
    ca_file: Option<PathBuf>,
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
            ca_file: None,
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

    /// A PEM file of certificate authorities, instead of `MIDENTITY_CA_FILE` or the system's trust store: these roots
    /// and no others. Needed only where a private cloud has to say what a short scope name means; IMDS is asked without
    /// TLS.
    ///
    /// ```
    /// # use midentity::{Cloud, Credential};
    /// let cloud = Cloud::parse("https://management.local.stack.test")?;
    /// let credential = Credential::builder().cloud(cloud).ca_file("ca.pem").build()?;
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
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
        let ca_file = self.ca_file.or_else(|| self.env.var("MIDENTITY_CA_FILE").map(PathBuf::from));
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
            discovery: Discovery::new(Arc::new(CloudTransport::new(ca_file, self.env))),
            cache: self.cache.unwrap_or_else(TokenCache::process),
            clock: self.clock,
            timeout: self.timeout,
            partition: partition.into(),
            slots: ArcSwap::default(),
            closed: AtomicBool::new(false),
        })))
    }
}
