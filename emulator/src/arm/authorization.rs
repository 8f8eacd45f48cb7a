//! Whether the caller may: role assignments at a scope or above it, and the 403 in Azure's words.

use http::StatusCode;

use super::Context;
use super::envelope::error;
use super::roles::RoleDefinition;
use crate::server::reply::Reply;
use crate::state::RoleAssignment;

/// Lets the call go on, or answers 403: also for what does not exist, or existence could be probed.
pub(super) fn require(context: &Context<'_>, action: &str, scope: &str) -> Result<(), Reply> {
    if allowed(context, action, scope) {
        return Ok(());
    }
    let caller = &context.caller;
    let message = format!(
        "The client '{}' with object id '{}' does not have authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
        caller.client_id(),
        caller.object_id
    );
    Err(error(StatusCode::FORBIDDEN, "AuthorizationFailed", &message))
}

/// Whether one of the caller's roles at the scope, or above it, allows the action.
pub(super) fn allowed(context: &Context<'_>, action: &str, scope: &str) -> bool {
    effective(context, scope).any(|role| role.allows(action))
}

/// The caller's roles at a scope: those given there or above it.
pub(super) fn effective<'a>(context: &'a Context<'_>, scope: &str) -> impl Iterator<Item = &'a RoleDefinition> {
    assignments(context)
        .filter(move |assignment| is_at_or_above(&assignment.scope, scope))
        .filter_map(|assignment| context.state().role(assignment.role))
}

/// The caller's role assignments that count now: not those that are too new, and those deleted a moment ago.
pub(super) fn assignments<'a>(context: &'a Context<'_>) -> impl Iterator<Item = &'a RoleAssignment> {
    let (caller, now) = (&context.caller, context.now);
    let standing = context.state().role_assignments.iter().filter(move |assignment| assignment.effective_at <= now);
    let lingering = context.world.lingering.iter().filter(move |(until, _)| now < *until).map(|(_, gone)| gone);
    standing
        .chain(lingering)
        .filter(|assignment| assignment.principal_id == caller.object_id && assignment.tenant_id == caller.tenant_id)
}

/// Whether `upper` is `scope` or contains it. Ids compare without case, by whole segments.
pub(super) fn is_at_or_above(upper: &str, scope: &str) -> bool {
    let (upper, scope) = (upper.trim_end_matches('/'), scope.trim_end_matches('/'));
    // Names may hold letters beyond ASCII, whose lower case is not always as long.
    if !(upper.is_ascii() && scope.is_ascii()) {
        let fold = |id: &str| format!("{}/", id.to_lowercase());
        return fold(scope).starts_with(&fold(upper));
    }
    let rest = scope.get(upper.len()..);
    scope.get(..upper.len()).is_some_and(|start| start.eq_ignore_ascii_case(upper))
        && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_contains_whole_segments_only() {
        let group = "/subscriptions/S/resourceGroups/rg1";
        assert!(!is_at_or_above(group, "/subscriptions/s/resourcegroups/rg10"));
        assert!(!is_at_or_above(group, "/subscriptions/s"));
        assert!(is_at_or_above(group, "/subscriptions/s/RESOURCEGROUPS/RG1/providers/x"));
        assert!(is_at_or_above("/subscriptions/s/", group));
        assert!(is_at_or_above("/", group));
        assert!(is_at_or_above(group, group));
    }
}
