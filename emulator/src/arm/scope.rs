//! Scopes: any id that a role can be given at.

use http::StatusCode;
use uuid::Uuid;

use super::envelope::{self, error};
use super::{Context, Place};
use crate::server::reply::Reply;
use crate::state::{MachineKind, folded};

/// The id of the segments before an extension resource: `/` for none.
pub(super) fn of(segments: &[String]) -> String {
    format!("/{}", segments.join("/"))
}

/// The subscription of a scope; none for the root.
pub(super) fn subscription(scope: &str) -> Option<Uuid> {
    let mut parts = scope.trim_matches('/').split('/');
    parts.next().filter(|first| first.eq_ignore_ascii_case("subscriptions"))?;
    parts.next()?.parse().ok()
}

/// Refuses scopes that do not exist. Resources of providers that the emulator does not know are taken on trust, as
/// roles of storage accounts and vaults are given at them.
pub(super) fn require(context: &Context<'_>, scope: &str) -> Result<(), Reply> {
    let parts: Vec<&str> = scope.trim_matches('/').split('/').filter(|part| !part.is_empty()).collect();
    let [first, rest @ ..] = parts.as_slice() else { return Ok(()) };
    if !first.eq_ignore_ascii_case("subscriptions") {
        if scope.to_ascii_lowercase().starts_with("/providers/microsoft.management/managementgroups") {
            return Err(envelope::not_implemented("Management groups are not emulated"));
        }
        let message = format!("The scope '{scope}' is invalid.");
        return Err(error(StatusCode::BAD_REQUEST, "InvalidScope", &message));
    }
    let [subscription, rest @ ..] = rest else { return Err(envelope::malformed_subscription("")) };
    let id: Uuid = subscription.parse().map_err(|_| envelope::malformed_subscription(subscription))?;
    super::subscription(context, id)?;
    let [groups, group, rest @ ..] = rest else { return Ok(()) };
    if !groups.eq_ignore_ascii_case("resourceGroups") {
        return Ok(());
    }
    let (_, found) = context.state().group(id, group).ok_or_else(|| envelope::no_group(group))?;
    let [_, namespace, kind, name, ..] = rest else { return Ok(()) };
    let exists = if namespace.eq_ignore_ascii_case("Microsoft.Compute") {
        MachineKind::of_segment(kind).is_none_or(|kind| kind.machines(found).contains_key(&folded(name)))
    } else if namespace.eq_ignore_ascii_case("Microsoft.ManagedIdentity") {
        found.user_identities.contains_key(&folded(name))
    } else {
        true
    };
    if exists { Ok(()) } else { Err(envelope::no_resource(&format!("{namespace}/{kind}"), name, group)) }
}

/// The machine that a scope names.
pub(super) fn machine(scope: &[String]) -> Option<(MachineKind, Place<'_>)> {
    let [subscriptions, subscription, groups, group, providers, namespace, kind, name] = scope else { return None };
    let literal = subscriptions.eq_ignore_ascii_case("subscriptions")
        && groups.eq_ignore_ascii_case("resourceGroups")
        && providers.eq_ignore_ascii_case("providers")
        && namespace.eq_ignore_ascii_case("Microsoft.Compute");
    let subscription = subscription.parse().ok().filter(|_| literal)?;
    Some((MachineKind::of_segment(kind)?, Place { subscription, group, name }))
}
