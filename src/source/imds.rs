//! The instance metadata service: its endpoint, its requests, and how they are tried again.
//!
//! Source of the protocol: Microsoft's documentation of the Azure Instance Metadata Service and its managed-identity
//! endpoint (`/metadata/identity/oauth2/token`, api-version 2018-02-01).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use url::Url;
use url::form_urlencoded::Serializer;
use uuid::Uuid;

use crate::clock::Clock;
use crate::env::Env;
use crate::error::{Error, ErrorKind, Result, id};
use crate::fork::PerProcess;
use crate::http::limiter::Limiter;
use crate::http::retry::{Decision, Outcome, Retries, RetryTable};
use crate::http::{BoxFuture, Failure, Progress, Request, Response, Transport};
use crate::identity::Identity;
use crate::source::answer::{self, TokenAnswer};
use crate::source::verify::verify;
use crate::source::{Source, TokenSource, imds_error};

/// The variable that moves IMDS elsewhere: a pod identity, or the emulator.
pub(crate) const ENDPOINT_VARIABLE: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
const ENDPOINT: &str = "http://169.254.169.254";
const REAL_HOST: &str = "169.254.169.254";
const TOKEN_PATH: &str = "/metadata/identity/oauth2/token";
const TOKEN_API_VERSION: &str = "2018-02-01";

static LIMITER: PerProcess<Limiter> = PerProcess::new();

/// Where IMDS answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    host: String,
    port: u16,
    /// Without a trailing slash; empty for the real one.
    path: String,
}

impl Endpoint {
    /// # Errors
    /// `argument.endpoint`; `named` is the argument or variable that the text is from.
    pub(crate) fn parse(text: &str, named: &str) -> Result<Self> {
        let refuse = |why: &str| {
            Error::argument(
                id::ARGUMENT_ENDPOINT,
                format!("{named} {why}"),
                "give an address such as http://127.0.0.1:8080",
            )
        };
        let url = Url::parse(text.trim()).map_err(|_| refuse("is not a URL"))?;
        if url.scheme() != "http" {
            return Err(refuse("is not plain http, which the metadata service speaks"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("holds a user name or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("has a query or fragment"));
        }
        let host = url.host_str().filter(|h| !h.is_empty()).ok_or_else(|| refuse("has no host"))?;
        Ok(Self {
            host: host.to_owned(),
            port: url.port_or_known_default().unwrap_or(80),
            path: url.path().trim_end_matches('/').to_owned(),
        })
    }

    /// The argument, else the variable, else the real address.
    pub(crate) fn choose(argument: Option<&str>, env: &Env) -> Result<Self> {
        match (argument, env.var(ENDPOINT_VARIABLE)) {
            (Some(text), _) => Self::parse(text, "imds_endpoint"),
            (None, Some(text)) => Self::parse(&text, &format!("the variable {ENDPOINT_VARIABLE}")),
            (None, None) => Self::parse(ENDPOINT, "the metadata address"),
        }
    }

    pub(crate) fn url(&self) -> String {
        if self.port == 80 {
            format!("http://{}{}", self.host, self.path)
        } else {
            format!("http://{}:{}{}", self.host, self.port, self.path)
        }
    }
}

/// How requests to IMDS are made.
#[derive(Debug, Clone)]
pub(crate) struct ImdsSettings {
    pub(crate) connect_timeout: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) retry: RetryTable,
    pub(crate) probe: bool,
    /// Whether the published limits are kept; by default at the real address only.
    pub(crate) limit_requests: Option<bool>,
}

/// Sends requests to the metadata service, with its retries.
pub(crate) struct ImdsClient {
    pub(crate) endpoint: Endpoint,
    pub(crate) settings: ImdsSettings,
    pub(crate) clock: Clock,
    transport: Arc<dyn Transport>,
    /// Whether this endpoint has ever spoken HTTP to us: it tells "not on Azure" from "broken".
    answered: AtomicBool,
}

impl ImdsClient {
    pub(crate) fn new(endpoint: Endpoint, settings: ImdsSettings, clock: Clock, transport: Arc<dyn Transport>) -> Self {
        Self { endpoint, settings, clock, transport, answered: AtomicBool::new(false) }
    }

    fn request(&self, path_and_query: &str, metadata: bool) -> Request {
        let mut headers = Vec::with_capacity(2);
        if metadata {
            headers.push((HeaderName::from_static("metadata"), HeaderValue::from_static("true")));
            if let Ok(value) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
                headers.push((HeaderName::from_static("x-ms-client-request-id"), value));
            }
        }
        Request {
            method: Method::GET,
            host: self.endpoint.host.clone(),
            port: self.endpoint.port,
            target: format!("{}{path_and_query}", self.endpoint.path),
            headers,
        }
    }

    /// Asks until there is an answer worth handing on, at the latest after `limit`. 2xx answers are returned;
    /// `identity` and `resource` give other answers their meaning.
    pub(crate) async fn get(
        &self,
        path_and_query: &str,
        limit: Duration,
        identity: &Identity,
        resource: Option<&str>,
    ) -> Result<Response> {
        let deadline = self.clock.monotonic() + limit;
        if self.settings.probe && !self.answered.load(Ordering::Relaxed) {
            self.probe(deadline).await?;
        }
        let mut retries = Retries::default();
        let mut attempts = 0;
        loop {
            let left = deadline.saturating_sub(self.clock.monotonic());
            attempts += 1;
            let request = self.request(path_and_query, true);
            let began = self.clock.monotonic();
            let answer = self.attempt(&request, left).await;
            let took = self.clock.monotonic().saturating_sub(began);
            let (error, outcome) = match answer {
                Ok(response) if response.status.is_success() => {
                    self.log_attempt(attempts, took, Some(response.status.as_u16()), None);
                    return Ok(response);
                }
                Ok(response) => {
                    let after = response.retry_after(self.clock.epoch_seconds());
                    let error = imds_error::from_status(&response, identity, resource).with_retry_after(after);
                    (error, Outcome::Status(response.status.as_u16(), after))
                }
                Err(failure) => {
                    let answered = self.answered.load(Ordering::Relaxed);
                    (imds_error::from_failure(&failure, &self.endpoint.url(), answered), outcome_of_failure(&failure))
                }
            };
            let error = error.with_attempts(attempts);
            let now = self.clock.monotonic();
            let left = deadline.saturating_sub(now);
            self.log_attempt(attempts, took, error.http_status(), Some(error.id()));
            match retries.after(&self.settings.retry, outcome, now, left, self.clock.jitter()) {
                Decision::Again(wait) if wait.is_zero() => {}
                Decision::Again(wait) => self.clock.sleep(wait).await,
                Decision::Stop if left.is_zero() => return Err(out_of_time(error, limit)),
                Decision::Stop => return Err(error),
                Decision::NoTimeLeft(_) if left.is_zero() => return Err(out_of_time(error, limit)),
                Decision::NoTimeLeft(wait) => {
                    return Err(error.append(&format!(
                        "; the next try would be in {:.0} s, later than the {:.0} s that this call has left",
                        wait.as_secs_f64(),
                        left.as_secs_f64()
                    )));
                }
            }
        }
    }

    /// One line for each attempt.
    fn log_attempt(&self, attempt: u32, took: Duration, status: Option<u16>, id: Option<&str>) {
        tracing::debug!(
            attempt,
            method = "GET",
            host = &*self.endpoint.host,
            status,
            milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            id,
            "asked the metadata service"
        );
    }

    async fn attempt(&self, request: &Request, left: Duration) -> Result<Response, Failure> {
        let limit = self.settings.attempt_timeout.min(left);
        let progress = Progress::default();
        let connect = self.settings.connect_timeout.min(limit);
        let result = self.clock.timeout(limit, self.limited(request, connect, &progress)).await;
        let result = result.unwrap_or_else(|| Err(Failure::TimedOut(progress.has_head())));
        if result.as_ref().map_or_else(Failure::answered, |_| true) {
            self.answered.store(true, Ordering::Relaxed);
        }
        result
    }

    async fn limited(&self, request: &Request, connect: Duration, progress: &Progress) -> Result<Response, Failure> {
        let limit = self.settings.limit_requests.unwrap_or(self.endpoint.host == REAL_HOST);
        if !limit {
            return self.transport.send(request, connect, progress).await;
        }
        let limiter = LIMITER.get();
        let _turn = limiter.turn(&self.clock).await;
        self.transport.send(request, connect, progress).await
    }

    /// A short first request, as the peers send it in their chains: without the header, so that no token is made.
    /// Any HTTP answer shows the service; what is not there is not remembered.
    async fn probe(&self, deadline: Duration) -> Result<()> {
        let left = deadline.saturating_sub(self.clock.monotonic()).min(Duration::from_secs(1));
        let answer = self.attempt(&self.request(TOKEN_PATH, false), left).await;
        let refused = match &answer {
            Ok(response) if response.status.as_u16() == 403 => {
                String::from_utf8_lossy(&response.body).to_ascii_lowercase().contains("unreachable")
            }
            Ok(_) => false,
            Err(_) => true,
        };
        if !refused {
            return Ok(());
        }
        self.answered.store(false, Ordering::Relaxed);
        Err(match answer {
            Ok(response) => imds_error::from_status(&response, &Identity::Default, None),
            Err(failure) => imds_error::from_failure(&failure, &self.endpoint.url(), false),
        }
        .with_attempts(1))
    }
}

fn out_of_time(error: Error, limit: Duration) -> Error {
    error.append(&format!("; the call's limit of {:.1} s has passed", limit.as_secs_f64()))
}

fn outcome_of_failure(failure: &Failure) -> Outcome {
    match failure {
        Failure::Refused | Failure::Broken(..) => Outcome::Refused,
        Failure::NoConnection | Failure::TimedOut(_) => Outcome::Silent,
        Failure::NoRoute(_) | Failure::TooLarge | Failure::NotHttp(_) | Failure::Untrusted(_) => Outcome::Final,
    }
}

/// Tokens from IMDS for one identity.
pub(crate) struct ImdsSource {
    pub(crate) client: ImdsClient,
    pub(crate) identity: Identity,
    /// Further query parameters, sent as they are.
    pub(crate) extra: BTreeMap<String, String>,
}

/// The names that a further parameter can't have: they are the request's own.
const OWN_PARAMETERS: [&str; 8] =
    ["resource", "api-version", "client_id", "object_id", "principal_id", "msi_res_id", "mi_res_id", "resource_id"];

/// # Errors
/// `argument.option` where a further parameter would change what the request asks for.
pub(crate) fn check_extra(extra: &BTreeMap<String, String>) -> Result<()> {
    for name in extra.keys() {
        if name.is_empty() || OWN_PARAMETERS.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            return Err(Error::argument(
                id::ARGUMENT_OPTION,
                format!("{name:?} can't be a further query parameter"),
                "name the identity by client_id, object_id or resource_id, and the resource by the scope",
            ));
        }
    }
    Ok(())
}

impl ImdsSource {
    fn path_and_query(&self, resource: &str) -> String {
        let mut query = Serializer::new(format!("{TOKEN_PATH}?"));
        query.append_pair("api-version", TOKEN_API_VERSION).append_pair("resource", resource);
        match &self.identity {
            Identity::Default | Identity::SystemAssigned => {}
            Identity::ClientId(v) => {
                query.append_pair("client_id", v);
            }
            Identity::ObjectId(v) => {
                query.append_pair("object_id", v);
            }
            // The one spelling that every implementation knows; an unknown one is ignored, and the answer is then
            // another identity's.
            Identity::ResourceId(v) => {
                query.append_pair("msi_res_id", v);
            }
        }
        for (name, value) in &self.extra {
            query.append_pair(name, value);
        }
        query.finish()
    }

    async fn fetch(&self, resource: &str, limit: Duration) -> Result<TokenAnswer> {
        let response = self.client.get(&self.path_and_query(resource), limit, &self.identity, Some(resource)).await?;
        let request_id = response.header("x-ms-request-id").map(str::to_owned);
        let read = || {
            let mut answer = answer::parse(&response, self.client.clock.epoch_seconds())?;
            answer.identity_verified = verify(&answer, &self.identity, resource)?;
            Ok(answer)
        };
        read().map_err(|e: Error| {
            let attempts = e.attempts().max(1);
            e.with_token_source(Source::Imds.name()).with_attempts(attempts).with_request_id(request_id)
        })
    }
}

impl TokenSource for ImdsSource {
    fn source(&self) -> Source {
        Source::Imds
    }

    fn partition(&self) -> String {
        let mut text = self.client.endpoint.url();
        for (name, value) in &self.extra {
            text.push('\n');
            text.push_str(name);
            text.push('=');
            text.push_str(value);
        }
        text
    }

    fn fetch<'a>(&'a self, resource: &'a str, limit: Duration) -> BoxFuture<'a, Result<TokenAnswer>> {
        Box::pin(self.fetch(resource, limit))
    }
}

/// A source whose settings can't be used. Constructing must not fail because of the environment: the error comes with
/// the first call.
pub(crate) struct Misconfigured(pub(crate) Error);

impl TokenSource for Misconfigured {
    fn source(&self) -> Source {
        Source::Imds
    }

    fn partition(&self) -> String {
        String::new()
    }

    fn fetch<'a>(&'a self, _: &'a str, _: Duration) -> BoxFuture<'a, Result<TokenAnswer>> {
        debug_assert_eq!(self.0.kind(), ErrorKind::InvalidArgument);
        Box::pin(async { Err(self.0.clone()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_checked_and_the_variable_is_named() {
        for bad in ["", "nonsense", "https://a", "http://", "ftp://a", "http://u:p@a", "http://a?b=c", "http://a#b"] {
            let error = Endpoint::parse(bad, "imds_endpoint").unwrap_err();
            assert_eq!(error.id(), id::ARGUMENT_ENDPOINT, "{bad}");
            assert!(error.message().contains("imds_endpoint"));
        }
        let error = Endpoint::choose(None, &Env::fixed([(ENDPOINT_VARIABLE, "nonsense")])).unwrap_err();
        assert!(error.message().contains(ENDPOINT_VARIABLE));
    }

    #[test]
    fn trailing_slashes_and_paths() {
        for (text, url) in [
            ("http://127.0.0.1:8080//", "http://127.0.0.1:8080"),
            ("http://127.0.0.1:8080/vm/a/", "http://127.0.0.1:8080/vm/a"),
            ("http://169.254.169.254", "http://169.254.169.254"),
            ("http://[::1]:5", "http://[::1]:5"),
        ] {
            assert_eq!(Endpoint::parse(text, "x").unwrap().url(), url);
        }
    }
}
