//! VM extensions: shown, and removed. The retired one for managed identities is why they are here.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::operations::{self, Work};
use super::{Answer, Context, Place, authorization, envelope, machines};
use crate::server::reply::Reply;
use crate::state::{Extension, MachineKind, ResourceGroup, Vm, folded};

const DELETE_RETRY_AFTER: u64 = 10;

pub(super) fn body(subscription: Uuid, group: &ResourceGroup, kind: MachineKind, vm: &Vm, of: &Extension) -> Value {
    json!({
        "id": format!("{}/extensions/{}", kind.id(subscription, &group.name, &vm.name), of.name),
        "name": of.name,
        "type": format!("{}/extensions", kind.type_name()),
        "location": vm.location,
        "properties": {
            "autoUpgradeMinorVersion": true,
            "provisioningState": "Succeeded",
            "publisher": of.publisher,
            "type": of.kind,
            "typeHandlerVersion": of.version,
            "settings": {"port": 50342},
        },
    })
}

fn require(context: &Context<'_>, place: Place<'_>, kind: MachineKind, verb: &str) -> Result<(), Reply> {
    let scope = kind.id(place.subscription, place.group, place.name);
    authorization::require(context, &format!("{}/extensions/{verb}", kind.type_name()), &scope)
}

pub(super) fn list(context: &Context<'_>, place: Place<'_>, kind: MachineKind) -> Answer {
    require(context, place, kind, "read")?;
    let (group, vm) = machines::find(context, place, kind)?;
    let all: Vec<Value> = vm.extensions.values().map(|e| body(place.subscription, group, kind, vm, e)).collect();
    Ok(Reply::json(StatusCode::OK, &json!({"value": all})))
}

pub(super) fn route(context: &mut Context<'_>, place: Place<'_>, kind: MachineKind, name: &str) -> Answer {
    match context.call.method.as_str() {
        "GET" => {
            require(context, place, kind, "read")?;
            let (group, vm) = machines::find(context, place, kind)?;
            let found = vm.extensions.get(&folded(name)).ok_or_else(|| {
                let path = format!("{}/{name}", vm.name);
                envelope::no_resource(&format!("{}/extensions", kind.type_name()), &path, &group.name)
            })?;
            Ok(Reply::json(StatusCode::OK, &body(place.subscription, group, kind, vm, found)))
        }
        "DELETE" => {
            require(context, place, kind, "delete")?;
            let (_, vm) = machines::find(context, place, kind)?;
            if !vm.extensions.contains_key(&folded(name)) {
                return Ok(Reply::empty(StatusCode::NO_CONTENT));
            }
            let location = vm.location.clone();
            let (group, machine) = (folded(place.group), folded(place.name));
            let work = Work::DeleteExtension { kind, group, name: machine, extension: folded(name) };
            let started = operations::start(context, place.subscription, work, Some(&location));
            Ok(operations::accepted(context, &started, DELETE_RETRY_AFTER))
        }
        _ => Err(super::not_yet(context.call)),
    }
}
