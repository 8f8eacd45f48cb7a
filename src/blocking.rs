//! The same calls without async, for programs that have no runtime of their own.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::arm::ArmResponse;
use crate::error::{Error, Result};
use crate::runtime;
use crate::scope::Scope;
use crate::token::{AccessToken, TokenOptions};

/// Ends blocking calls from another thread. Clones end the same calls.
///
/// ```
/// let cancel = midentity::blocking::Cancel::new();
/// cancel.cancel();
/// assert!(cancel.is_cancelled());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Not cancelled yet.
    ///
    /// ```
    /// assert!(!midentity::blocking::Cancel::new().is_cancelled());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels: calls that wait end within 50 ms, calls that start end at once.
    ///
    /// ```
    /// midentity::blocking::Cancel::new().cancel();
    /// ```
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it was cancelled.
    ///
    /// ```
    /// assert!(!midentity::blocking::Cancel::new().is_cancelled());
    /// ```
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::cancelled()) } else { Ok(()) }
    }
}

/// A [`crate::Credential`] whose calls block.
///
/// ```
/// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
/// use midentity::{Scope, blocking::Credential};
/// let credential = Credential::from(midentity::Credential::builder()
/// #   .imds_endpoint(emulator.imds_endpoint())
///     .build()?);
/// let token = credential.get_token(&Scope::parse("arm")?)?;
/// assert!(token.expires_on() > 0);
/// # Ok::<(), midentity::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Credential(crate::Credential);

impl From<crate::Credential> for Credential {
    fn from(credential: crate::Credential) -> Self {
        Self(credential)
    }
}

impl Credential {
    /// As [`crate::Credential::get_token`], waiting.
    ///
    /// # Errors
    /// As there; `runtime.nested` inside an async runtime, where it would have to wait.
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # let credential = midentity::Credential::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// # let credential = midentity::blocking::Credential::from(credential);
    /// let token = credential.get_token(&midentity::Scope::parse("keyvault")?)?;
    /// assert_eq!(token.token_type(), "Bearer");
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn get_token(&self, scope: &Scope) -> Result<AccessToken> {
        match self.0.cached_token(scope) {
            Some(token) => Ok(token),
            None => self.get_token_with(scope, &TokenOptions::new(), &Cancel::new()),
        }
    }

    /// As [`crate::Credential::get_token_with`], waiting until `cancel` at the longest.
    ///
    /// # Errors
    /// As [`Credential::get_token`]; Cancelled.
    ///
    /// ```
    /// # use midentity::{ErrorKind, Scope, TokenOptions, blocking::{Cancel, Credential}};
    /// let credential = Credential::from(midentity::Credential::builder().imds_endpoint("http://127.0.0.1:1").build()?);
    /// let cancel = Cancel::new();
    /// cancel.cancel();
    /// let error = credential.get_token_with(&Scope::parse("arm")?, &TokenOptions::new(), &cancel).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Cancelled);
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn get_token_with(&self, scope: &Scope, options: &TokenOptions, cancel: &Cancel) -> Result<AccessToken> {
        cancel.check()?;
        self.get_token_interruptible(scope, options, || cancel.check())
    }

    /// As [`Credential::get_token_with`], for hosts that have a way of their own to say stop: `interrupted` is asked
    /// every 50 ms, and its error ends the call.
    ///
    /// # Errors
    /// As [`Credential::get_token`], and `interrupted`'s.
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # use midentity::{Scope, TokenOptions, blocking::Credential};
    /// # let credential = midentity::Credential::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// # let credential = Credential::from(credential);
    /// let token = credential.get_token_interruptible(&Scope::parse("arm")?, &TokenOptions::new(), || Ok(()))?;
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn get_token_interruptible(
        &self,
        scope: &Scope,
        options: &TokenOptions,
        interrupted: impl FnMut() -> Result<()>,
    ) -> Result<AccessToken> {
        let (credential, scope, options) = (self.0.clone(), scope.clone(), options.clone());
        runtime::wait_here(async move { credential.token_on(&scope, &options, runtime::spawn).await }, interrupted)
    }

    /// The async credential behind it.
    ///
    /// ```
    /// # let credential = midentity::Credential::builder().build()?;
    /// # let credential = midentity::blocking::Credential::from(credential);
    /// assert_eq!(credential.as_async().source(), midentity::Source::Imds);
    /// # Ok::<(), midentity::Error>(())
    /// ```
    #[must_use]
    pub fn as_async(&self) -> &crate::Credential {
        &self.0
    }
}

/// A [`crate::InstanceMetadata`] whose calls block.
///
/// ```
/// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
/// # let instance = midentity::InstanceMetadata::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
/// let instance = midentity::blocking::InstanceMetadata::from(instance);
/// assert!(instance.get("compute")?.is_object());
/// # Ok::<(), midentity::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct InstanceMetadata(crate::InstanceMetadata);

impl From<crate::InstanceMetadata> for InstanceMetadata {
    fn from(instance: crate::InstanceMetadata) -> Self {
        Self(instance)
    }
}

impl InstanceMetadata {
    /// As [`crate::InstanceMetadata::get`], waiting.
    ///
    /// # Errors
    /// As there; `runtime.nested` inside an async runtime.
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # let instance = midentity::InstanceMetadata::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// # let instance = midentity::blocking::InstanceMetadata::from(instance);
    /// assert!(instance.get("compute/location")?.is_string());
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn get(&self, path: &str) -> Result<Value> {
        self.get_interruptible(path, None, || Ok(()))
    }

    /// As [`InstanceMetadata::get`], in another api-version, asking `interrupted` every 50 ms.
    ///
    /// # Errors
    /// As [`InstanceMetadata::get`], and `interrupted`'s.
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # let instance = midentity::InstanceMetadata::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// # let instance = midentity::blocking::InstanceMetadata::from(instance);
    /// assert!(instance.get_interruptible("compute", Some("2021-02-01"), || Ok(()))?.is_object());
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn get_interruptible(
        &self,
        path: &str,
        api_version: Option<&str>,
        interrupted: impl FnMut() -> Result<()>,
    ) -> Result<Value> {
        let (instance, path, version) = (self.0.clone(), path.to_owned(), api_version.map(str::to_owned));
        let ask = async move {
            match version {
                None => instance.get(&path).await,
                Some(version) => instance.get_version(&path, &version).await,
            }
        };
        runtime::wait_here(ask, interrupted)
    }

    /// As [`crate::InstanceMetadata::identity_info`], waiting.
    ///
    /// # Errors
    /// As there; `runtime.nested` inside an async runtime.
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # let instance = midentity::InstanceMetadata::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// # let instance = midentity::blocking::InstanceMetadata::from(instance);
    /// assert_eq!(instance.identity_info()?.tenant_id().len(), 36);
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn identity_info(&self) -> Result<crate::IdentityInfo> {
        let instance = self.0.clone();
        runtime::wait_here(async move { instance.identity_info().await }, || Ok(()))
    }

    /// As [`crate::InstanceMetadata::versions`], waiting.
    ///
    /// # Errors
    /// As there; `runtime.nested` inside an async runtime.
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # let instance = midentity::InstanceMetadata::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// # let instance = midentity::blocking::InstanceMetadata::from(instance);
    /// assert!(!instance.versions()?.is_empty());
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn versions(&self) -> Result<Vec<String>> {
        let instance = self.0.clone();
        runtime::wait_here(async move { instance.versions().await }, || Ok(()))
    }
}

/// An [`crate::arm::ArmClient`] whose calls block.
///
/// ```
/// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
/// # use midentity::{Cloud, Credential, arm};
/// # let credential = Credential::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
/// # let client = arm::ArmClient::builder(credential)
/// #     .cloud(Cloud::parse(emulator.cloud())?).ca_file(emulator.ca_file()).build()?;
/// let arm = midentity::blocking::ArmClient::from(client);
/// assert!(arm.get("/subscriptions", "2022-12-01")?.body()["value"].is_array());
/// # Ok::<(), midentity::Error>(())
/// ```
#[derive(Clone)]
pub struct ArmClient(crate::arm::ArmClient);

impl From<crate::arm::ArmClient> for ArmClient {
    fn from(client: crate::arm::ArmClient) -> Self {
        Self(client)
    }
}

impl fmt::Debug for ArmClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ArmClient {
    /// As [`crate::arm::ArmClient::get`], waiting.
    ///
    /// # Errors
    /// As there; `runtime.nested` inside an async runtime.
    ///
    /// ```
    /// # use midentity::{AccessToken, StaticToken, arm};
    /// # let client = arm::ArmClient::builder(StaticToken::new(AccessToken::new("t".into(), 5))).build()?;
    /// # let arm = midentity::blocking::ArmClient::from(client);
    /// assert_eq!(arm.get("no-slash", "2022-12-01").unwrap_err().id(), "argument.path");
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn get(&self, path: &str, api_version: &str) -> Result<ArmResponse> {
        self.request_interruptible("GET", path, api_version, None, || Ok(()))
    }

    /// As [`crate::arm::ArmClient::request`], asking `interrupted` every 50 ms.
    ///
    /// # Errors
    /// As [`ArmClient::get`], and `interrupted`'s.
    ///
    /// ```
    /// # use midentity::{AccessToken, StaticToken, arm};
    /// # let client = arm::ArmClient::builder(StaticToken::new(AccessToken::new("t".into(), 5))).build()?;
    /// # let arm = midentity::blocking::ArmClient::from(client);
    /// let error = arm.request_interruptible("BREW", "/coffee", "1", None, || Ok(())).unwrap_err();
    /// assert_eq!(error.id(), "argument.option");
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn request_interruptible(
        &self,
        method: &str,
        path: &str,
        api_version: &str,
        body: Option<&Value>,
        interrupted: impl FnMut() -> Result<()>,
    ) -> Result<ArmResponse> {
        let (arm, method, body) = (self.0.clone(), method.to_owned(), body.cloned());
        let (path, version) = (path.to_owned(), api_version.to_owned());
        runtime::wait_here(async move { arm.request(&method, &path, &version, body.as_ref()).await }, interrupted)
    }
}
