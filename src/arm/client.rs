//! Requests to Resource Manager.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, IF_MATCH};
use http::{HeaderMap, HeaderValue, Method};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::builder::ArmClientBuilder;
use super::challenge;
use super::error;
use super::pace::Pace;
use super::response::ArmResponse;
use super::role::KnownRoles;
use crate::clock::Clock;
use crate::cloud::Cloud;
use crate::cloud_endpoints::{CloudEndpoints, Discovery};
use crate::env::Env;
use crate::error::{Error, ErrorKind, Result, id};
use crate::http::cloud::{CloudRequest, CloudTransport};
use crate::http::retry::{self, Decision, Outcome, Retries};
use crate::http::{Failure, Progress};
use crate::scope::Scope;
use crate::token::{AccessToken, TokenOptions};
use crate::token_provider::TokenProvider;

/// The most that an answer may be: long lists come in pages.
const BODY_LIMIT: usize = 64 * 1024 * 1024;
/// Room for every header of a request.
const HEADERS: usize = 12;
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);

/// Sends requests to Resource Manager as whoever the provider signs in. Cheap to clone.
///
/// A token goes to the cloud's own host and nowhere else: links in answers that name another host are refused.
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
pub struct ArmClient(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) provider: Box<dyn TokenProvider>,
    pub(super) cloud: Cloud,
    /// The cloud's own, which every path is put behind.
    pub(super) origin: Url,
    pub(super) scope: Scope,
    pub(super) transport: Arc<CloudTransport>,
    pub(super) discovery: Discovery,
    pub(super) timeout: Duration,
    pub(super) operation_timeout: Duration,
    pub(super) clock: Clock,
    /// Ties the requests of one client together in the service's logs.
    pub(super) correlation_id: String,
    /// The newest api-version of resource types that were asked for.
    pub(super) versions: Mutex<Vec<(String, String)>>,
    pub(super) known_roles: KnownRoles,
    pub(super) pace: Pace,
}

/// An answer whose body is not read yet.
pub(super) struct RawResponse {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) url: Url,
    pub(super) attempts: u32,
}

impl RawResponse {
    /// Reads the JSON body into its own type.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T> {
        parse(&self.body).map_err(|error| answered(error, &self.headers).with_attempts(self.attempts))
    }
}

/// A header, where it is there and text.
pub(super) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

/// With what the service needs to find the answer again.
pub(super) fn answered(error: Error, headers: &HeaderMap) -> Error {
    let id = |name: &str| header(headers, name).map(str::to_owned);
    error.with_request_id(id("x-ms-request-id")).with_correlation_id(id("x-ms-correlation-request-id"))
}

pub(super) fn method_of(text: &str) -> Result<Method> {
    let known = [Method::GET, Method::HEAD, Method::PUT, Method::PATCH, Method::POST, Method::DELETE];
    known.into_iter().find(|m| m.as_str().eq_ignore_ascii_case(text)).ok_or_else(|| {
        Error::argument(
            id::ARGUMENT_OPTION,
            format!("{text:?} is no method of Resource Manager"),
            "use GET, HEAD, PUT, PATCH, POST or DELETE",
        )
    })
}

/// Reads a JSON body.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    let body = error::without_bom(body);
    // Checked for UTF-8 at once, a page of a list is read faster than with a check for each of its thousands of strings.
    let read = match std::str::from_utf8(body) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(body),
    };
    // Only the place is told: serde's words can quote the input.
    read.map_err(|e| {
        bad_answer(&format!("it is not the JSON that was expected (line {}, column {})", e.line(), e.column()))
    })
}

/// A request on its way.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Option<&'a Value>,
    pub(super) if_match: Option<&'a str>,
}

impl Call<'_> {
    /// Whether a second sending could change more than the first.
    fn is_repeatable(&self) -> bool {
        self.method != Method::PATCH && self.method != Method::POST
    }
}

impl ArmClient {
    /// Starts with the defaults: the cloud and roots of trust that the environment names (`MIDENTITY_CLOUD`,
    /// `MIDENTITY_CA_FILE`), else the public cloud and the system's trust store; through the proxy that `HTTPS_PROXY`
    /// or `ALL_PROXY` names, unless `NO_PROXY` names the host.
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
            audience: None,
            ca_file: None,
            timeout: Duration::from_secs(90),
            operation_timeout: Duration::from_secs(30 * 60),
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
        self.request("GET", path, api_version, None).await
    }

    /// Sends any request and gives its answer; a long-running operation that it starts is not waited for. An empty
    /// `api_version` means that the path's query holds it.
    ///
    /// Tried again: everything after 429, what changes nothing twice after 5xx and broken connections, and once with
    /// a fresh token after 401.
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
    /// let error = arm.request("GET", "subscriptions", "2022-12-01", None).await.unwrap_err();
    /// assert_eq!(error.id(), "argument.path");
    /// # Ok::<(), midentity::Error>(()) }).unwrap();
    /// ```
    pub async fn request(
        &self,
        method: &str,
        path: &str,
        api_version: &str,
        body: Option<&Value>,
    ) -> Result<ArmResponse> {
        self.send(method_of(method)?, path, api_version, body).await
    }

    /// The cloud that it speaks to.
    ///
    /// ```
    /// # use midentity::{Cloud, Credential, arm::ArmClient};
    /// let arm = ArmClient::builder(Credential::builder().build()?).cloud(Cloud::china()).build()?;
    /// assert_eq!(arm.cloud().name(), "AzureChinaCloud");
    /// # Ok::<(), midentity::Error>(())
    /// ```
    #[must_use]
    pub fn cloud(&self) -> &Cloud {
        &self.0.cloud
    }

    /// Where the cloud's other services are. Known for the known clouds; a private one is asked once, without a token.
    ///
    /// # Errors
    /// `cloud.endpoints` where it does not say it, `cloud.audience_refused` where it claims a known cloud's audience.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use midentity::{Cloud, Credential, arm::ArmClient};
    /// let arm = ArmClient::builder(Credential::builder().build()?).cloud(Cloud::us_government()).build()?;
    /// assert_eq!(arm.endpoints().await?.graph(), Some("https://graph.microsoft.us/"));
    /// # Ok::<(), midentity::Error>(()) }).unwrap();
    /// ```
    pub async fn endpoints(&self) -> Result<CloudEndpoints> {
        let inner = &*self.0;
        let found = inner.discovery.endpoints(&inner.cloud, &inner.clock, inner.timeout).await?;
        Ok(CloudEndpoints::clone(&found))
    }

    pub(super) fn versions(&self) -> MutexGuard<'_, Vec<(String, String)>> {
        self.0.versions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn known_roles(&self) -> &KnownRoles {
        &self.0.known_roles
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(super) fn operation_timeout(&self) -> Duration {
        self.0.operation_timeout
    }

    pub(super) async fn get_path(&self, path: &str, api_version: &str) -> Result<ArmResponse> {
        let url = self.0.url(path, api_version)?;
        self.call(Call { method: Method::GET, url, body: None, if_match: None }).await
    }

    /// As [`ArmClient::get_path`], read into its own type at once.
    pub(super) async fn read_path<T: DeserializeOwned>(&self, path: &str, api_version: &str) -> Result<T> {
        let url = self.0.url(path, api_version)?;
        self.call_raw(Call { method: Method::GET, url, body: None, if_match: None }).await?.read()
    }

    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        api_version: &str,
        body: Option<&Value>,
    ) -> Result<ArmResponse> {
        self.call(Call { method, url: self.0.url(path, api_version)?, body, if_match: None }).await
    }

    /// Deletes what is at the path; `false` where there was nothing, which the service says by 204 or by 404.
    pub(super) async fn delete(&self, path: &str, api_version: &str) -> Result<bool> {
        match self.send(Method::DELETE, path, api_version, None).await {
            Ok(response) => Ok(response.status() != 204),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) fn url(&self, path: &str, api_version: &str) -> Result<Url> {
        self.0.url(path, api_version)
    }

    /// A link from an answer: used as it is, where it stays on Resource Manager's host.
    ///
    /// # Errors
    /// `arm.host_refused` where it names another host: the token is not for it.
    pub(super) fn link(&self, link: &str) -> Result<Url> {
        let inner = &*self.0;
        let joined;
        let absolute = if link.starts_with('/') && !link.starts_with("//") {
            joined = format!("{}{link}", inner.cloud.arm_origin());
            joined.as_str()
        } else {
            link
        };
        match Url::parse(absolute) {
            Ok(url) if url.origin().ascii_serialization() == inner.cloud.arm_origin() => Ok(url),
            Ok(url) => Err(Error::new(
                ErrorKind::Protocol,
                id::ARM_HOST_REFUSED,
                format!(
                    "an answer names the host {} to go on with; the token is for {} and is not sent elsewhere",
                    url.host_str().unwrap_or_default(),
                    inner.cloud.arm_origin()
                ),
            )
            .with_hint("check the cloud's address and any gateway before it")),
            Err(_) => Err(bad_answer("a link in it can't be read")),
        }
    }

    pub(super) async fn call(&self, call: Call<'_>) -> Result<ArmResponse> {
        let answer = self.call_raw(call).await?;
        let body = if answer.body.is_empty() { Value::Null } else { answer.read()? };
        let RawResponse { status, headers, url, attempts, .. } = answer;
        Ok(ArmResponse { status, headers, body, url, attempts })
    }

    /// As [`ArmClient::call`], with the body as it came: long lists are read into their own type at once.
    pub(super) async fn call_raw(&self, call: Call<'_>) -> Result<RawResponse> {
        let inner = &*self.0;
        let deadline = inner.clock.monotonic() + inner.timeout;
        let (mut retries, mut attempts, mut renewed) = (Retries::default(), 0, false);
        let mut renewal = Renewal::None;
        loop {
            // Where there is no time for it, the service's own 429 tells.
            let now = inner.clock.monotonic();
            let pause = inner.pace.wait(&call.method, &call.url, now);
            if !pause.is_zero() && now + pause < deadline {
                inner.clock.sleep(pause).await;
            }
            attempts += 1;
            let tried = match inner.token(&mut renewal, deadline).await {
                Ok(token) => {
                    let began = inner.clock.monotonic();
                    let tried = inner.attempt(&call, deadline, &token, attempts).await;
                    log_attempt(&call, attempts, inner.clock.monotonic().saturating_sub(began), &tried);
                    tried
                }
                Err(error) => Err(Refused::new(error, Outcome::Final)),
            };
            let Refused { error, outcome, claims } = match tried {
                Ok(response) => return Ok(response),
                Err(refused) => *refused,
            };
            let error = error.with_attempts(attempts);
            // A token revoked or expired on the way, or a claims challenge: one fresh token tells.
            if error.id() == id::ARM_UNAUTHORIZED && !renewed {
                renewed = true;
                renewal = claims.map_or(Renewal::Fresh, Renewal::Claims);
                continue;
            }
            let outcome = match outcome {
                Outcome::Status(status, _) if status != 429 && !call.is_repeatable() => Outcome::Final,
                Outcome::Silent if !call.is_repeatable() => Outcome::Final,
                other => other,
            };
            let now = inner.clock.monotonic();
            let left = deadline.saturating_sub(now);
            match retries.after(&retry::ARM, outcome, now, left, inner.clock.jitter()) {
                Decision::Again(wait) => inner.clock.sleep(wait).await,
                Decision::Stop | Decision::NoTimeLeft(_) => return Err(error),
            }
        }
    }
}

/// One line for each attempt. Not the query: a filter may hold what is not for a log.
fn log_attempt(call: &Call<'_>, attempt: u32, took: Duration, tried: &Result<RawResponse, Box<Refused>>) {
    let (status, request_id, id) = match tried {
        Ok(answer) => (Some(answer.status), header(&answer.headers, "x-ms-request-id"), None),
        Err(refused) => (refused.error.http_status(), refused.error.request_id(), Some(refused.error.id())),
    };
    tracing::debug!(
        attempt,
        method = call.method.as_str(),
        host = call.url.host_str(),
        path = call.url.path(),
        status,
        milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        request_id,
        id,
        "asked Resource Manager"
    );
}

/// How the token of the next attempt is taken.
enum Renewal {
    None,
    Fresh,
    Claims(String),
    /// What came of it serves the call's further tries.
    Done(AccessToken),
}

/// Why an attempt gave no answer to hand on.
struct Refused {
    error: Error,
    outcome: Outcome,
    claims: Option<String>,
}

impl Refused {
    fn new(error: Error, outcome: Outcome) -> Box<Self> {
        Box::new(Self { error, outcome, claims: None })
    }
}

impl Inner {
    pub(super) fn url(&self, path: &str, api_version: &str) -> Result<Url> {
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
        let (only_path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let relative = |part: &str| {
            [".", "..", "%2e", "%2e%2e", ".%2e", "%2e."].iter().any(|dots| part.eq_ignore_ascii_case(dots))
        };
        if only_path.split('/').any(relative) {
            return Err(refuse("has a relative part"));
        }
        let mut url = self.origin.clone();
        url.set_path(only_path);
        url.set_query(query);
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

    async fn token(&self, renewal: &mut Renewal, deadline: Duration) -> Result<AccessToken> {
        let left = deadline.saturating_sub(self.clock.monotonic()).max(Duration::from_millis(1));
        let options = TokenOptions::new().timeout(left);
        let options = match renewal {
            Renewal::None => return self.provider.token(&self.scope, &options).await,
            Renewal::Done(token) => return Ok(token.clone()),
            Renewal::Fresh => options.force_refresh(true),
            Renewal::Claims(claims) => options.claims(claims.as_str()),
        };
        let token = self.provider.token(&self.scope, &options).await?;
        *renewal = Renewal::Done(token.clone());
        Ok(token)
    }

    async fn attempt(
        &self,
        call: &Call<'_>,
        deadline: Duration,
        token: &AccessToken,
        attempts: u32,
    ) -> Result<RawResponse, Box<Refused>> {
        let last = |e| Refused::new(e, Outcome::Final);
        let transport = self.transport.ready().map_err(last)?;
        let headers = self.headers(call, token).map_err(last)?;
        let body = call.body.map_or_else(Bytes::new, |body| body.to_string().into());
        let request =
            CloudRequest { method: call.method.clone(), url: &call.url, headers, body, body_limit: BODY_LIMIT };
        let left = deadline.saturating_sub(self.clock.monotonic());
        let limit = ATTEMPT_TIMEOUT.min(left);
        let progress = Progress::default();
        let answer = match self.clock.timeout(limit, transport.send(request, &progress)).await {
            Some(answer) => answer.map_err(|failure| self.broken(failure, call, &progress))?,
            None => {
                let error = Error::new(
                    ErrorKind::Timeout,
                    id::ARM_TIMEOUT,
                    format!("Resource Manager did not answer within {:.1} s", limit.as_secs_f64()),
                );
                return Err(Refused::new(error.with_hint("try again, or give the call more time"), Outcome::Silent));
            }
        };
        let (status, headers, mut body) = (answer.status.as_u16(), answer.headers, answer.body);
        self.pace.note(&call.method, &call.url, &headers, self.clock.monotonic());
        if !(200..300).contains(&status) {
            let after = header(&headers, "retry-after");
            let after = after.and_then(|text| retry::parse_retry_after(text, self.clock.epoch_seconds()));
            let error = answered(error::from_status(status, &body), &headers).with_retry_after(after);
            let claims = header(&headers, "www-authenticate").and_then(challenge::claims);
            return Err(Box::new(Refused { error, outcome: Outcome::Status(status, after), claims }));
        }
        // Taken out of its wiping cover: what is read from it is kept as it is, and a list's pages are long.
        let body = std::mem::take(&mut *body);
        Ok(RawResponse { status, headers, body, url: call.url.clone(), attempts })
    }

    fn headers(&self, call: &Call<'_>, token: &AccessToken) -> Result<HeaderMap> {
        let mut bearer = HeaderValue::from_str(&Zeroizing::new(format!("Bearer {}", token.secret().expose())))
            .map_err(|_| {
                Error::new(
                    ErrorKind::Protocol,
                    id::ARM_UNAUTHORIZED,
                    "the token has characters in it that no header may have",
                )
            })?;
        bearer.set_sensitive(true);
        let text = |text: &str| {
            HeaderValue::from_str(text).map_err(|_| {
                Error::argument(
                    id::ARGUMENT_OPTION,
                    "a header has characters in it that none may have",
                    "leave them out",
                )
            })
        };
        let mut headers = HeaderMap::with_capacity(HEADERS);
        headers.insert(AUTHORIZATION, bearer);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(HeaderName::from_static("x-ms-correlation-request-id"), text(&self.correlation_id)?);
        let mut id = Uuid::encode_buffer();
        headers.insert(
            HeaderName::from_static("x-ms-client-request-id"),
            text(Uuid::new_v4().hyphenated().encode_lower(&mut id))?,
        );
        if let Some(etag) = call.if_match {
            headers.insert(IF_MATCH, text(etag)?);
        }
        if call.body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        } else if !matches!(call.method, Method::GET | Method::HEAD | Method::DELETE) {
            // Some of Azure's front ends refuse a request without a length.
            headers.insert(CONTENT_LENGTH, HeaderValue::from(0));
        }
        Ok(headers)
    }

    fn broken(&self, failure: Failure, call: &Call<'_>, progress: &Progress) -> Box<Refused> {
        if failure == Failure::TooLarge {
            return Refused::new(bad_answer("it is larger than 64 MiB"), Outcome::Final);
        }
        // A connection that was never made has carried nothing; one that broke may have.
        let again = call.is_repeatable() || !progress.is_sent();
        let error = error::from_transport(failure, self.cloud.arm_origin());
        let again = again && error.id() != id::ARM_TLS;
        Refused::new(error, if again { Outcome::Refused } else { Outcome::Final })
    }
}

pub(super) fn bad_answer(why: &str) -> Error {
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
