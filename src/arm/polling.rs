//! Looking after long-running operations until they end.
//!
//! Source: Azure's guidelines for asynchronous operations. Whether an answer starts one is told by its headers and not
//! by its status: 200, 201, 202 and 204 can all do so.

use std::time::Duration;

use http::Method;
use serde_json::Value;
use url::Url;

use super::client::{ArmClient, Call};
use super::error;
use super::operation::Reporter;
use super::response::ArmResponse;
use crate::error::{Error, ErrorKind, Result, id};
use crate::http::retry::parse_retry_after;

const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_OWN_WAIT: Duration = Duration::from_secs(10);
/// A service may ask for more; a look now and then does it no harm.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Where an operation is looked after.
#[derive(Debug, PartialEq, Eq)]
enum Watch {
    /// `Azure-AsyncOperation`: a status document, always with 200.
    Status(Url),
    /// `Location`: 202 until it is done.
    Location(Url),
    /// The resource itself, by `properties.provisioningState`.
    Resource(Url),
}

/// Waits as [`finish`] and gives the answer that counts. Source: Azure's guidelines, as every generated client has
/// them: what PUT and PATCH made is read from where it was written; what others give is at their first `Location`.
///
/// # Errors
/// As [`finish`].
pub(super) async fn outcome(
    client: &ArmClient,
    first: ArmResponse,
    method: &Method,
    reporter: &Reporter,
) -> Result<ArmResponse> {
    let Some(last) = finish(client, &first, method, reporter).await? else { return Ok(first) };
    let writes = method == Method::PUT || method == Method::PATCH;
    let at = match first.header("location") {
        _ if writes => first.url.clone(),
        Some(link) if first.header("azure-asyncoperation").is_some() => client.link(link)?,
        _ => return Ok(last),
    };
    if at == last.url {
        return Ok(last);
    }
    match client.call(Call { method: Method::GET, url: at, body: None, if_match: None }).await {
        // What was deleted may have taken its operation with it.
        Err(error) if error.kind() == ErrorKind::NotFound && method == Method::DELETE => Ok(last),
        answer => answer,
    }
}

/// Waits until the operation that `first` started has ended, and gives the last look at it. Where it started none,
/// there is none, at once.
///
/// # Errors
/// `arm.operation_failed`, `arm.operation_timeout`, and those of requests.
pub(super) async fn finish(
    client: &ArmClient,
    first: &ArmResponse,
    method: &Method,
    reporter: &Reporter,
) -> Result<Option<ArmResponse>> {
    let Some(mut watch) = watch(client, first, method)? else { return Ok(None) };
    let clock = client.clock();
    let (start, limit) = (clock.monotonic(), client.operation_timeout());
    let mut own = FIRST_WAIT;
    let mut asked = retry_after(client, first);
    reporter.tell("started", Duration::ZERO, None);
    loop {
        let wait = asked.map_or(own, |a| a.clamp(FIRST_WAIT, LONGEST_WAIT));
        own = (own * 2).min(LONGEST_OWN_WAIT);
        if clock.monotonic().saturating_sub(start) + wait > limit {
            return Err(Error::new(
                ErrorKind::Timeout,
                id::ARM_OPERATION_TIMEOUT,
                format!(
                    "{} did not end within {:.0} s; the service goes on with it",
                    reporter.what(),
                    limit.as_secs_f64()
                ),
            )
            .with_hint("look at the resource's state later, or allow more time (operation_timeout)"));
        }
        clock.sleep(wait).await;
        let (url, by_status) = match &watch {
            Watch::Status(url) => (url, true),
            Watch::Location(url) | Watch::Resource(url) => (url, false),
        };
        let call = Call { method: Method::GET, url: url.clone(), body: None, if_match: None };
        let response = client.call(call).await?;
        asked = retry_after(client, &response);
        let elapsed = clock.monotonic().saturating_sub(start);
        if by_status {
            // Without a word, the status is all there is: 202 is what goes on.
            let silent = if response.status == 202 { "InProgress" } else { "Succeeded" };
            let status = response.body.get("status").and_then(Value::as_str).unwrap_or(silent);
            let percent = response.body.get("percentComplete").and_then(Value::as_f64);
            reporter.tell(status, elapsed, percent);
            if is_end(status, &response, reporter)? {
                return Ok(Some(response));
            }
        } else if let Watch::Resource(_) = watch {
            let state = provisioning_state(&response).unwrap_or("Succeeded");
            reporter.tell(state, elapsed, None);
            if is_end(state, &response, reporter)? {
                return Ok(Some(response));
            }
        } else if response.status == 202 {
            reporter.tell("InProgress", elapsed, None);
            // A new address may come with every answer: the newest counts.
            if let Some(link) = response.header("location") {
                watch = Watch::Location(client.link(link)?);
            }
        } else {
            return Ok(Some(response));
        }
    }
}

fn watch(client: &ArmClient, response: &ArmResponse, method: &Method) -> Result<Option<Watch>> {
    if let Some(link) = response.header("azure-asyncoperation") {
        return Ok(Some(Watch::Status(client.link(link)?)));
    }
    if let Some(link) = response.header("location")
        && response.status != 201
    {
        return Ok(Some(Watch::Location(client.link(link)?)));
    }
    let writes = method == Method::PUT || method == Method::PATCH;
    let running = provisioning_state(response).is_some_and(|s| !is_terminal(s));
    Ok((writes && running).then(|| Watch::Resource(response.url.clone())))
}

fn provisioning_state(response: &ArmResponse) -> Option<&str> {
    response.body.get("properties")?.get("provisioningState")?.as_str()
}

fn is_terminal(state: &str) -> bool {
    ["succeeded", "failed", "canceled", "cancelled"].iter().any(|s| s.eq_ignore_ascii_case(state))
}

fn is_end(status: &str, response: &ArmResponse, reporter: &Reporter) -> Result<bool> {
    if status.eq_ignore_ascii_case("succeeded") {
        return Ok(true);
    }
    if !is_terminal(status) {
        return Ok(false);
    }
    let reason = response.body.get("error").or_else(|| response.body.get("properties")?.get("error"));
    let (code, message) = reason.map_or((None, "the service says no reason".to_owned()), error::read_value);
    let said = code.as_deref().map_or_else(|| message.clone(), |c| format!("{c}: {message}"));
    Err(Error::new(
        ErrorKind::Service,
        id::ARM_OPERATION_FAILED,
        format!("{} ended as {status}: {said}", reporter.what()),
    )
    .with_hint("the reason is the service's own; read the resource to see what was done and what was not")
    .with_service_code(code)
    .with_request_id(response.request_id().map(str::to_owned)))
}

fn retry_after(client: &ArmClient, response: &ArmResponse) -> Option<Duration> {
    parse_retry_after(response.header("retry-after")?, client.clock().epoch_seconds())
}
