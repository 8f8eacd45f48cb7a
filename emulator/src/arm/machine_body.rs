//! A machine as Resource Manager answers it.

use serde_json::{Map, Value, json};

use super::{extensions, machine_identity};
use crate::state::{MachineKind, ResourceGroup, State, Subscription, Vm};

/// From this version on a machine has an entity tag.
const ETAG_SINCE: &str = "2024";

pub(super) fn has_etag(version: &str) -> bool {
    version >= ETAG_SINCE
}

pub(super) fn provisioning_state(vm: &Vm) -> &'static str {
    vm.pending.as_ref().map_or("Succeeded", |pending| pending.provisioning_state)
}

pub(super) fn body(
    state: &State,
    subscription: &Subscription,
    group: &ResourceGroup,
    kind: MachineKind,
    vm: &Vm,
    version: &str,
) -> Value {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| {
        body.insert(name.to_owned(), value);
    };
    for (name, value) in &vm.rest {
        put(name, value.clone());
    }
    put("name", json!(vm.name));
    put("id", json!(kind.id(subscription.id, &group.name, &vm.name)));
    put("type", json!(kind.type_name()));
    put("location", json!(vm.location));
    if !vm.tags.is_empty() {
        put("tags", json!(vm.tags));
    }
    if let Some(identity) = machine_identity::block(state, subscription.tenant_id, vm) {
        put("identity", identity);
    }
    let mut properties = vm.properties.clone();
    properties.insert("provisioningState".to_owned(), json!(provisioning_state(vm)));
    match kind {
        MachineKind::Vm => {
            properties.insert("vmId".to_owned(), json!(vm.vm_id));
            let hardware = properties.entry("hardwareProfile").or_insert_with(|| json!({}));
            if let Some(hardware) = hardware.as_object_mut() {
                hardware.entry("vmSize").or_insert_with(|| json!(vm.size));
            }
            let disk = json!({"osDisk": {"osType": vm.os_type, "createOption": "FromImage"}});
            properties.entry("storageProfile").or_insert(disk);
        }
        MachineKind::ScaleSet => {
            properties.insert("uniqueId".to_owned(), json!(vm.vm_id));
            properties.entry("upgradePolicy").or_insert_with(|| json!({"mode": "Manual"}));
        }
    }
    put("properties", Value::Object(properties));
    if !vm.zone.is_empty() && !vm.rest.contains_key("zones") {
        put("zones", json!([vm.zone]));
    }
    if !vm.extensions.is_empty() {
        let all: Vec<Value> =
            vm.extensions.values().map(|e| extensions::body(subscription.id, group, kind, vm, e)).collect();
        put("resources", json!(all));
    }
    if has_etag(version) {
        put("etag", json!(vm.entity_tag()));
    }
    Value::Object(body)
}
