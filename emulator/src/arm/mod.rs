//! A slice of Azure Resource Manager: what is common to every call, and which path leads where.
//!
//! The order is Resource Manager's own: api-version, token (`authenticate`), the subscription, the right
//! (`authorization`), and only then whether the thing exists.

mod authenticate;
mod authorization;
mod endpoints;
mod envelope;
mod resource_groups;
pub(crate) mod roles;
mod subscriptions;

use http::{Method, StatusCode};
use uuid::Uuid;

use crate::server::call::Call;
use crate::server::reply::Reply;
use crate::shared::Shared;
use crate::state::{State, Subscription};
use authenticate::Caller;
use envelope::error;

/// One authenticated call, as an operation sees it.
struct Context<'a> {
    state: &'a State,
    call: &'a Call,
    caller: &'a Caller,
}

/// Answers one request of the TLS port that is not Entra's.
pub(crate) async fn answer(shared: &Shared, call: &Call) -> Reply {
    let segments = call.segments();
    let reply = match route(shared, call, &segments).await {
        Ok(reply) | Err(reply) => reply,
    };
    envelope::finish(reply, call, &segments)
}

async fn route(shared: &Shared, call: &Call, segments: &[String]) -> Result<Reply, Reply> {
    let lower: Vec<String> = segments.iter().map(|s| s.to_ascii_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let version = api_version(call)?;
    if let (["metadata", "endpoints"], &Method::GET) = (lower.as_slice(), &call.method) {
        return Ok(endpoints::answer(shared, version));
    }
    let subscription = match lower.as_slice() {
        ["subscriptions", id, ..] => Some(id.parse::<Uuid>().map_err(|_| envelope::malformed_subscription(id))?),
        _ => None,
    };
    let key = shared.key.get().await;
    let world = shared.world();
    let state = &world.state;
    let caller = authenticate::caller(shared, &key, state, call, subscription, world.now())?;
    let context = Context { state, call, caller: &caller };
    let subscription = match subscription {
        Some(id) => Some(state.subscriptions.get(&id).ok_or_else(|| envelope::no_subscription(id))?),
        None => None,
    };
    if let Some(subscription) = subscription {
        authenticate::same_tenant(shared, &caller, subscription)?;
    }
    operation(&context, &lower, segments, subscription)
}

/// The operation behind a path: the one place to add another.
fn operation(
    context: &Context<'_>,
    lower: &[&str],
    segments: &[String],
    subscription: Option<&Subscription>,
) -> Result<Reply, Reply> {
    match (context.call.method.as_str(), lower, subscription) {
        ("GET", ["subscriptions"], _) => Ok(subscriptions::list(context)),
        ("GET", ["tenants"], _) => Ok(subscriptions::tenants(context)),
        ("GET", ["subscriptions", _], Some(subscription)) => subscriptions::get(context, subscription),
        ("GET", ["subscriptions", _, "resourcegroups", _], Some(subscription)) => {
            resource_groups::get(context, subscription, &segments[3])
        }
        _ => Err(not_yet(context.call)),
    }
}

/// The api-version, which every call must have in its usual form.
fn api_version(call: &Call) -> Result<&str, Reply> {
    let given = call.query.iter().find(|(name, _)| name.eq_ignore_ascii_case("api-version"));
    let Some((_, version)) = given.filter(|(_, version)| !version.is_empty()) else {
        let message = "The api-version query parameter (?api-version=) is required for all requests.";
        return Err(error(StatusCode::BAD_REQUEST, "MissingApiVersionParameter", message));
    };
    if well_formed(version) {
        return Ok(version);
    }
    let message =
        format!("The api-version '{version}' is invalid. The supported versions are those of the form '2021-04-01'.");
    Err(error(StatusCode::BAD_REQUEST, "InvalidApiVersionParameter", &message))
}

/// `YYYY-MM-DD`, with a word such as `-preview` after it or not.
fn well_formed(version: &str) -> bool {
    let (date, word) = match version.get(..10) {
        Some(date) => (date, &version[10..]),
        None => return false,
    };
    let shape = date.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let number = |range: std::ops::Range<usize>| date[range].parse::<u8>().unwrap_or_default();
    let tail = word
        .strip_prefix('-')
        .map_or(word.is_empty(), |w| !w.is_empty() && w.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    shape && (1..=12).contains(&number(5..7)) && (1..=31).contains(&number(8..10)) && tail
}

/// An honest refusal of what Azure has and the emulator has not.
fn not_yet(call: &Call) -> Reply {
    let message = format!(
        "The emulator does not do '{} {}' yet. It does GET of subscriptions, tenants and resource groups.",
        call.method, call.path
    );
    error(StatusCode::NOT_IMPLEMENTED, "NotImplementedByEmulator", &message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_dates_with_an_optional_word() {
        for bad in
            ["", "2021", "2021-13-01", "2021-01-32", "2021/01/01", "2021-01-01-", "2021-01-01preview", "ä021-01-01"]
        {
            assert!(!well_formed(bad), "{bad}");
        }
        for good in ["2016-06-01", "2025-05-31-preview", "2015-08-31-PREVIEW", "2018-09-01-preview2"] {
            assert!(well_formed(good), "{good}");
        }
    }
}
