//! Virtual machines and scale sets: what there is, and how it is written.

use http::StatusCode;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::envelope::{self, error, service_error};
use super::machine_identity::{self, Written};
use super::operations::{self, Started, Work};
use super::{Answer, Context, Place, authorization, machine_body, paging, resource_groups};
use crate::server::reply::Reply;
use crate::state::machine::{Attached, Pending};
use crate::state::{MachineKind, ResourceGroup, Vm, folded, names};

const PUT_RETRY_AFTER: u64 = 10;
const DELETE_RETRY_AFTER: u64 = 10;
/// Members of a machine that are read into fields of their own, or are the service's alone.
const OWN_MEMBERS: [&str; 9] =
    ["id", "name", "type", "location", "tags", "identity", "properties", "resources", "etag"];
/// Members of `properties` that only the service sets.
const OWN_PROPERTIES: [&str; 5] = ["provisioningState", "vmId", "uniqueId", "instanceView", "timeCreated"];

/// A machine and its group.
pub(super) fn find<'a>(
    context: &'a Context<'_>,
    place: Place<'_>,
    kind: MachineKind,
) -> Result<(&'a ResourceGroup, &'a Vm), Reply> {
    let found = context.state().group(place.subscription, place.group);
    let (_, group) = found.ok_or_else(|| envelope::no_group(place.group))?;
    let vm = kind.machines(group).get(&folded(place.name));
    vm.map(|vm| (group, vm)).ok_or_else(|| envelope::no_resource(kind.type_name(), place.name, place.group))
}

fn shown(context: &Context<'_>, place: Place<'_>, kind: MachineKind, status: StatusCode) -> Answer {
    let subscription = super::subscription(context, place.subscription)?;
    let (group, vm) = find(context, place, kind)?;
    let body = machine_body::body(context.state(), subscription, group, kind, vm, context.version);
    let reply = Reply::json(status, &body);
    let name = if kind == MachineKind::Vm { "VM" } else { "VMScaleSet" };
    let limits = match context.call.method.as_str() {
        "GET" => {
            "Microsoft.Compute/LowCostGetSubscriptionMaximum;23999,Microsoft.Compute/LowCostGetResource;35".to_owned()
        }
        _ => {
            format!("Microsoft.Compute/Update{name}SubscriptionMaximum;1499,Microsoft.Compute/Update{name}Resource;11")
        }
    };
    let reply = reply.with("x-ms-ratelimit-remaining-resource", &limits);
    Ok(if machine_body::has_etag(context.version) { reply.with("etag", &vm.entity_tag()) } else { reply })
}

pub(super) fn route(context: &mut Context<'_>, place: Place<'_>, kind: MachineKind) -> Answer {
    let method = context.call.method.as_str();
    let verb = match method {
        "GET" => "read",
        "PUT" | "PATCH" => "write",
        "DELETE" => "delete",
        _ => return Err(super::not_yet(context.call)),
    };
    let scope = kind.id(place.subscription, place.group, place.name);
    let action = format!("{}/{verb}", kind.type_name());
    authorization::require(context, &action, &scope)?;
    match method {
        "GET" => shown(context, place, kind, StatusCode::OK),
        "PUT" => put(context, place, kind, &action, &scope),
        "PATCH" => patch(context, place, kind, &action, &scope),
        _ => delete(context, place, kind),
    }
}

/// Refuses a write that was meant for another version of the machine.
fn check_preconditions(context: &Context<'_>, vm: Option<&Vm>) -> Result<(), Reply> {
    let matches = |wanted: &str| {
        wanted.split(',').map(str::trim).any(|tag| {
            vm.is_some_and(|vm| tag == "*" || tag.trim_start_matches("W/").trim_matches('"') == vm.etag.to_string())
        })
    };
    let refused = context.call.header("if-match").is_some_and(|wanted| !matches(wanted))
        || context.call.header("if-none-match").is_some_and(matches);
    if !refused {
        return Ok(());
    }
    let now = vm.map_or_else(|| "none".to_owned(), Vm::entity_tag);
    let message = format!(
        "The condition specified by the ETag in the request is not satisfied: the resource's current ETag is {now}."
    );
    Err(service_error(StatusCode::PRECONDITION_FAILED, "PreconditionFailed", &message))
}

/// What was sent, taken apart.
struct Sent {
    identity: Option<Written>,
    properties: Map<String, Value>,
    rest: Map<String, Value>,
    user_data: Option<String>,
}

fn take_apart(context: &Context<'_>, body: &Map<String, Value>, action: &str, scope: &str) -> Result<Sent, Reply> {
    let identity = match body.get("identity") {
        None | Some(Value::Null) => None,
        Some(identity) => Some(machine_identity::read(identity)?),
    };
    if let Some(written) = &identity {
        machine_identity::authorize(context, written, action, scope)?;
    }
    let mut properties = match body.get("properties") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(properties)) => properties.clone(),
        Some(_) => return Err(envelope::bad_content("Unexpected value. Path 'properties'")),
    };
    for own in OWN_PROPERTIES {
        properties.remove(own);
    }
    let user_data = properties.remove("userData").and_then(|data| data.as_str().map(str::to_owned));
    let mut rest = body.clone();
    for own in OWN_MEMBERS {
        rest.remove(own);
    }
    Ok(Sent { identity, properties, rest, user_data })
}

fn put(context: &mut Context<'_>, place: Place<'_>, kind: MachineKind, action: &str, scope: &str) -> Answer {
    let body = context.body()?;
    names::vm(place.name).map_err(|rule| envelope::bad_name(place.name, rule))?;
    let location = resource_groups::location(&body)?.ok_or_else(envelope::location_required)?;
    let tags = resource_groups::tags(&body)?.unwrap_or_default();
    let sent = take_apart(context, &body, action, scope)?;
    let group = resource_groups::writable(context, place)?;
    let existing = kind.machines(group).get(&folded(place.name));
    check_preconditions(context, existing)?;
    let mut vm = match existing {
        Some(vm) if vm.location != location => {
            return Err(envelope::other_location(&vm.name, &group.name, &vm.location, &location));
        }
        Some(vm) => Vm { etag: vm.etag + 1, ..vm.clone() },
        None if sent.properties.is_empty() => {
            let message = "Required parameter 'properties' is missing (null).";
            return Err(service_error(StatusCode::BAD_REQUEST, "InvalidParameter", message));
        }
        None => fresh(place.name, &location),
    };
    let created = existing.is_none();
    vm.tags = tags;
    vm.properties = sent.properties;
    vm.rest = sent.rest;
    vm.read_properties(sent.user_data);
    let state = if created { "Creating" } else { "Updating" };
    // PUT replaces: a body without an identity is one of a machine without any.
    let written = sent.identity.unwrap_or_default();
    let started = change(context, place, kind, vm, Some((&written, true)), state)?;
    let status = if created { StatusCode::CREATED } else { StatusCode::OK };
    let reply = shown(context, place, kind, status)?;
    Ok(operations::under_way(context, reply, &started, Some(PUT_RETRY_AFTER)))
}

fn fresh(name: &str, location: &str) -> Vm {
    Vm {
        name: name.to_owned(),
        location: location.to_owned(),
        tags: Default::default(),
        vm_id: Uuid::new_v4(),
        size: "Standard_B1s".to_owned(),
        os_type: "Linux".to_owned(),
        zone: String::new(),
        user_data: String::new(),
        system: None,
        user_identities: Vec::new(),
        etag: 1,
        properties: Map::new(),
        rest: Map::new(),
        extensions: Default::default(),
        pending: None,
    }
}

fn patch(context: &mut Context<'_>, place: Place<'_>, kind: MachineKind, action: &str, scope: &str) -> Answer {
    let body = context.body()?;
    let tags = resource_groups::tags(&body)?;
    let sent = take_apart(context, &body, action, scope)?;
    let (_, existing) = find(context, place, kind)?;
    check_preconditions(context, Some(existing))?;
    if existing.pending.as_ref().is_some_and(|pending| pending.provisioning_state == "Deleting") {
        let message = format!("The machine '{}' is being deleted.", existing.name);
        return Err(service_error(StatusCode::CONFLICT, "OperationNotAllowed", &message));
    }
    let mut vm = Vm { etag: existing.etag + 1, ..existing.clone() };
    if let Some(tags) = tags {
        vm.tags = tags;
    }
    merge(&mut vm.properties, sent.properties);
    merge(&mut vm.rest, sent.rest);
    vm.read_properties(sent.user_data);
    let identity = sent.identity.as_ref().map(|written| (written, false));
    let started = change(context, place, kind, vm, identity, "Updating")?;
    let retry_after = (kind == MachineKind::ScaleSet).then_some(PUT_RETRY_AFTER);
    let reply = shown(context, place, kind, StatusCode::OK)?;
    Ok(operations::under_way(context, reply, &started, retry_after))
}

/// Merges as JSON merge patch does: null takes a member away.
fn merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (name, value) in from {
        match (into.get_mut(&name), value) {
            (_, Value::Null) => {
                into.remove(&name);
            }
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (_, value) => {
                into.insert(name, value);
            }
        }
    }
}

/// Puts the written machine in place, with its identity changed, and marks it as under way.
fn change(
    context: &mut Context<'_>,
    place: Place<'_>,
    kind: MachineKind,
    mut vm: Vm,
    identity: Option<(&Written, bool)>,
    provisioning_state: &'static str,
) -> Result<Started, Reply> {
    let tenant = super::subscription(context, place.subscription)?.tenant_id;
    let before = vm.attached_now();
    let mut added = Vec::new();
    let mut retired = None;
    if let Some((written, replace)) = identity {
        machine_identity::check_existence(context.state(), written, &vm.name)?;
        let outcome = machine_identity::outcome(&before, written, replace)?;
        added.clone_from(&outcome.added);
        retired = machine_identity::apply(&mut vm, outcome, context.now);
    }
    let (group, name) = (folded(place.group), folded(place.name));
    let work = Work::ChangeMachine { kind, group, name: name.clone() };
    let started = operations::start(context, place.subscription, work, Some(&vm.location));
    if kind == MachineKind::Vm && vm.attached_now() != before {
        lag(context, place, kind, &vm.name, before.clone(), started.due);
    }
    vm.pending = Some(Pending { operation: started.id, provisioning_state, added, before });
    if let Some(gone) = retired {
        context.world.state.retire(gone, tenant, &vm.name);
    }
    let found = context.world.state.group_mut(place.subscription, place.group);
    let group = found.ok_or_else(|| envelope::no_group(place.group))?;
    kind.machines_mut(group).insert(name, vm);
    Ok(started)
}

/// Instance metadata shows the old identities until the change is done, and for the set delay after it.
fn lag(context: &mut Context<'_>, place: Place<'_>, kind: MachineKind, name: &str, before: Attached, due: i64) {
    let group = context.state().group(place.subscription, place.group).map(|(_, group)| group.name.clone());
    let id = kind.id(place.subscription, &group.unwrap_or_default(), name).to_lowercase();
    let now = context.now;
    let until = due.saturating_add(context.world.settings.imds_delay_millis());
    let lag = &mut context.world.metadata_lag;
    lag.retain(|(_, until, _)| now < *until);
    lag.push((id, until, before));
}

fn delete(context: &mut Context<'_>, place: Place<'_>, kind: MachineKind) -> Answer {
    let key = folded(place.name);
    let Ok((_, vm)) = find(context, place, kind) else { return Ok(Reply::empty(StatusCode::NO_CONTENT)) };
    check_preconditions(context, Some(vm))?;
    let location = vm.location.clone();
    let work = Work::DeleteMachine { kind, group: folded(place.group), name: key.clone() };
    let started = operations::start(context, place.subscription, work, Some(&location));
    let found = context.world.state.group_mut(place.subscription, place.group);
    if let Some(vm) = found.and_then(|group| kind.machines_mut(group).get_mut(&key)) {
        let before = vm.attached_now();
        let operation = started.id;
        vm.pending = Some(Pending { operation, provisioning_state: "Deleting", added: Vec::new(), before });
    }
    Ok(operations::accepted(context, &started, DELETE_RETRY_AFTER))
}

pub(super) fn list(context: &Context<'_>, subscription: Uuid, group: Option<&str>, kind: MachineKind) -> Answer {
    let scope = match group {
        Some(name) => resource_groups::id(subscription, name),
        None => format!("/subscriptions/{subscription}"),
    };
    authorization::require(context, &format!("{}/read", kind.type_name()), &scope)?;
    if let Some(expand) = paging::parameter(context, "$expand") {
        let message = format!("The emulator does not expand '{expand}'.");
        return Err(error(StatusCode::NOT_IMPLEMENTED, "NotImplementedByEmulator", &message));
    }
    let of = super::subscription(context, subscription)?;
    let (state, version) = (context.state(), context.version);
    if let Some(name) = group {
        let group = of.resource_groups.get(&folded(name)).ok_or_else(|| envelope::no_group(name))?;
        let all = kind.machines(group).values();
        return paging::page(context, all, |vm| machine_body::body(state, of, group, kind, vm, version));
    }
    let all = of.resource_groups.values().flat_map(|group| kind.machines(group).values().map(move |vm| (group, vm)));
    paging::page(context, all, |(group, vm)| machine_body::body(state, of, group, kind, vm, version))
}
