//! The state as JSON, in the shape in which it can be read again, with every id filled in.

use serde_json::{Map, Value, json};

use super::{State, Tags};

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

impl State {
    /// The whole state, ready for `PUT /_emulator/state`.
    pub(crate) fn to_json(&self) -> Value {
        let subscriptions: Vec<Value> = self
            .subscriptions
            .values()
            .map(|subscription| {
                let groups: Vec<Value> = subscription
                    .resource_groups
                    .values()
                    .map(|group| {
                        let identities: Vec<Value> = group
                            .user_identities
                            .values()
                            .map(|identity| {
                                let mut entry = object(json!({
                                    "name": identity.name,
                                    "location": identity.location,
                                    "principal_id": identity.principal.principal_id,
                                    "client_id": identity.principal.client_id,
                                }));
                                tags(&mut entry, &identity.tags);
                                Value::Object(entry)
                            })
                            .collect();
                        let vms: Vec<Value> = group
                            .vms
                            .values()
                            .map(|vm| {
                                let mut entry = object(json!({
                                    "name": vm.name,
                                    "location": vm.location,
                                    "vm_id": vm.vm_id,
                                    "size": vm.size,
                                    "os_type": vm.os_type,
                                    "zone": vm.zone,
                                    "user_data": vm.user_data,
                                    "system_identity": vm.system.is_some(),
                                    "user_identities": vm.user_identities,
                                }));
                                if let Some(system) = vm.system {
                                    entry.insert("principal_id".to_owned(), json!(system.principal_id));
                                    entry.insert("client_id".to_owned(), json!(system.client_id));
                                }
                                tags(&mut entry, &vm.tags);
                                Value::Object(entry)
                            })
                            .collect();
                        let mut entry = object(json!({
                            "name": group.name,
                            "location": group.location,
                            "user_identities": identities,
                            "vms": vms,
                        }));
                        tags(&mut entry, &group.tags);
                        Value::Object(entry)
                    })
                    .collect();
                json!({
                    "id": subscription.id,
                    "name": subscription.name,
                    "tenant": subscription.tenant_id,
                    "resource_groups": groups,
                })
            })
            .collect();
        json!({
            "schema": 1,
            "seed": self.seed,
            "tenants": self.tenants.iter().map(|t| json!({"id": t.id, "name": t.name})).collect::<Vec<_>>(),
            "subscriptions": subscriptions,
            "role_assignments": self.role_assignments.iter().map(|a| json!({
                "id": a.name,
                "principal": a.principal_id,
                "role": a.role.id,
                "scope": a.scope,
            })).collect::<Vec<_>>(),
        })
    }
}
