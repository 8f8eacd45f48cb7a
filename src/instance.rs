//! The metadata service's other answers: what machine this is.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::clock::Clock;
use crate::env::Env;
use crate::error::{Error, ErrorKind, Result, id};
use crate::http::link_local::LinkLocal;
use crate::http::{Response, retry};
use crate::identity::Identity;
use crate::source::imds::{Endpoint, ImdsClient, ImdsSettings};

/// The api-version that every region and cloud answers and that has every field this library reads.
const API_VERSION: &str = "2021-02-01";
const IDENTITY_API_VERSION: &str = "2018-02-01";

/// Reads instance metadata: subscription, resource group, name, location and more, without a token.
///
/// ```
/// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use midentity::InstanceMetadata;
/// let instance = InstanceMetadata::builder()
/// #   .imds_endpoint(emulator.imds_endpoint())
///     .build()?;
/// let all = instance.get("").await?;
/// assert!(all["compute"]["subscriptionId"].is_string());
/// # Ok::<(), midentity::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct InstanceMetadata {
    client: Arc<ImdsClient>,
    timeout: Duration,
}

impl InstanceMetadata {
    /// Starts with the defaults.
    ///
    /// ```
    /// let instance = midentity::InstanceMetadata::builder().build()?;
    /// # drop(instance);
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn builder() -> InstanceMetadataBuilder {
        InstanceMetadataBuilder::default()
    }

    /// Instance metadata at the path, such as `""` for all of it or `compute`. A single value, such as
    /// `compute/name`, comes as a JSON string. The service gives every simple value as a string, and an empty one
    /// where it has none.
    ///
    /// # Errors
    /// NotFound (`imds.not_found`) where there is nothing at the path, InvalidArgument (`argument.path`) where the
    /// path can't be used, and those of [`crate::Credential::get_token`].
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # let instance = midentity::InstanceMetadata::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// assert!(instance.get("compute/name").await?.is_string());
    /// # Ok::<(), midentity::Error>(()) }).unwrap();
    /// ```
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.get_version(path, API_VERSION).await
    }

    /// As [`InstanceMetadata::get`], in another api-version than 2021-02-01.
    ///
    /// # Errors
    /// As [`InstanceMetadata::get`]; `argument.path` also where the service does not know the version.
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # let instance = midentity::InstanceMetadata::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// assert!(instance.get_version("compute", "2019-06-04").await?.is_object());
    /// # Ok::<(), midentity::Error>(()) }).unwrap();
    /// ```
    pub async fn get_version(&self, path: &str, api_version: &str) -> Result<Value> {
        let path = path.trim_matches('/');
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
        if !path.chars().all(plain) || path.split('/').any(|p| p == "..") || !api_version.chars().all(plain) {
            return Err(Error::argument(
                id::ARGUMENT_PATH,
                "the metadata path or api-version has characters in it that none has",
                "give a path such as compute or compute/name",
            ));
        }
        let slash = if path.is_empty() { "" } else { "/" };
        let target = format!("/metadata/instance{slash}{path}?api-version={api_version}");
        let as_json = self.ask(&format!("{target}&format=json")).await;
        match as_json {
            Ok(response) => json(&response),
            // A leaf is given as text only; the service says so with a 400 or 404 that looks like any other.
            Err(error) if path.contains('/') && matches!(error.http_status(), Some(400 | 404)) => {
                match self.ask(&format!("{target}&format=text")).await {
                    Ok(response) => Ok(Value::String(String::from_utf8_lossy(&response.body).into_owned())),
                    Err(_) => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// The tenant of the machine's identity.
    ///
    /// # Errors
    /// Unavailable (`imds.no_identity`) where the machine has none, and those of [`InstanceMetadata::get`].
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # let instance = midentity::InstanceMetadata::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// assert_eq!(instance.identity_info().await?.tenant_id().len(), 36);
    /// # Ok::<(), midentity::Error>(()) }).unwrap();
    /// ```
    pub async fn identity_info(&self) -> Result<IdentityInfo> {
        let response = self.ask(&format!("/metadata/identity/info?api-version={IDENTITY_API_VERSION}")).await?;
        let body = json(&response)?;
        match body.get("tenantId").and_then(Value::as_str) {
            Some(tenant) => Ok(IdentityInfo { tenant_id: tenant.to_owned() }),
            None => Err(bad("the answer holds no tenantId")),
        }
    }

    /// The api-versions that the service knows, oldest first.
    ///
    /// # Errors
    /// Those of [`InstanceMetadata::get`].
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # let instance = midentity::InstanceMetadata::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// assert!(instance.versions().await?.contains(&"2021-02-01".to_string()));
    /// # Ok::<(), midentity::Error>(()) }).unwrap();
    /// ```
    pub async fn versions(&self) -> Result<Vec<String>> {
        let body = json(&self.ask("/metadata/versions").await?)?;
        let list =
            body.get("apiVersions").and_then(Value::as_array).ok_or_else(|| bad("the answer holds no apiVersions"))?;
        Ok(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// Over a transport that answers from memory, in no time.
    #[cfg(fuzzing)]
    pub(crate) fn over(transport: Arc<dyn crate::http::Transport>) -> Self {
        let settings = ImdsSettings {
            connect_timeout: Duration::from_secs(1),
            attempt_timeout: Duration::from_secs(10),
            retry: retry::IMDS,
            probe: false,
            limit_requests: Some(false),
        };
        let client = Endpoint::choose(None, &Env::fixed([]))
            .map(|endpoint| ImdsClient::new(endpoint, settings, Clock::manual(0), transport));
        match client {
            Ok(client) => Self { client: Arc::new(client), timeout: Duration::from_secs(90) },
            Err(error) => unreachable!("{error}"),
        }
    }

    async fn ask(&self, target: &str) -> Result<Response> {
        self.client.get(target, self.timeout, &Identity::Default, None).await
    }
}

impl fmt::Debug for InstanceMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InstanceMetadata({})", self.client.endpoint.url())
    }
}

fn json(response: &Response) -> Result<Value> {
    serde_json::from_slice(&response.body)
        .map_err(|e| bad(&format!("the answer is not valid JSON (line {}, column {})", e.line(), e.column())))
}

fn bad(why: &str) -> Error {
    Error::new(ErrorKind::Protocol, id::IMDS_BAD_ANSWER, why).with_hint("look at what answers at the endpoint")
}

/// What the metadata service says of the machine's identity.
///
/// ```
/// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// # let instance = midentity::InstanceMetadata::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
/// let info: midentity::IdentityInfo = instance.identity_info().await?;
/// # drop(info);
/// # Ok::<(), midentity::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityInfo {
    tenant_id: String,
}

impl IdentityInfo {
    /// The tenant's GUID.
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # let instance = midentity::InstanceMetadata::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// assert_eq!(instance.identity_info().await?.tenant_id().len(), 36);
    /// # Ok::<(), midentity::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        &self.tenant_id
    }
}

/// Sets an [`InstanceMetadata`] up.
///
/// ```
/// let instance = midentity::InstanceMetadata::builder().timeout(std::time::Duration::from_secs(5)).build()?;
/// # drop(instance);
/// # Ok::<(), midentity::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct InstanceMetadataBuilder {
    imds_endpoint: Option<String>,
    timeout: Duration,
    connect_timeout: Duration,
    retries: u32,
    clock: Clock,
    env: Env,
}

impl Default for InstanceMetadataBuilder {
    fn default() -> Self {
        Self {
            imds_endpoint: None,
            timeout: Duration::from_secs(90),
            connect_timeout: Duration::from_secs(1),
            retries: retry::IMDS.count,
            clock: Clock::system(),
            env: Env::process(),
        }
    }
}

impl InstanceMetadataBuilder {
    /// Where IMDS answers, instead of `AZURE_POD_IDENTITY_AUTHORITY_HOST` or 169.254.169.254.
    ///
    /// ```
    /// let builder = midentity::InstanceMetadata::builder().imds_endpoint("http://127.0.0.1:8080");
    /// assert!(builder.build().is_ok());
    /// ```
    pub fn imds_endpoint(mut self, address: impl Into<String>) -> Self {
        self.imds_endpoint = Some(address.into());
        self
    }

    /// The longest that a call may take. 90 s unless set.
    ///
    /// ```
    /// let builder = midentity::InstanceMetadata::builder().timeout(std::time::Duration::from_secs(5));
    /// assert!(builder.build().is_ok());
    /// ```
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// The longest that connecting may take. 1 s unless set.
    ///
    /// ```
    /// let builder = midentity::InstanceMetadata::builder().connect_timeout(std::time::Duration::from_secs(5));
    /// assert!(builder.build().is_ok());
    /// ```
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How often a request is repeated after 429 and 5xx. 5 unless set; 0 switches every retry off.
    ///
    /// ```
    /// assert!(midentity::InstanceMetadata::builder().retries(0).build().is_ok());
    /// ```
    pub fn retries(mut self, count: u32) -> Self {
        self.retries = count;
        self
    }

    /// The clock, for tests.
    ///
    /// ```
    /// assert!(midentity::InstanceMetadata::builder().clock(midentity::Clock::manual(0)).build().is_ok());
    /// ```
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Where environment variables are read from, for tests.
    ///
    /// ```
    /// assert!(midentity::InstanceMetadata::builder().env(midentity::Env::fixed([])).build().is_ok());
    /// ```
    pub fn env(mut self, env: Env) -> Self {
        self.env = env;
        self
    }

    /// Makes the client. Touches no network.
    ///
    /// # Errors
    /// `argument.endpoint` where the address, given or from the environment, can't be used.
    ///
    /// ```
    /// assert!(midentity::InstanceMetadata::builder().imds_endpoint("nonsense").build().is_err());
    /// ```
    pub fn build(self) -> Result<InstanceMetadata> {
        let endpoint = Endpoint::choose(self.imds_endpoint.as_deref(), &self.env)?;
        let settings = ImdsSettings {
            connect_timeout: self.connect_timeout,
            attempt_timeout: Duration::from_secs(10),
            retry: retry::RetryTable { count: self.retries, not_found: false, ..retry::IMDS },
            probe: false,
            limit_requests: None,
        };
        let client = Arc::new(ImdsClient::new(endpoint, settings, self.clock, Arc::new(LinkLocal)));
        Ok(InstanceMetadata { client, timeout: self.timeout })
    }
}
