//! The state file's shape. Every value keeps its line, so that what contradicts something else can be shown.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use super::ParseStateError;
use super::directory::TrustedIssuer;

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
    /// Without this key there is an administrator for each tenant.
    pub(super) principals: Option<Vec<PrincipalEntry>>,
    #[serde(default)]
    pub(super) trusted_issuers: Vec<TrustedIssuer>,
    #[serde(default)]
    pub(super) role_definitions: Vec<RoleDefinitionEntry>,
    #[serde(default)]
    pub(super) role_assignments: Vec<RoleAssignmentEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PrincipalEntry {
    pub(super) id: Option<Spanned<String>>,
    pub(super) name: Spanned<String>,
    pub(super) kind: Option<Spanned<String>>,
    pub(super) tenant: Option<Spanned<String>>,
    pub(super) client_id: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) deleted: bool,
    #[serde(default)]
    pub(super) created_at: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleDefinitionEntry {
    pub(super) id: Option<Spanned<String>>,
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    pub(super) actions: Vec<String>,
    #[serde(default)]
    pub(super) not_actions: Vec<String>,
    #[serde(default)]
    pub(super) data_actions: Vec<String>,
    #[serde(default)]
    pub(super) not_data_actions: Vec<String>,
    pub(super) assignable_scopes: Vec<Spanned<String>>,
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
    #[serde(default)]
    pub(super) scale_sets: Vec<VmEntry>,
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
    #[serde(default)]
    pub(super) created_at: i64,
    pub(super) isolation_scope: Option<String>,
    pub(super) assignment_restrictions: Option<Value>,
    #[serde(default)]
    pub(super) federated_credentials: Vec<FederatedCredentialEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FederatedCredentialEntry {
    pub(super) name: Spanned<String>,
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) audiences: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExtensionEntry {
    pub(super) name: Spanned<String>,
    pub(super) publisher: Option<String>,
    pub(super) r#type: Option<String>,
    pub(super) version: Option<String>,
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
    /// Of the system-assigned identity.
    #[serde(default)]
    pub(super) created_at: i64,
    /// Resource ids of identities that are gone and still named on the machine.
    #[serde(default)]
    pub(super) dangling_identities: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) extensions: Vec<ExtensionEntry>,
    pub(super) etag: Option<u64>,
    /// As Resource Manager gives them back.
    #[serde(default)]
    pub(super) properties: Map<String, Value>,
    /// Further members beside `properties`, such as `sku`.
    #[serde(default)]
    pub(super) members: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleAssignmentEntry {
    pub(super) id: Option<Spanned<String>>,
    pub(super) principal: Spanned<String>,
    pub(super) role: Spanned<String>,
    pub(super) scope: Spanned<String>,
    pub(super) principal_type: Option<Spanned<String>>,
    pub(super) description: Option<String>,
    pub(super) condition: Option<String>,
    pub(super) condition_version: Option<String>,
    pub(super) delegated_managed_identity_resource_id: Option<String>,
    #[serde(default)]
    pub(super) created_at: i64,
    pub(super) created_by: Option<Spanned<String>>,
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
