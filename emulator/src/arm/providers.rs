//! Resource providers: which types there are, and with which api-versions.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::envelope::error;
use super::{Answer, Context, authorization, subscriptions};
use crate::server::reply::Reply;

const READ: &str = "Microsoft.Resources/subscriptions/providers/read";

/// A resource type: its name and its api-versions, the newest first.
type Kind = (&'static str, &'static [&'static str]);

const MANAGED_IDENTITY: &[&str] = &[
    "2026-05-31",
    "2026-04-30",
    "2025-05-31-preview",
    "2025-01-31-preview",
    "2024-11-30",
    "2023-07-31-preview",
    "2023-01-31",
    "2022-01-31-preview",
    "2021-09-30-preview",
    "2018-11-30",
    "2015-08-31-preview",
];
const COMPUTE: &[&str] = &[
    "2026-04-01",
    "2025-04-01",
    "2024-11-01",
    "2024-07-01",
    "2024-03-01",
    "2023-09-01",
    "2023-07-01",
    "2022-11-01",
    "2021-11-01",
    "2020-06-01",
    "2019-03-01",
    "2018-06-01",
    "2017-12-01",
];
const RESOURCES: &[&str] =
    &["2025-04-01", "2024-11-01", "2022-12-01", "2022-09-01", "2021-04-01", "2019-10-01", "2016-06-01"];

/// Every provider that the emulator has a part of.
const PROVIDERS: [(&str, &[Kind]); 4] = [
    (
        "Microsoft.ManagedIdentity",
        &[
            ("Identities", MANAGED_IDENTITY),
            ("userAssignedIdentities", MANAGED_IDENTITY),
            ("userAssignedIdentities/federatedIdentityCredentials", MANAGED_IDENTITY),
            ("operations", MANAGED_IDENTITY),
        ],
    ),
    (
        "Microsoft.Compute",
        &[
            ("virtualMachines", COMPUTE),
            ("virtualMachines/extensions", COMPUTE),
            ("virtualMachineScaleSets", COMPUTE),
            ("locations/operations", COMPUTE),
        ],
    ),
    (
        "Microsoft.Authorization",
        &[
            ("roleAssignments", &["2022-04-01", "2020-10-01-preview", "2018-09-01-preview", "2015-07-01"]),
            ("roleDefinitions", &["2022-05-01-preview", "2022-04-01", "2018-01-01-preview", "2015-07-01"]),
            ("permissions", &["2022-04-01", "2018-07-01", "2015-07-01"]),
        ],
    ),
    (
        "Microsoft.Resources",
        &[
            ("subscriptions", RESOURCES),
            ("resourceGroups", RESOURCES),
            ("tenants", RESOURCES),
            ("resources", RESOURCES),
        ],
    ),
];

fn body(subscription: Uuid, (namespace, kinds): &(&str, &[Kind])) -> Value {
    let kinds: Vec<Value> = kinds
        .iter()
        .map(|(kind, versions)| {
            json!({
                "resourceType": kind,
                "locations": ["East US", "West US", "West Europe", "North Europe"],
                "apiVersions": versions,
                "capabilities": "SupportsTags, SupportsLocation",
            })
        })
        .collect();
    json!({
        "id": format!("/subscriptions/{subscription}/providers/{namespace}"),
        "namespace": namespace,
        "resourceTypes": kinds,
        "registrationState": "Registered",
        "registrationPolicy": "RegistrationRequired",
    })
}

/// Whoever sees the subscription sees its providers.
fn require(context: &Context<'_>, subscription: Uuid) -> Result<(), Reply> {
    if subscriptions::visible(context, super::subscription(context, subscription)?) {
        return Ok(());
    }
    authorization::require(context, READ, &format!("/subscriptions/{subscription}"))
}

pub(super) fn list(context: &Context<'_>, subscription: Uuid) -> Answer {
    require(context, subscription)?;
    let all: Vec<Value> = PROVIDERS.iter().map(|provider| body(subscription, provider)).collect();
    Ok(Reply::json(StatusCode::OK, &json!({"value": all})))
}

pub(super) fn get(context: &Context<'_>, subscription: Uuid, namespace: &str) -> Answer {
    require(context, subscription)?;
    let found = PROVIDERS.iter().find(|(name, _)| name.eq_ignore_ascii_case(namespace));
    let provider = found.ok_or_else(|| {
        let message = format!("The resource namespace '{namespace}' is invalid.");
        error(StatusCode::NOT_FOUND, "InvalidResourceNamespace", &message)
    })?;
    Ok(Reply::json(StatusCode::OK, &body(subscription, provider)))
}

/// `GET /providers/Microsoft.ManagedIdentity/operations`.
pub(super) fn identity_operations() -> Reply {
    let operation = |name: &str, resource: &str, operation: &str, description: &str| {
        json!({
            "name": format!("Microsoft.ManagedIdentity/{name}"),
            "display": {
                "provider": "Microsoft.ManagedIdentity",
                "resource": resource,
                "operation": operation,
                "description": description,
            },
        })
    };
    let user = "User Assigned Identity";
    let credential = "Federated Identity Credential";
    let value = [
        operation("identities/read", "System Assigned Identity", "Get", "Gets an existing system assigned identity"),
        operation("userAssignedIdentities/read", user, "Get", "Gets an existing user assigned identity"),
        operation(
            "userAssignedIdentities/write",
            user,
            "Create/Update",
            "Creates a new user assigned identity or updates the tags associated with an existing user assigned identity",
        ),
        operation("userAssignedIdentities/delete", user, "Delete", "Deletes an existing user assigned identity"),
        operation(
            "userAssignedIdentities/assign/action",
            user,
            "Assign",
            "RBAC action for assigning an existing user assigned identity to a resource",
        ),
        operation(
            "userAssignedIdentities/listAssociatedResources/action",
            user,
            "List Associated Resources",
            "Lists all associated resources for an existing user assigned identity",
        ),
        operation(
            "userAssignedIdentities/federatedIdentityCredentials/read",
            credential,
            "Get",
            "Get or list Federated Identity Credentials",
        ),
        operation(
            "userAssignedIdentities/federatedIdentityCredentials/write",
            credential,
            "Create/Update",
            "Add or update a Federated Identity Credential",
        ),
        operation(
            "userAssignedIdentities/federatedIdentityCredentials/delete",
            credential,
            "Delete",
            "Delete a Federated Identity Credential",
        ),
    ];
    Reply::json(StatusCode::OK, &json!({"value": value}))
}
