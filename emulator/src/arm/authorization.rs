//! Whether the caller may: role assignments at a scope or above it, and the 403 in Azure's words.

use http::StatusCode;

use super::Context;
use super::envelope::error;
use crate::server::reply::Reply;
use crate::state::RoleAssignment;

/// Lets the call go on, or answers 403: also for what does not exist, or existence could be probed.
pub(super) fn require(context: &Context<'_>, action: &str, scope: &str) -> Result<(), Reply> {
    if allowed(context, action, scope) {
        return Ok(());
    }
    let caller = context.caller;
    let message = format!(
        "The client '{}' with object id '{}' does not have authorization to perform action '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
        caller.client_id, caller.object_id
    );
    Err(error(StatusCode::FORBIDDEN, "AuthorizationFailed", &message))
}

/// Whether one of the caller's roles at the scope, or above it, allows the action.
pub(super) fn allowed(context: &Context<'_>, action: &str, scope: &str) -> bool {
    assignments(context).any(|assignment| is_at_or_above(&assignment.scope, scope) && assignment.role.allows(action))
}

/// The caller's role assignments.
pub(super) fn assignments<'a>(context: &Context<'a>) -> impl Iterator<Item = &'a RoleAssignment> {
    let principal = context.caller.object_id;
    context.state.role_assignments.iter().filter(move |assignment| assignment.principal_id == principal)
}

/// Whether `upper` is `scope` or contains it. Ids compare without case, by whole segments.
pub(super) fn is_at_or_above(upper: &str, scope: &str) -> bool {
    let fold = |id: &str| format!("{}/", id.trim_end_matches('/').to_lowercase());
    fold(scope).starts_with(&fold(upper))
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
