//! Azure Resource Manager: what is common to every call, and which path leads where.
//!
//! The order is Resource Manager's own: api-version, token (`authenticate`), the subscription, the right
//! (`authorization`), and only then whether the thing exists.

mod authenticate;
mod authorization;
mod built_in_roles;
mod endpoints;
mod envelope;
mod extensions;
mod federated_credentials;
mod machine_body;
mod machine_identity;
mod machines;
pub(crate) mod operations;
mod paging;
mod permissions;
mod providers;
pub(crate) mod rate_limits;
mod resource_groups;
mod resources;
mod role_assignments;
mod role_definitions;
pub(crate) mod roles;
mod scope;
mod subscriptions;
mod system_identity;
mod user_identities;

use http::{Method, StatusCode};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::server::call::Call;
use crate::server::reply::Reply;
use crate::shared::{Shared, World};
use crate::state::{MachineKind, State, Subscription};
use authenticate::Caller;
use envelope::error;

/// What an operation answers: both sides are answers, the second one ends it early.
type Answer = Result<Reply, Reply>;

/// One authenticated call, as an operation sees it.
struct Context<'a> {
    shared: &'a Shared,
    world: &'a mut World,
    call: &'a Call,
    caller: Caller,
    version: &'a str,
    /// Milliseconds since the epoch by the emulator's clock.
    now: i64,
}

impl Context<'_> {
    fn state(&self) -> &State {
        &self.world.state
    }

    /// The origin that the client knows this server by: what follows its answers' links comes back to it.
    fn origin(&self) -> String {
        match self.call.header("host").filter(|host| !host.is_empty()) {
            Some(host) => format!("https://{host}"),
            None => self.shared.cloud.clone(),
        }
    }

    /// The body as a JSON object.
    fn body(&self) -> Result<Map<String, Value>, Reply> {
        serde_json::from_slice(&self.call.body).map_err(|problem| envelope::bad_content(&problem.to_string()))
    }
}

/// Where a path of a resource group's resource leads, with names as the client spelled them.
#[derive(Clone, Copy)]
struct Place<'a> {
    subscription: Uuid,
    group: &'a str,
    name: &'a str,
}

/// Answers one request of the TLS port that is not Entra's.
pub(crate) async fn answer(shared: &Shared, call: &Call) -> Reply {
    let segments = call.segments();
    let reply = match route(shared, call, &segments).await {
        Ok(reply) | Err(reply) => reply,
    };
    if reply.status.is_success() {
        federated_credentials::hold(shared, call, &segments).await;
    }
    envelope::finish(reply, call)
}

async fn route(shared: &Shared, call: &Call, segments: &[String]) -> Answer {
    let lower: Vec<String> = segments.iter().map(|s| s.to_ascii_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    if lower.first() == Some(&"graph") {
        return Err(envelope::not_implemented("Microsoft Graph is not emulated"));
    }
    let version = api_version(call)?;
    if let (["metadata", "endpoints"], &Method::GET) = (lower.as_slice(), &call.method) {
        return Ok(endpoints::answer(shared, version));
    }
    let subscription = match lower.as_slice() {
        ["subscriptions", id, ..] => Some(id.parse::<Uuid>().map_err(|_| envelope::malformed_subscription(id))?),
        _ => None,
    };
    let key = shared.key.get().await;
    let mut world = shared.world();
    let seconds = world.now();
    let World { state, verified, .. } = &mut *world;
    let caller = authenticate::caller(shared, &key, state, verified, call, subscription, seconds)?;
    if let Some(id) = subscription {
        let subscription = world.state.subscriptions.get(&id).ok_or_else(|| envelope::no_subscription(id))?;
        authenticate::same_tenant(shared, &caller, subscription)?;
    }
    let now = world.now_millis();
    // The gateway counts what it let in, not what it turned away at the door.
    let World { buckets, settings, .. } = &mut *world;
    let limits = &settings.rate_limits;
    let remaining = rate_limits::take(buckets, limits, caller.object_id, subscription, &call.method, now)?;
    let mut context = Context { shared, world: &mut world, call, caller, version, now };
    operation(&mut context, &lower, segments).map(|r| remaining.told(r)).map_err(|r| remaining.told(r))
}

/// The operation behind a path: the one place to add another.
fn operation(context: &mut Context<'_>, lower: &[&str], segments: &[String]) -> Answer {
    // Extension resources: they hang on any scope, so the last provider of the path decides.
    if let Some(at) = lower.iter().rposition(|s| *s == "providers") {
        let (of, rest) = (&segments[..at], &segments[at + 1..]);
        match &lower[at + 1..] {
            ["microsoft.authorization", "roleassignments", ..] => {
                return role_assignments::route(context, of, &rest[2..]);
            }
            ["microsoft.authorization", "roledefinitions", ..] => {
                return role_definitions::route(context, of, &rest[2..]);
            }
            ["microsoft.authorization", "permissions"] => return permissions::list(context, of),
            ["microsoft.managedidentity", "identities", "default"] => return system_identity::get(context, of),
            _ => {}
        }
    }
    let method = context.call.method.as_str();
    match (method, lower) {
        ("GET", ["subscriptions"]) => return Ok(subscriptions::list(context)),
        ("GET", ["tenants"]) => return Ok(subscriptions::tenants(context)),
        ("GET", ["providers", "microsoft.managedidentity", "operations"]) => {
            return Ok(providers::identity_operations());
        }
        ("POST", ["providers", "microsoft.resourcegraph", "resources"]) => {
            return Err(envelope::not_implemented("Azure Resource Graph queries are not emulated; list the resources"));
        }
        (_, ["subscriptions", _, ..]) => {}
        _ => return Err(not_yet(context.call)),
    }
    // Checked before: the path starts with a subscription that exists.
    let Ok(subscription) = lower[1].parse::<Uuid>() else { return Err(envelope::malformed_subscription(lower[1])) };
    let place = |group: usize, name: usize| Place {
        subscription,
        group: segments.get(group).map_or("", String::as_str),
        name: segments.get(name).map_or("", String::as_str),
    };
    match (method, &lower[2..]) {
        ("GET", []) => subscriptions::get(context, subscription),
        ("GET", ["providers"]) => providers::list(context, subscription),
        ("GET", ["providers", _]) => providers::get(context, subscription, &segments[3]),
        ("GET", ["resources"]) => resources::list(context, subscription, None),
        ("GET", ["operationresults", _]) => operations::result(context, subscription),
        ("GET", ["providers", "microsoft.compute", "locations", _, "operations", _]) => {
            operations::status(context, subscription, lower[7])
        }
        ("GET", ["providers", "microsoft.managedidentity", "userassignedidentities"]) => {
            user_identities::list(context, subscription, None)
        }
        ("GET", ["providers", "microsoft.compute", kind]) if MachineKind::of_segment(kind).is_some() => {
            machines::list(context, subscription, None, MachineKind::of_segment(kind).unwrap_or(MachineKind::Vm))
        }
        ("GET", ["resourcegroups"]) => resource_groups::list(context, subscription),
        (_, ["resourcegroups", _]) => resource_groups::route(context, place(3, 3)),
        ("GET", ["resourcegroups", _, "resources"]) => resources::list(context, subscription, Some(&segments[3])),
        (_, ["resourcegroups", _, "providers", "microsoft.managedidentity", "userassignedidentities", rest @ ..]) => {
            let place = place(3, 7);
            match (method, rest) {
                ("GET", []) => user_identities::list(context, subscription, Some(&segments[3])),
                (_, [_]) => user_identities::route(context, place),
                ("POST", [_, "listassociatedresources"]) => user_identities::associated(context, place),
                ("GET", [_, "federatedidentitycredentials"]) => federated_credentials::list(context, place),
                (_, [_, "federatedidentitycredentials", _]) => {
                    federated_credentials::route(context, place, &segments[9])
                }
                _ => Err(not_yet(context.call)),
            }
        }
        (_, ["resourcegroups", _, "providers", "microsoft.compute", kind, rest @ ..]) => {
            let Some(kind) = MachineKind::of_segment(kind) else { return Err(not_yet(context.call)) };
            let place = place(3, 7);
            match (method, rest) {
                ("GET", []) => machines::list(context, subscription, Some(&segments[3]), kind),
                (_, [_]) => machines::route(context, place, kind),
                ("GET", [_, "extensions"]) => extensions::list(context, place, kind),
                (_, [_, "extensions", _]) => extensions::route(context, place, kind, &segments[9]),
                _ => Err(not_yet(context.call)),
            }
        }
        _ => Err(not_yet(context.call)),
    }
}

/// The subscription of a call: it was found before the operation began.
fn subscription<'a>(context: &'a Context<'_>, id: Uuid) -> Result<&'a Subscription, Reply> {
    context.state().subscriptions.get(&id).ok_or_else(|| envelope::no_subscription(id))
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
    envelope::not_implemented(&format!(
        "The emulator does not do '{} {}'. It does subscriptions, tenants, providers, resource groups, managed identities, virtual machines and scale sets (the resources themselves and their extensions), role definitions and role assignments; deployments and all else it does not",
        call.method, call.path
    ))
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
