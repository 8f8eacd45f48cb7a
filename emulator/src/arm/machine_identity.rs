//! The identity block of virtual machines and scale sets: PATCH merges, PUT replaces.

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::envelope::{bad_content, error, service_error};
use super::{Context, authorization};
use crate::server::reply::Reply;
use crate::state::machine::Attached;
use crate::state::{Principal, State, Vm, user_identity_path};

const ASSIGN: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";

/// An identity block as a client wrote it.
#[derive(Debug, Default)]
pub(super) struct Written {
    system: bool,
    user: bool,
    /// Ids with `{}` come or stay.
    named: Vec<String>,
    /// Ids with null go.
    dropped: Vec<String>,
}

/// Reads the block; its `type` decides, so that it must be there.
pub(super) fn read(identity: &Value) -> Result<Written, Reply> {
    let Some(fields) = identity.as_object() else {
        return Err(bad_content("Error converting value to type 'ResourceIdentity'. Path 'identity'"));
    };
    let Some(kind) = fields.get("type").filter(|kind| !kind.is_null()) else {
        return Err(bad_content("Required property 'type' not found in JSON. Path 'identity'"));
    };
    let mut written = Written::default();
    for part in kind.as_str().unwrap_or_default().split(',') {
        match part.trim().to_ascii_lowercase().as_str() {
            "systemassigned" => written.system = true,
            "userassigned" => written.user = true,
            "none" => {}
            _ => {
                let problem = format!(
                    "Error converting value {kind} to type 'Microsoft.WindowsAzure.ComputeResourceProvider.ResourceIdentityType'. Path 'identity.type'"
                );
                return Err(bad_content(&problem));
            }
        }
    }
    match fields.get("userAssignedIdentities") {
        None | Some(Value::Null) => {}
        Some(Value::Object(ids)) => {
            for (id, value) in ids {
                match value {
                    Value::Null => written.dropped.push(id.clone()),
                    Value::Object(_) => written.named.push(id.clone()),
                    _ => {
                        let problem = format!("Unexpected value. Path 'identity.userAssignedIdentities['{id}']'");
                        return Err(bad_content(&problem));
                    }
                }
            }
        }
        Some(_) => return Err(bad_content("Unexpected value. Path 'identity.userAssignedIdentities'")),
    }
    if let Some(bad) = written.named.iter().chain(&written.dropped).find(|id| user_identity_path(id).is_none()) {
        let message = format!(
            "Property id '{bad}' at path 'identity.userAssignedIdentities' is invalid. Expect fully qualified resource Id that start with '/subscriptions/{{subscriptionId}}' or '/providers/{{resourceProviderNamespace}}/'."
        );
        return Err(error(StatusCode::BAD_REQUEST, "LinkedInvalidPropertyId", &message));
    }
    if !written.user && !written.named.is_empty() {
        return Err(invalid(
            "resourceIdentity.identityIds",
            "The value of parameter resourceIdentity.identityIds is invalid: user-assigned identities need a type that includes UserAssigned.",
        ));
    }
    Ok(written)
}

fn invalid(target: &str, message: &str) -> Reply {
    let body = json!({"error": {"code": "InvalidParameter", "message": message, "target": target}});
    Reply::json(StatusCode::BAD_REQUEST, &body).with("x-ms-failure-cause", "service")
}

/// Every identity named with `{}` needs the right to assign it, also one that is there already; null needs none.
pub(super) fn authorize(context: &Context<'_>, written: &Written, action: &str, scope: &str) -> Result<(), Reply> {
    let tenant = context.caller.tenant_id;
    let foreign = |id: &str| {
        let of =
            user_identity_path(id).and_then(|(subscription, _, _)| context.state().subscriptions.get(&subscription));
        of.is_none_or(|subscription| subscription.tenant_id != tenant)
    };
    let refused: Vec<&str> = written
        .named
        .iter()
        .map(String::as_str)
        .filter(|id| foreign(id) || !authorization::allowed(context, ASSIGN, id))
        .collect();
    if refused.is_empty() {
        return Ok(());
    }
    let caller = &context.caller;
    let message = format!(
        "The client '{}' with object id '{}' has permission to perform action '{action}' on scope '{scope}'; however, it does not have permission to perform action '{ASSIGN}' on the linked scope(s) '{}' or the linked scope(s) are invalid.",
        caller.client_id(),
        caller.object_id,
        refused.join(",")
    );
    Err(error(StatusCode::FORBIDDEN, "LinkedAuthorizationFailed", &message))
}

/// Naming an identity that does not exist, or no longer, fails with the identity provider's words in Compute's.
pub(super) fn check_existence(state: &State, written: &Written, machine: &str) -> Result<(), Reply> {
    let Some(gone) = written.named.iter().find(|id| state.user_identity(id).is_none()) else { return Ok(()) };
    let inner = json!({"error": {"code": "BadRequest", "message": format!("Resource '{}' was not found.", gone.to_lowercase())}});
    let message = format!(
        "Identity operation for resource '{machine}' failed with error 'Failed to perform resource identity operation. Status: 'BadRequest'. Response: '{inner}'.'."
    );
    Err(service_error(StatusCode::BAD_REQUEST, "FailedIdentityOperation", &message))
}

/// What the machine has after the change, and which ids (folded) are new on it.
pub(super) struct Outcome {
    pub(super) system: bool,
    pub(super) user_identities: Vec<String>,
    pub(super) added: Vec<String>,
}

/// Computes the change. PUT replaces: what it does not name goes.
pub(super) fn outcome(before: &Attached, written: &Written, replace: bool) -> Result<Outcome, Reply> {
    let mut ids: Vec<String> = Vec::new();
    let is = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
    if written.user && !replace {
        // Unnamed ids stay. Null takes an id away in whatever casing it is given.
        let stays = |id: &&String| !written.dropped.iter().any(|gone| is(gone, id));
        ids.extend(before.user_identities.iter().filter(stays).cloned());
    }
    let mut added = Vec::new();
    for id in &written.named {
        match ids.iter_mut().find(|one| is(one, id)) {
            // The key comes back in the casing that the client sent last.
            Some(known) => known.clone_from(id),
            None => ids.push(id.clone()),
        }
        if !before.user_identities.iter().any(|one| is(one, id)) {
            added.push(id.to_lowercase());
        }
    }
    if written.user && ids.is_empty() {
        return Err(invalid(
            "identity",
            "The identity type includes UserAssigned, and no user-assigned identity is left or given. Use SystemAssigned or None.",
        ));
    }
    Ok(Outcome { system: written.system, user_identities: ids, added })
}

/// Puts the outcome on the machine. A system-assigned identity that stays keeps its ids; one that comes is new.
pub(super) fn apply(vm: &mut Vm, outcome: Outcome, now: i64) -> Option<Principal> {
    let mut retired = None;
    match (vm.system, outcome.system) {
        (None, true) => {
            vm.system = Some(Principal { principal_id: Uuid::new_v4(), client_id: Uuid::new_v4(), created_at: now });
        }
        (Some(gone), false) => {
            retired = Some(gone);
            vm.system = None;
        }
        _ => {}
    }
    vm.user_identities = outcome.user_identities;
    retired
}

/// The block as Resource Manager answers it; none where the machine has no identity at all.
pub(super) fn block(state: &State, tenant: Uuid, vm: &Vm) -> Option<Value> {
    let kind = match (vm.system.is_some(), vm.user_identities.is_empty()) {
        (false, true) => return None,
        (true, true) => "SystemAssigned",
        (false, false) => "UserAssigned",
        (true, false) => "SystemAssigned, UserAssigned",
    };
    let mut block = Map::from_iter([("type".to_owned(), json!(kind))]);
    if let Some(system) = vm.system {
        block.insert("principalId".to_owned(), json!(system.principal_id));
        block.insert("tenantId".to_owned(), json!(tenant));
    }
    if !vm.user_identities.is_empty() {
        let is_new = |id: &str| vm.pending.as_ref().is_some_and(|pending| pending.added.contains(&id.to_lowercase()));
        let ids = vm.user_identities.iter().map(|id| {
            let ids = match state.user_identity(id).filter(|_| !is_new(id)) {
                Some(found) => json!({
                    "principalId": found.identity.principal.principal_id,
                    "clientId": found.identity.principal.client_id,
                }),
                None => json!({}),
            };
            (id.clone(), ids)
        });
        block.insert("userAssignedIdentities".to_owned(), Value::Object(ids.collect()));
    }
    Some(Value::Object(block))
}
