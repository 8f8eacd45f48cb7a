//! Setting a client up.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::client::{ArmClient, Inner};
use super::pace::Pace;
use super::role::KnownRoles;
use url::Url;
use uuid::Uuid;

use crate::clock::Clock;
use crate::cloud::Cloud;
use crate::cloud_endpoints::Discovery;
use crate::env::Env;
use crate::error::{Error, Result, id};
use crate::http::cloud::CloudTransport;
use crate::scope::Scope;
use crate::token_provider::TokenProvider;

/// Sets an [`ArmClient`] up.
///
/// ```
/// # use midentity::{Cloud, Credential, arm::ArmClient};
/// let builder = ArmClient::builder(Credential::builder().build()?).cloud(Cloud::us_government());
/// assert!(builder.build().is_ok());
/// # Ok::<(), midentity::Error>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct ArmClientBuilder {
    pub(super) provider: Box<dyn TokenProvider>,
    pub(super) cloud: Option<Cloud>,
    pub(super) audience: Option<String>,
    pub(super) ca_file: Option<PathBuf>,
    pub(super) timeout: Duration,
    pub(super) operation_timeout: Duration,
    pub(super) clock: Clock,
    pub(super) env: Env,
}

impl ArmClientBuilder {
    /// The cloud, instead of `MIDENTITY_CLOUD` or the public one.
    ///
    /// ```
    /// # use midentity::{Cloud, Credential, arm::ArmClient};
    /// let arm = ArmClient::builder(Credential::builder().build()?).cloud(Cloud::china()).build()?;
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn cloud(mut self, cloud: Cloud) -> Self {
        self.cloud = Some(cloud);
        self
    }

    /// The audience of the tokens that are asked for, instead of the cloud's own: see [`Cloud::with_audience`].
    ///
    /// ```
    /// # use midentity::{Cloud, Credential, arm::ArmClient};
    /// let stack = Cloud::parse("https://management.local.stack.test")?;
    /// let builder = ArmClient::builder(Credential::builder().build()?).cloud(stack);
    /// let arm = builder.audience("https://management.stack.test/4de154de").build()?;
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// A PEM file of certificate authorities, instead of `MIDENTITY_CA_FILE` or the system's trust store: these roots
    /// and no others. Read with the first request.
    ///
    /// ```
    /// # use midentity::{Credential, arm::ArmClient};
    /// let arm = ArmClient::builder(Credential::builder().build()?).ca_file("ca.pem").build()?;
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// The longest that a call may take, tries and waits included. 90 s unless set.
    ///
    /// ```
    /// # use midentity::{Credential, arm::ArmClient};
    /// let limit = std::time::Duration::from_secs(10);
    /// let arm = ArmClient::builder(Credential::builder().build()?).timeout(limit).build()?;
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// The longest that a long-running operation is waited for. 30 minutes unless set.
    ///
    /// ```
    /// # use midentity::{Credential, arm::ArmClient};
    /// let limit = std::time::Duration::from_secs(120);
    /// let arm = ArmClient::builder(Credential::builder().build()?).operation_timeout(limit).build()?;
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn operation_timeout(mut self, limit: Duration) -> Self {
        self.operation_timeout = limit;
        self
    }

    /// The clock, for tests.
    ///
    /// ```
    /// # use midentity::{Clock, Credential, arm::ArmClient};
    /// let arm = ArmClient::builder(Credential::builder().build()?).clock(Clock::manual(0)).build()?;
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Where environment variables are read from, for tests.
    ///
    /// ```
    /// # use midentity::{Credential, Env, arm::ArmClient};
    /// let arm = ArmClient::builder(Credential::builder().build()?).env(Env::fixed([])).build()?;
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn env(mut self, env: Env) -> Self {
        self.env = env;
        self
    }

    /// Makes the client. Touches neither network nor files.
    ///
    /// # Errors
    /// `argument.cloud` where `MIDENTITY_CLOUD` can't be used, `argument.option` where the timeout is zero,
    /// `cloud.audience_refused` where the audience is another cloud's.
    ///
    /// ```
    /// # use midentity::{Credential, Env, arm::ArmClient};
    /// let env = Env::fixed([("MIDENTITY_CLOUD", "nowhere")]);
    /// assert!(ArmClient::builder(Credential::builder().build()?).env(env).build().is_err());
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn build(self) -> Result<ArmClient> {
        if self.timeout.is_zero() {
            return Err(Error::argument(id::ARGUMENT_OPTION, "timeout is zero", "give a time above zero"));
        }
        let cloud = match self.cloud {
            Some(cloud) => cloud,
            None => Cloud::from_env(&self.env)?,
        };
        let cloud = match &self.audience {
            Some(audience) => cloud.with_audience(audience)?,
            None => cloud,
        };
        let ca_file = self.ca_file.or_else(|| self.env.var("MIDENTITY_CA_FILE").map(PathBuf::from));
        let transport = Arc::new(CloudTransport::new(ca_file, self.env));
        Ok(ArmClient(Arc::new(Inner {
            provider: self.provider,
            origin: Url::parse(cloud.arm_origin()).map_err(|_| {
                Error::argument(
                    id::ARGUMENT_CLOUD,
                    "the cloud's address can't be used",
                    "give its origin, as https://host",
                )
            })?,
            scope: Scope::parse(cloud.arm_audience())?,
            cloud,
            discovery: Discovery::new(Arc::clone(&transport)),
            transport,
            timeout: self.timeout,
            operation_timeout: self.operation_timeout,
            clock: self.clock,
            correlation_id: Uuid::new_v4().to_string(),
            versions: Mutex::default(),
            known_roles: KnownRoles::default(),
            pace: Pace::default(),
        })))
    }
}
