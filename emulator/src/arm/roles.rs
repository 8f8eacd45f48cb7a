//! Built-in roles with their real ids and actions, and Azure's rule for matching an action.

use uuid::Uuid;

/// A role: what it allows, less what it takes away again.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RoleDefinition {
    pub(crate) id: Uuid,
    pub(crate) name: &'static str,
    pub(crate) actions: &'static [&'static str],
    pub(crate) not_actions: &'static [&'static str],
}

const fn role(
    id: u128,
    name: &'static str,
    actions: &'static [&'static str],
    not_actions: &'static [&'static str],
) -> RoleDefinition {
    RoleDefinition { id: Uuid::from_u128(id), name, actions, not_actions }
}

/// The same ids in every cloud.
pub(crate) const BUILT_IN: &[RoleDefinition] = &[
    role(0x8e3a_f657_a8ff_443c_a75c_2fe8_c4bc_b635, "Owner", &["*"], &[]),
    role(
        0xb249_88ac_6180_42a0_ab88_20f7_382d_d24c,
        "Contributor",
        &["*"],
        &[
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
            "Microsoft.Blueprint/blueprintAssignments/write",
            "Microsoft.Blueprint/blueprintAssignments/delete",
            "Microsoft.Compute/galleries/share/action",
            "Microsoft.Purview/consents/write",
            "Microsoft.Purview/consents/delete",
        ],
    ),
    role(0xacdd_72a7_3385_48ef_bd42_f606_fba8_1ae7, "Reader", &["*/read"], &[]),
    role(
        0x18d7_d88d_d35e_4fb5_a5c3_7773_c20a_72d9,
        "User Access Administrator",
        &["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
        &[],
    ),
    role(
        0xf583_10d9_a9f6_439a_9e8d_f62e_7b41_a168,
        "Role Based Access Control Administrator",
        &[
            "Microsoft.Authorization/roleAssignments/write",
            "Microsoft.Authorization/roleAssignments/delete",
            "*/read",
            "Microsoft.Support/*",
        ],
        &[],
    ),
    role(
        0x9980_e02c_c2be_4d73_94e8_173b_1dc7_cf3c,
        "Virtual Machine Contributor",
        &[
            "Microsoft.Authorization/*/read",
            "Microsoft.Compute/availabilitySets/*",
            "Microsoft.Compute/locations/*",
            "Microsoft.Compute/virtualMachines/*",
            "Microsoft.Compute/virtualMachineScaleSets/*",
            "Microsoft.Compute/cloudServices/*",
            "Microsoft.Compute/disks/write",
            "Microsoft.Compute/disks/read",
            "Microsoft.Compute/disks/delete",
            "Microsoft.DevTestLab/schedules/*",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Network/networkInterfaces/*",
            "Microsoft.Network/networkSecurityGroups/join/action",
            "Microsoft.Network/networkSecurityGroups/read",
            "Microsoft.Network/publicIPAddresses/join/action",
            "Microsoft.Network/publicIPAddresses/read",
            "Microsoft.Network/virtualNetworks/read",
            "Microsoft.Network/virtualNetworks/subnets/join/action",
            "Microsoft.ResourceHealth/availabilityStatuses/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Storage/storageAccounts/listKeys/action",
            "Microsoft.Storage/storageAccounts/read",
            "Microsoft.Support/*",
        ],
        &[],
    ),
    role(
        0xf1a0_7417_d97a_45cb_824c_7a74_6778_3830,
        "Managed Identity Operator",
        &[
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
            "Microsoft.Authorization/*/read",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Support/*",
        ],
        &[],
    ),
    role(
        0xe40e_c5ca_96e0_45a2_b4ff_5903_9f2c_2b59,
        "Managed Identity Contributor",
        &[
            "Microsoft.ManagedIdentity/userAssignedIdentities/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/write",
            "Microsoft.ManagedIdentity/userAssignedIdentities/delete",
            "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
            "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/delete",
            "Microsoft.ManagedIdentity/userAssignedIdentities/revokeTokens/action",
            "Microsoft.Authorization/*/read",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Support/*",
        ],
        &[],
    ),
    role(
        0x2a2b_9908_6ea1_4ae2_8e65_a410_df84_e7d1,
        "Storage Blob Data Reader",
        &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/read",
            "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
        ],
        &[],
    ),
    role(
        0xba92_f5b4_2d11_453d_a403_e96b_0029_c9fe,
        "Storage Blob Data Contributor",
        &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/delete",
            "Microsoft.Storage/storageAccounts/blobServices/containers/read",
            "Microsoft.Storage/storageAccounts/blobServices/containers/write",
            "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
        ],
        &[],
    ),
    role(0x4633_458b_17de_408a_b874_0445_c86b_69e6, "Key Vault Secrets User", &[], &[]),
    role(
        0x7f95_1dda_4ed3_4680_a7ca_43fe_172d_538d,
        "AcrPull",
        &["Microsoft.ContainerRegistry/registries/pull/read"],
        &[],
    ),
];

/// The built-in role with this name (case ignored) or GUID.
pub(crate) fn find(name_or_id: &str) -> Option<&'static RoleDefinition> {
    let id = Uuid::parse_str(name_or_id).ok();
    BUILT_IN.iter().find(|role| Some(role.id) == id || role.name.eq_ignore_ascii_case(name_or_id))
}

impl RoleDefinition {
    /// Whether the role allows an action such as `Microsoft.Resources/subscriptions/resourceGroups/read`.
    pub(crate) fn allows(&self, action: &str) -> bool {
        self.actions.iter().any(|p| matches(p, action)) && !self.not_actions.iter().any(|p| matches(p, action))
    }
}

/// Matches without case; `*` stands for any run of characters, slashes included.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
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

    #[test]
    fn wildcards_match_as_azures_do() {
        assert!(!matches("*/read", "Microsoft.Resources/subscriptions/write"));
        assert!(!matches("Microsoft.Compute/virtualMachines/*", "Microsoft.Compute/disks/read"));
        assert!(!matches("a/b/read", "a/b/readx"));
        assert!(!matches("a/*/assign/action", "a/assign/action"));
        assert!(matches("*", "anything/at/all"));
        assert!(matches("*/READ", "Microsoft.Resources/subscriptions/resourceGroups/read"));
        assert!(matches("Microsoft.Authorization/*/Write", "microsoft.authorization/roleAssignments/write"));
        assert!(matches("a/b/read", "A/b/Read"));
    }

    #[test]
    fn what_a_role_takes_away_is_not_allowed() {
        let contributor = find("contributor").unwrap();
        assert!(!contributor.allows("Microsoft.Authorization/roleAssignments/write"));
        assert!(contributor.allows("Microsoft.Authorization/roleAssignments/read"));
        assert!(contributor.allows("Microsoft.Compute/virtualMachines/write"));
        let reader = find("acdd72a7-3385-48ef-bd42-f606fba81ae7").unwrap();
        assert!(reader.allows("Microsoft.Resources/subscriptions/resourceGroups/read"));
        assert!(!reader.allows("Microsoft.Resources/subscriptions/resourceGroups/write"));
        assert!(!find("AcrPull").unwrap().allows("Microsoft.Resources/subscriptions/resourceGroups/read"));
        assert!(find("Readr").is_none());
    }

    #[test]
    fn ids_are_unique() {
        let ids: std::collections::HashSet<_> = BUILT_IN.iter().map(|r| r.id).collect();
        assert_eq!(ids.len(), BUILT_IN.len());
    }
}
