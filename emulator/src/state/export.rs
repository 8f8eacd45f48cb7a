//! The state as JSON, in the shape in which it can be read again, with every id filled in.

use serde_json::{Map, Value, json};

use uuid::Uuid;

use super::directory::DirectoryObject;
use super::{
    Extension, FederatedCredential, ResourceGroup, RoleAssignment, State, Subscription, Tags, UserIdentity, Vm,
};
use crate::arm::roles::RoleDefinition;

fn tags(into: &mut Map<String, Value>, tags: &Tags) {
    if !tags.is_empty() {
        into.insert("tags".to_owned(), json!(tags));
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn seconds(into: &mut Map<String, Value>, at: i64) {
    if at > 0 {
        into.insert("created_at".to_owned(), json!(at / 1000));
    }
}

fn machine(state: &State, vm: &Vm) -> Value {
    let (attached, dangling): (Vec<&String>, Vec<&String>) =
        vm.user_identities.iter().partition(|id| state.user_identity(id).is_some());
    let mut entry = object(json!({
        "name": vm.name,
        "location": vm.location,
        "vm_id": vm.vm_id,
        "size": vm.size,
        "os_type": vm.os_type,
        "zone": vm.zone,
        "user_data": vm.user_data,
        "system_identity": vm.system.is_some(),
        "user_identities": attached,
        "etag": vm.etag,
    }));
    if let Some(system) = vm.system {
        entry.insert("principal_id".to_owned(), json!(system.principal_id));
        entry.insert("client_id".to_owned(), json!(system.client_id));
        seconds(&mut entry, system.created_at);
    }
    let mut put = |name: &str, value: Value| {
        if value.as_array().is_some_and(|v| !v.is_empty()) || value.as_object().is_some_and(|v| !v.is_empty()) {
            entry.insert(name.to_owned(), value);
        }
    };
    put("dangling_identities", json!(dangling));
    put("properties", json!(vm.properties));
    put("members", json!(vm.rest));
    let extension =
        |e: &Extension| json!({"name": e.name, "publisher": e.publisher, "type": e.kind, "version": e.version});
    put("extensions", vm.extensions.values().map(extension).collect());
    tags(&mut entry, &vm.tags);
    Value::Object(entry)
}

fn user_identity(identity: &UserIdentity) -> Value {
    let mut entry = object(json!({
        "name": identity.name,
        "location": identity.location,
        "principal_id": identity.principal.principal_id,
        "client_id": identity.principal.client_id,
    }));
    seconds(&mut entry, identity.principal.created_at);
    if identity.isolation_scope != "None" {
        entry.insert("isolation_scope".to_owned(), json!(identity.isolation_scope));
    }
    if let Some(restrictions) = &identity.assignment_restrictions {
        entry.insert("assignment_restrictions".to_owned(), restrictions.clone());
    }
    if !identity.federated_credentials.is_empty() {
        let credential = |c: &FederatedCredential| json!({"name": c.name, "issuer": c.issuer, "subject": c.subject, "audiences": c.audiences});
        let all = identity.federated_credentials.values().map(credential).collect();
        entry.insert("federated_credentials".to_owned(), all);
    }
    tags(&mut entry, &identity.tags);
    Value::Object(entry)
}

fn group(state: &State, group: &ResourceGroup) -> Value {
    let mut entry = object(json!({
        "name": group.name,
        "location": group.location,
        "user_identities": group.user_identities.values().map(user_identity).collect::<Vec<_>>(),
        "vms": group.vms.values().map(|vm| machine(state, vm)).collect::<Vec<_>>(),
    }));
    if !group.scale_sets.is_empty() {
        entry.insert("scale_sets".to_owned(), group.scale_sets.values().map(|set| machine(state, set)).collect());
    }
    tags(&mut entry, &group.tags);
    Value::Object(entry)
}

fn role_assignment(assignment: &RoleAssignment) -> Value {
    let mut entry = object(json!({
        "id": assignment.name,
        "principal": assignment.principal_id,
        "role": assignment.role,
        "scope": assignment.scope,
        "principal_type": assignment.principal_type.name(),
    }));
    let texts = [
        ("description", &assignment.description),
        ("condition", &assignment.condition),
        ("condition_version", &assignment.condition_version),
        ("delegated_managed_identity_resource_id", &assignment.delegated),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            entry.insert(name.to_owned(), json!(text));
        }
    }
    if let Some(by) = assignment.created_by {
        entry.insert("created_by".to_owned(), json!(by));
    }
    seconds(&mut entry, assignment.created_at);
    Value::Object(entry)
}

fn role_definition(role: &RoleDefinition) -> Value {
    json!({
        "id": role.id,
        "name": role.name,
        "description": role.description,
        "actions": role.actions,
        "not_actions": role.not_actions,
        "data_actions": role.data_actions,
        "not_data_actions": role.not_data_actions,
        "assignable_scopes": role.assignable_scopes,
    })
}

fn principal((id, object_): (&Uuid, &DirectoryObject)) -> Value {
    let mut entry = object(json!({
        "id": id,
        "name": object_.name,
        "kind": object_.kind.name(),
        "tenant": object_.tenant_id,
    }));
    if let Some(client) = object_.client_id {
        entry.insert("client_id".to_owned(), json!(client));
    }
    if object_.deleted {
        entry.insert("deleted".to_owned(), json!(true));
    }
    seconds(&mut entry, object_.created_at);
    Value::Object(entry)
}

impl State {
    /// The whole state, ready for `PUT /_emulator/state`.
    pub(crate) fn to_json(&self) -> Value {
        let subscription = |subscription: &Subscription| {
            json!({
                "id": subscription.id,
                "name": subscription.name,
                "tenant": subscription.tenant_id,
                "resource_groups":
                    subscription.resource_groups.values().map(|one| group(self, one)).collect::<Vec<_>>(),
            })
        };
        let mut all = object(json!({
            "schema": 1,
            "seed": self.seed,
            "tenants": self.tenants.iter().map(|t| json!({"id": t.id, "name": t.name})).collect::<Vec<_>>(),
            "subscriptions": self.subscriptions.values().map(subscription).collect::<Vec<_>>(),
            "principals": self.directory.iter().map(principal).collect::<Vec<_>>(),
            "role_assignments": self.role_assignments.iter().map(role_assignment).collect::<Vec<_>>(),
        }));
        if !self.role_definitions.is_empty() {
            let definitions = self.role_definitions.values().map(role_definition).collect();
            all.insert("role_definitions".to_owned(), definitions);
        }
        if !self.trusted_issuers.is_empty() {
            all.insert("trusted_issuers".to_owned(), json!(self.trusted_issuers));
        }
        Value::Object(all)
    }
}
