//! Requests to Resource Manager.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::error;
use crate::clock::Clock;
use crate::cloud::Cloud;
use crate::env::Env;
use crate::error::{Error, ErrorKind, Result, id};
use crate::http::cloud::CloudTransport;
use crate::http::retry::{self, Decision, Outcome, Retries};
use crate::scope::Scope;
use crate::token::TokenOptions;
use crate::token_provider::TokenProvider;

/// The most that an answer may be: long lists come in pages.
const BODY_LIMIT: usize = 64 * 1024 * 1024;
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);

/// Sends requests to Resource Manager as whoever the provider signs in. Cheap to clone.
///
/// A token goes to the cloud's own host and nowhere else.
///
/// ```
/// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
/// # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
/// use midentity::{Cloud, Credential, arm::ArmClient};
/// # let credential = Credential::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
/// let arm = ArmClient::builder(credential)
/// #   .cloud(Cloud::parse(emulator.cloud())?).ca_file(emulator.ca_file())
///     .build()?;
/// let answer = arm.get("/subscriptions", "2022-12-01").await?;
/// assert!(answer.body()["value"].is_array());
/// # Ok::<(), midentity::Error>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct ArmClient(Arc<Inner>);

struct Inner {
    provider: Box<dyn TokenProvider>,
    cloud: Cloud,
    scope: Scope,
    transport: CloudTransport,
    timeout: Duration,
    clock: Clock,
}

impl ArmClient {
    /// Starts with the defaults: the cloud and roots of trust that the environment names (`MIDENTITY_CLOUD`,
    /// `MIDENTITY_CA_FILE`), else the public cloud and the system's trust store.
    ///
    /// ```
    /// # use midentity::{Credential, arm::ArmClient};
    /// let arm = ArmClient::builder(Credential::builder().build()?).build()?;
    /// # drop(arm);
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn builder(provider: impl TokenProvider + 'static) -> ArmClientBuilder {
        ArmClientBuilder {
            provider: Box::new(provider),
            cloud: None,
            ca_file: None,
            timeout: Duration::from_secs(90),
            clock: Clock::system(),
            env: Env::process(),
        }
    }

    /// Reads a resource: `path` begins with `/subscriptions` or another of Resource Manager's roots, and may hold a
    /// query.
    ///
    /// # Errors
    /// As [`ArmClient::request`].
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
    /// # use midentity::{Cloud, Credential, arm::ArmClient};
    /// # let credential = Credential::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// # let arm = ArmClient::builder(credential).cloud(Cloud::parse(emulator.cloud())?).ca_file(emulator.ca_file()).build()?;
    /// let subscriptions = arm.get("/subscriptions", "2022-12-01").await?;
    /// assert_eq!(subscriptions.status(), 200);
    /// # Ok::<(), midentity::Error>(()) }).unwrap();
    /// ```
    pub async fn get(&self, path: &str, api_version: &str) -> Result<ArmResponse> {
        self.request("GET", path, api_version).await
    }

    /// Sends a request. This version sends `GET` only. An empty `api_version` means that the path's query holds it.
    ///
    /// # Errors
    /// InvalidArgument (`argument.path`, `argument.option`, `arm.bad_request`) where path, method or version can't be
    /// used; Authentication (`arm.unauthorized`), Forbidden, NotFound, Conflict, Throttled, Service, Transport,
    /// Timeout and Protocol as their names say; and the provider's own errors.
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
    /// # use midentity::{Cloud, Credential, arm::ArmClient};
    /// # let credential = Credential::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// # let arm = ArmClient::builder(credential).cloud(Cloud::parse(emulator.cloud())?).ca_file(emulator.ca_file()).build()?;
    /// let error = arm.request("GET", "subscriptions", "2022-12-01").await.unwrap_err();
    /// assert_eq!(error.id(), "argument.path");
    /// # Ok::<(), midentity::Error>(()) }).unwrap();
    /// ```
    pub async fn request(&self, method: &str, path: &str, api_version: &str) -> Result<ArmResponse> {
        let inner = &*self.0;
        if !method.eq_ignore_ascii_case("GET") {
            return Err(Error::argument(
                id::ARGUMENT_OPTION,
                format!("the method {method:?} is not sent by this version"),
                "use GET",
            ));
        }
        let url = inner.url(path, api_version)?;
        let deadline = inner.clock.monotonic() + inner.timeout;
        let (mut retries, mut attempts, mut renewed) = (Retries::default(), 0, false);
        loop {
            attempts += 1;
            let (error, outcome) = match inner.attempt(&Method::GET, &url, deadline, renewed).await {
                Ok(response) => return Ok(response),
                Err(refused) => refused,
            };
            let error = error.with_attempts(attempts);
            // A role given or taken a moment ago, or a token revoked: one fresh token tells.
            if error.id() == id::ARM_UNAUTHORIZED && !renewed {
                renewed = true;
                continue;
            }
            let now = inner.clock.monotonic();
            let left = deadline.saturating_sub(now);
            match retries.after(&retry::ARM, outcome, now, left, inner.clock.jitter()) {
                Decision::Again(wait) => inner.clock.sleep(wait).await,
                Decision::Stop | Decision::NoTimeLeft(_) => return Err(error),
            }
        }
    }
}

impl Inner {
    fn url(&self, path: &str, api_version: &str) -> Result<Url> {
        let refuse = |why: &str| {
            Error::argument(
                id::ARGUMENT_PATH,
                format!("the path {why}"),
                "give a path such as /subscriptions/<id>/resourceGroups/<name>, without scheme and host",
            )
        };
        if !path.starts_with('/') || path.starts_with("//") {
            return Err(refuse("does not begin with one slash"));
        }
        if path.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '#')) {
            return Err(refuse("has a character in it that no path has"));
        }
        let only_path = path.split('?').next().unwrap_or(path);
        if only_path.split('/').any(|p| matches!(p.to_ascii_lowercase().as_str(), "." | ".." | "%2e" | "%2e%2e")) {
            return Err(refuse("has a relative part"));
        }
        let mut url = Url::parse(&format!("{}{path}", self.cloud.arm_origin())).map_err(|_| refuse("can't be read"))?;
        let given = url.query_pairs().any(|(name, _)| name.eq_ignore_ascii_case("api-version"));
        match (api_version.is_empty(), given) {
            (false, false) => {
                url.query_pairs_mut().append_pair("api-version", api_version);
            }
            (true, true) => {}
            (true, false) => {
                return Err(Error::argument(
                    id::ARGUMENT_OPTION,
                    "no api-version was given",
                    "give one, such as 2021-04-01",
                ));
            }
            (false, true) => {
                return Err(Error::argument(
                    id::ARGUMENT_OPTION,
                    "the api-version was given twice",
                    "leave it out of the path's query",
                ));
            }
        }
        Ok(url)
    }

    async fn attempt(
        &self,
        method: &Method,
        url: &Url,
        deadline: Duration,
        renew: bool,
    ) -> Result<ArmResponse, (Error, Outcome)> {
        let left = deadline.saturating_sub(self.clock.monotonic()).max(Duration::from_millis(1));
        let options = TokenOptions::new().force_refresh(renew).timeout(left);
        let last = |e| (e, Outcome::Final);
        let token = self.provider.token(&self.scope, &options).await.map_err(last)?;
        let client = self.transport.client().map_err(last)?;
        let mut bearer = HeaderValue::from_str(&Zeroizing::new(format!("Bearer {}", token.secret().expose())))
            .map_err(|_| {
                last(Error::new(
                    ErrorKind::Protocol,
                    id::ARM_UNAUTHORIZED,
                    "the token has characters in it that no header may have",
                ))
            })?;
        bearer.set_sensitive(true);
        let request = client
            .request(method.clone(), url.clone())
            .header(AUTHORIZATION, bearer)
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(HeaderName::from_static("x-ms-client-request-id"), Uuid::new_v4().to_string());
        let left = deadline.saturating_sub(self.clock.monotonic());
        let limit = ATTEMPT_TIMEOUT.min(left);
        let exchange = async {
            let mut response = request.send().await.map_err(|e| (self.transport_error(e), Outcome::Refused))?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|e| (self.transport_error(e), Outcome::Refused))? {
                if body.len() + chunk.len() > BODY_LIMIT {
                    return Err(last(bad_answer("it is larger than 64 MiB")));
                }
                body.extend_from_slice(&chunk);
            }
            Ok((status, headers, body))
        };
        let (status, headers, body) = match self.clock.timeout(limit, exchange).await {
            Some(result) => result?,
            None => {
                let error = Error::new(
                    ErrorKind::Timeout,
                    id::ARM_TIMEOUT,
                    format!("Resource Manager did not answer within {:.1} s", limit.as_secs_f64()),
                );
                return Err((error.with_hint("try again, or give the call more time"), Outcome::Silent));
            }
        };
        let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        if !(200..300).contains(&status) {
            let after = header("retry-after").and_then(|t| retry::parse_retry_after(&t, self.clock.epoch_seconds()));
            let error = error::from_status(status, &body)
                .with_retry_after(after)
                .with_request_id(header("x-ms-request-id"))
                .with_correlation_id(header("x-ms-correlation-request-id"));
            return Err((error, Outcome::Status(status, after)));
        }
        let body = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&body)
                .map_err(|e| last(bad_answer(&format!("it is not JSON (line {}, column {})", e.line(), e.column()))))?
        };
        Ok(ArmResponse { status, headers, body })
    }

    fn transport_error(&self, error: reqwest::Error) -> Error {
        error::from_transport(error, self.cloud.arm_origin())
    }
}

fn bad_answer(why: &str) -> Error {
    Error::new(ErrorKind::Protocol, id::ARM_BAD_ANSWER, format!("Resource Manager's answer can't be understood: {why}"))
        .with_hint("check the cloud's address and any gateway before it")
}

impl fmt::Debug for ArmClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArmClient")
            .field("cloud", &self.0.cloud)
            .field("provider", &self.0.provider)
            .finish_non_exhaustive()
    }
}

/// Resource Manager's answer.
///
/// ```
/// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
/// # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
/// # use midentity::{Cloud, Credential, arm::{ArmClient, ArmResponse}};
/// # let credential = Credential::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
/// # let arm = ArmClient::builder(credential).cloud(Cloud::parse(emulator.cloud())?).ca_file(emulator.ca_file()).build()?;
/// let answer: ArmResponse = arm.get("/subscriptions", "2022-12-01").await?;
/// assert!(answer.request_id().is_some());
/// # Ok::<(), midentity::Error>(()) }).unwrap();
/// ```
pub struct ArmResponse {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl ArmResponse {
    /// The HTTP status, 200 to 299.
    ///
    /// ```
    /// # fn show(answer: midentity::arm::ArmResponse) {
    /// assert!(answer.status() < 300);
    /// # }
    /// ```
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body; `Null` where there is none.
    ///
    /// ```
    /// # fn show(answer: midentity::arm::ArmResponse) {
    /// println!("{}", answer.body()["name"]);
    /// # }
    /// ```
    #[must_use]
    pub fn body(&self) -> &Value {
        &self.body
    }

    /// The body, taken out.
    ///
    /// ```
    /// # fn show(answer: midentity::arm::ArmResponse) {
    /// let body: serde_json::Value = answer.into_body();
    /// # }
    /// ```
    #[must_use]
    pub fn into_body(self) -> Value {
        self.body
    }

    /// A header of the answer, where it is text.
    ///
    /// ```
    /// # fn show(answer: midentity::arm::ArmResponse) {
    /// println!("{:?}", answer.header("x-ms-ratelimit-remaining-subscription-reads"));
    /// # }
    /// ```
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The request id to give to Azure's support.
    ///
    /// ```
    /// # fn show(answer: midentity::arm::ArmResponse) {
    /// println!("{:?}", answer.request_id());
    /// # }
    /// ```
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.header("x-ms-request-id")
    }
}

impl fmt::Debug for ArmResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Bodies can hold keys (listKeys): status only.
        f.debug_struct("ArmResponse").field("status", &self.status).finish_non_exhaustive()
    }
}

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
    provider: Box<dyn TokenProvider>,
    cloud: Option<Cloud>,
    ca_file: Option<PathBuf>,
    timeout: Duration,
    clock: Clock,
    env: Env,
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
    /// `argument.cloud` where `MIDENTITY_CLOUD` can't be used, `argument.option` where the timeout is zero.
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
        let ca_file = self.ca_file.or_else(|| self.env.var("MIDENTITY_CA_FILE").map(PathBuf::from));
        Ok(ArmClient(Arc::new(Inner {
            provider: self.provider,
            scope: Scope::parse(cloud.arm_audience())?,
            cloud,
            transport: CloudTransport::new(ca_file),
            timeout: self.timeout,
            clock: self.clock,
        })))
    }
}
