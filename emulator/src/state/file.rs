//! The state file's shape. Every value keeps its line, so that what contradicts something else can be shown.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::ParseStateError;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StateFile {
    pub(super) schema: Spanned<u64>,
    #[serde(default)]
    pub(super) seed: Option<String>,
    #[serde(default)]
    pub(super) tenants: Vec<TenantEntry>,
    #[serde(default)]
    pub(super) subscriptions: Vec<SubscriptionEntry>,
    #[serde(default)]
    pub(super) role_assignments: Vec<RoleAssignmentEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TenantEntry {
    pub(super) id: Option<Spanned<String>>,
    pub(super) name: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SubscriptionEntry {
    pub(super) id: Option<Spanned<String>>,
    pub(super) name: Option<Spanned<String>>,
    pub(super) tenant: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) resource_groups: Vec<ResourceGroupEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResourceGroupEntry {
    pub(super) name: Spanned<String>,
    pub(super) location: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) user_identities: Vec<UserIdentityEntry>,
    #[serde(default)]
    pub(super) vms: Vec<VmEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserIdentityEntry {
    pub(super) name: Spanned<String>,
    pub(super) location: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
    pub(super) principal_id: Option<Spanned<String>>,
    pub(super) client_id: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VmEntry {
    pub(super) name: Spanned<String>,
    pub(super) location: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) system_identity: bool,
    /// Of the system-assigned identity.
    pub(super) principal_id: Option<Spanned<String>>,
    /// Of the system-assigned identity.
    pub(super) client_id: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) user_identities: Vec<Spanned<String>>,
    pub(super) vm_id: Option<Spanned<String>>,
    pub(super) size: Option<String>,
    pub(super) os_type: Option<Spanned<String>>,
    pub(super) zone: Option<String>,
    pub(super) user_data: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleAssignmentEntry {
    pub(super) id: Option<Spanned<String>>,
    pub(super) principal: Spanned<String>,
    pub(super) role: Spanned<String>,
    pub(super) scope: Spanned<String>,
}

/// Reads YAML (or JSON, which is YAML too).
pub(super) fn read(text: &str) -> Result<StateFile, ParseStateError> {
    serde_saphyr::from_str(text).map_err(|error| {
        let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
        ParseStateError { line, column, reason: reason(&error) }
    })
}

/// The reader's own message without its drawing of the source, which belongs on a terminal, not in an error.
fn reason(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let first = text.lines().next().unwrap_or("not valid YAML");
    let end = first.rfind(" at line ").unwrap_or(first.len());
    first[..end].to_owned()
}
