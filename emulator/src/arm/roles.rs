//! Role definitions, and Azure's rule for matching an action.

use uuid::Uuid;

use super::authorization::is_at_or_above;
use super::built_in_roles::ALL;
use crate::state::State;

/// The built-in role that allows everything.
pub(crate) const OWNER: Uuid = Uuid::from_u128(0x8e3a_f657_a8ff_443c_a75c_2fe8_c4bc_b635);

/// A role: what it allows, less what it takes away again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoleDefinition {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) actions: Vec<String>,
    pub(crate) not_actions: Vec<String>,
    pub(crate) data_actions: Vec<String>,
    pub(crate) not_data_actions: Vec<String>,
    pub(crate) assignable_scopes: Vec<String>,
    pub(crate) built_in: bool,
}

pub(crate) fn built_in(id: Uuid) -> Option<&'static RoleDefinition> {
    ALL.iter().find(|role| role.id == id)
}

/// All roles: the built-in ones first.
pub(crate) fn all(state: &State) -> impl Iterator<Item = &RoleDefinition> {
    ALL.iter().chain(state.role_definitions.values())
}

pub(crate) fn names(state: &State) -> impl Iterator<Item = &str> {
    all(state).map(|role| role.name.as_str())
}

/// The role with this name (case ignored) or GUID.
pub(crate) fn find<'a>(state: &'a State, name_or_id: &str) -> Option<&'a RoleDefinition> {
    let id = Uuid::parse_str(name_or_id).ok();
    all(state).find(|role| Some(role.id) == id || role.name.eq_ignore_ascii_case(name_or_id))
}

/// Whether a role may be assigned at a scope: a custom one only within its assignable scopes.
pub(crate) fn is_assignable(state: &State, role: Uuid, scope: &str) -> bool {
    state.role(role).is_some_and(|role| role.assignable_scopes.iter().any(|upper| is_at_or_above(upper, scope)))
}

impl RoleDefinition {
    /// Whether the role allows an action such as `Microsoft.Resources/subscriptions/resourceGroups/read`.
    pub(crate) fn allows(&self, action: &str) -> bool {
        self.actions.iter().any(|p| matches(p, action)) && !self.not_actions.iter().any(|p| matches(p, action))
    }
}

/// Matches without case; `*` stands for any run of characters, slashes included. A segment of its own may also
/// stand for none: Managed Identity Operator's `userAssignedIdentities/*/assign/action` is what grants the action
/// `userAssignedIdentities/assign/action`.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    glob(&pattern, &action) || (pattern.contains("/*/") && glob(&pattern.replace("/*/", "/"), &action))
}

fn glob(pattern: &str, action: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| action.strip_prefix(first)) else { return false };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(name: &str) -> Option<&'static RoleDefinition> {
        ALL.iter().find(|role| role.name.eq_ignore_ascii_case(name) || role.id.to_string() == name)
    }

    #[test]
    fn wildcards_match_as_azures_do() {
        assert!(!matches("*/read", "Microsoft.Resources/subscriptions/write"));
        assert!(!matches("Microsoft.Compute/virtualMachines/*", "Microsoft.Compute/disks/read"));
        assert!(!matches("a/b/read", "a/b/readx"));
        assert!(!matches("a/*/assign/action", "a/assign/actionx"));
        assert!(matches("a/*/assign/action", "a/assign/action"));
        assert!(matches("a/*/assign/action", "a/b/assign/action"));
        assert!(matches("*", "anything/at/all"));
        assert!(matches("*/READ", "Microsoft.Resources/subscriptions/resourceGroups/read"));
        assert!(matches("Microsoft.Authorization/*/Write", "microsoft.authorization/roleAssignments/write"));
        assert!(matches("a/b/read", "A/b/Read"));
    }

    #[test]
    fn what_a_role_takes_away_is_not_allowed() {
        let contributor = role("contributor").unwrap();
        assert!(!contributor.allows("Microsoft.Authorization/roleAssignments/write"));
        assert!(contributor.allows("Microsoft.Authorization/roleAssignments/read"));
        assert!(contributor.allows("Microsoft.Compute/virtualMachines/write"));
        let reader = role("acdd72a7-3385-48ef-bd42-f606fba81ae7").unwrap();
        assert!(reader.allows("Microsoft.Resources/subscriptions/resourceGroups/read"));
        assert!(!reader.allows("Microsoft.Resources/subscriptions/resourceGroups/write"));
        assert!(!role("AcrPull").unwrap().allows("Microsoft.Resources/subscriptions/resourceGroups/read"));
        let operator = role("Managed Identity Operator").unwrap();
        assert!(operator.allows("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"));
        assert!(!operator.allows("Microsoft.ManagedIdentity/userAssignedIdentities/write"));
        assert!(
            !role("Virtual Machine Contributor")
                .unwrap()
                .allows("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action")
        );
        assert!(role("Readr").is_none());
        assert_eq!(role("owner").unwrap().id, OWNER);
    }

    #[test]
    fn ids_are_unique() {
        let ids: std::collections::HashSet<_> = ALL.iter().map(|r| r.id).collect();
        assert_eq!(ids.len(), ALL.len());
    }
}
