//! Long-running operations: what goes on, how it is looked at, and how it ends.

use std::collections::HashMap;

use http::StatusCode;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::authorization::is_at_or_above;
use super::envelope::{self, error};
use super::{Answer, Context};
use crate::control::settings::LroFailure;
use crate::server::reply::Reply;
use crate::shared::World;
use crate::state::{MachineKind, ResourceGroup, State, folded};
use crate::token::jwt::base64url;

/// Bytes of the certificate that signed addresses carry: with it they are about 3 KB long.
const CERTIFICATE_BYTES: usize = 2100;
/// What the service asks clients to wait after the first look at a machine's operation.
const STATUS_RETRY_AFTER: u64 = 30;

/// What happens when an operation ends. Names are folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Work {
    ChangeMachine { kind: MachineKind, group: String, name: String },
    DeleteMachine { kind: MachineKind, group: String, name: String },
    DeleteExtension { kind: MachineKind, group: String, name: String, extension: String },
    DeleteGroup { group: String },
}

#[derive(Debug)]
struct Operation {
    subscription: Uuid,
    work: Work,
    started: i64,
    due: i64,
    /// Path and query as given out: a client that changes a byte of it breaks the signature.
    target: String,
    failure: Option<LroFailure>,
    ended: bool,
}

/// All operations since the start, and which of them are still open.
#[derive(Debug, Default)]
pub(crate) struct Operations {
    by_id: HashMap<Uuid, Operation>,
    open: Vec<Uuid>,
}

/// A begun operation.
pub(super) struct Started {
    pub(super) id: Uuid,
    pub(super) due: i64,
    target: String,
}

/// Text that looks like a certificate or a signature; only its length and its characters matter.
fn filler(bytes: usize) -> String {
    let mut buffer = vec![0_u8; bytes];
    if aws_lc_rs::rand::fill(&mut buffer).is_err() {
        buffer.fill(0x5a);
    }
    base64url(&buffer)
}

/// Begins an operation. With a location its address is Compute's, signed; else that of a group's deletion.
pub(super) fn start(context: &mut Context<'_>, subscription: Uuid, work: Work, location: Option<&str>) -> Started {
    let id = Uuid::new_v4();
    let version = context.version;
    let target = match location {
        Some(location) => format!(
            "/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{location}/operations/{id}?p={}&api-version={version}&t={}&c={}&s={}&h={}",
            Uuid::new_v4(),
            // .NET's ticks: tenths of microseconds since the year 1.
            context.now.saturating_mul(10_000).saturating_add(621_355_968_000_000_000),
            filler(CERTIFICATE_BYTES),
            filler(256),
            filler(32),
        ),
        None => {
            let job = base64url(format!("{{\"jobId\":\"{id}\",\"jobLocation\":\"emulated\"}}").as_bytes());
            format!("/subscriptions/{subscription}/operationresults/{job}?api-version={version}")
        }
    };
    let world = &mut *context.world;
    let due = context.now.saturating_add(world.settings.lro.duration_millis());
    let failure = match world.settings.lro.fail.as_mut() {
        Some(fail) if fail.times != Some(0) => {
            fail.times = fail.times.map(|left| left - 1);
            Some(fail.clone())
        }
        _ => None,
    };
    let operation =
        Operation { subscription, work, started: context.now, due, target: target.clone(), failure, ended: false };
    world.operations.by_id.insert(id, operation);
    world.operations.open.push(id);
    Started { id, due, target }
}

/// A write's answer while its operation goes on: the status stays 200 or 201.
pub(super) fn under_way(context: &Context<'_>, reply: Reply, started: &Started, retry_after: Option<u64>) -> Reply {
    let address = format!("{}{}", context.origin(), started.target);
    let reply = reply.with("azure-asyncoperation", &address).with("azure-asyncnotification", "Enabled");
    with_retry_after(context.world, reply, retry_after)
}

/// A deletion's answer: 202 and where to look.
pub(super) fn accepted(context: &Context<'_>, started: &Started, retry_after: u64) -> Reply {
    let address = format!("{}{}", context.origin(), started.target);
    let mut reply = Reply::empty(StatusCode::ACCEPTED);
    if started.target.contains("/Microsoft.Compute/") {
        reply = reply.with("azure-asyncoperation", &address).with("azure-asyncnotification", "Enabled");
        reply = reply.with("location", &format!("{address}&monitor=true"));
    } else {
        reply = reply.with("location", &address);
    }
    with_retry_after(context.world, reply, Some(retry_after))
}

fn with_retry_after(world: &World, reply: Reply, service: Option<u64>) -> Reply {
    match world.settings.lro.retry_after.or(service) {
        Some(seconds) => reply.with("retry-after", &seconds.to_string()),
        None => reply,
    }
}

fn stamp(at: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000);
    let form =
        time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:7]+00:00");
    at.ok().and_then(|at| at.format(form).ok()).unwrap_or_default()
}

/// `GET …/operations/{id}`: always 200, whatever the outcome; with `monitor=true` as a `Location` answers.
pub(super) fn status(context: &Context<'_>, subscription: Uuid, id: &str) -> Answer {
    let operations = &context.world.operations;
    let found = id.parse().ok().and_then(|id: Uuid| Some((id, operations.by_id.get(&id)?)));
    let Some((id, operation)) = found.filter(|(_, operation)| operation.subscription == subscription) else {
        let message = format!("The entity {id} was not found.");
        return Err(envelope::service_error(StatusCode::NOT_FOUND, "OperationNotFound", &message));
    };
    let asked = format!("{}?{}", context.call.path, context.call.raw_query);
    let (plain, monitor) = match asked.strip_suffix("&monitor=true") {
        Some(plain) => (plain, true),
        None => (asked.as_str(), false),
    };
    if plain != operation.target {
        let message =
            "The signature of the operation's address does not match: it is to be used as given, byte for byte.";
        return Err(envelope::service_error(StatusCode::FORBIDDEN, "InvalidOperationSignature", message));
    }
    let limits = "Microsoft.Compute/GetOperationResource;44,Microsoft.Compute/GetOperationSubscriptionMaximum;14999";
    let resource_limits = |reply: Reply| reply.with("x-ms-ratelimit-remaining-resource", limits);
    if monitor {
        if operation.ended {
            return Ok(resource_limits(Reply::empty(StatusCode::OK)));
        }
        let reply = Reply::empty(StatusCode::ACCEPTED).with("location", &format!("{}{asked}", context.origin()));
        return Ok(resource_limits(with_retry_after(context.world, reply, Some(STATUS_RETRY_AFTER))));
    }
    let mut body = json!({"startTime": stamp(operation.started), "name": id});
    if !operation.ended {
        body["status"] = json!("InProgress");
        let reply = Reply::json(StatusCode::OK, &body);
        return Ok(resource_limits(with_retry_after(context.world, reply, Some(STATUS_RETRY_AFTER))));
    }
    body["endTime"] = json!(stamp(operation.due));
    match &operation.failure {
        None => body["status"] = json!("Succeeded"),
        Some(failure) => {
            body["status"] = json!("Failed");
            body["error"] = json!({"code": failure.code, "message": failure.message});
        }
    }
    Ok(resource_limits(Reply::json(StatusCode::OK, &body)))
}

/// `GET /subscriptions/{s}/operationresults/{job}`: 202 until the deletion is over.
pub(super) fn result(context: &Context<'_>, subscription: Uuid) -> Answer {
    let asked = format!("{}?{}", context.call.path, context.call.raw_query);
    let mut all = context.world.operations.by_id.values();
    let Some(operation) = all.find(|one| one.subscription == subscription && one.target == asked) else {
        let message = "The operation result was not found.";
        return Err(error(StatusCode::NOT_FOUND, "OperationResultNotFound", message));
    };
    match (&operation.failure, operation.ended) {
        (_, false) => {
            let reply = Reply::empty(StatusCode::ACCEPTED).with("location", &format!("{}{asked}", context.origin()));
            Ok(with_retry_after(context.world, reply, Some(15)))
        }
        (Some(failure), true) => Err(error(StatusCode::CONFLICT, &failure.code, &failure.message)),
        (None, true) => Ok(Reply::empty(StatusCode::OK)),
    }
}

impl World {
    /// Ends what is due by the clock, in the order in which it was begun.
    pub(crate) fn finish_due_operations(&mut self) {
        if self.operations.open.is_empty() {
            return;
        }
        let now = self.now_millis();
        let Operations { by_id, open } = &mut self.operations;
        let mut over = Vec::new();
        open.retain(|id| match by_id.get_mut(id) {
            Some(operation) if now < operation.due => true,
            Some(operation) => {
                operation.ended = true;
                over.push((*id, operation.subscription, operation.work.clone(), operation.failure.is_some()));
                false
            }
            None => false,
        });
        for (id, subscription, work, failed) in over {
            finish(&mut self.state, id, subscription, &work, failed);
        }
    }
}

fn finish(state: &mut State, id: Uuid, subscription: Uuid, work: &Work, failed: bool) {
    let Some(tenant) = state.subscriptions.get(&subscription).map(|s| s.tenant_id) else { return };
    match work {
        Work::ChangeMachine { kind, group, name } => {
            let Some(group) = state.group_mut(subscription, group) else { return };
            let Some(vm) = kind.machines_mut(group).get_mut(name) else { return };
            // A later change has taken over; it ends by itself.
            if vm.pending.as_ref().is_none_or(|pending| pending.operation != id) {
                return;
            }
            let Some(pending) = vm.pending.take() else { return };
            if failed {
                vm.system = pending.before.system;
                vm.user_identities.clone_from(&pending.before.user_identities);
                if let Some(system) = vm.system {
                    // A change that fails keeps the principal that it was about to retire.
                    state.directory.shift_remove(&system.principal_id);
                }
                mark_failed(state, subscription, *kind, work, id);
            }
        }
        Work::DeleteMachine { kind, group, name } if !failed => {
            let Some(found) = state.group_mut(subscription, group) else { return };
            let Some(vm) = kind.machines_mut(found).shift_remove(name) else { return };
            let scope = kind.id(subscription, &found.name, &vm.name);
            if let Some(system) = vm.system {
                state.retire(system, tenant, &vm.name);
            }
            state.role_assignments.retain(|assignment| !is_at_or_above(&scope, &assignment.scope));
        }
        Work::DeleteExtension { kind, group, name, extension } if !failed => {
            let Some(group) = state.group_mut(subscription, group) else { return };
            if let Some(vm) = kind.machines_mut(group).get_mut(name) {
                vm.extensions.shift_remove(extension);
            }
        }
        Work::DeleteGroup { group } if !failed => {
            let Some(of) = state.subscriptions.get_mut(&subscription) else { return };
            let Some(gone) = of.resource_groups.shift_remove(&folded(group)) else { return };
            let scope = super::resource_groups::id(subscription, &gone.name);
            retire_all(state, tenant, &gone);
            state.role_assignments.retain(|assignment| !is_at_or_above(&scope, &assignment.scope));
        }
        Work::DeleteGroup { group } => {
            if let Some(group) = state.group_mut(subscription, group) {
                group.deleting = false;
            }
        }
        Work::DeleteMachine { kind, .. } => mark_failed(state, subscription, *kind, work, id),
        Work::DeleteExtension { .. } => {}
    }
}

fn mark_failed(state: &mut State, subscription: Uuid, kind: MachineKind, work: &Work, operation: Uuid) {
    let (Work::ChangeMachine { group, name, .. } | Work::DeleteMachine { group, name, .. }) = work else { return };
    let Some(group) = state.group_mut(subscription, group) else { return };
    if let Some(vm) = kind.machines_mut(group).get_mut(name) {
        let before = vm.attached_now();
        vm.pending =
            Some(crate::state::machine::Pending { operation, provisioning_state: "Failed", added: Vec::new(), before });
    }
}

/// A group's resources go with it, and their identities with them.
fn retire_all(state: &mut State, tenant: Uuid, group: &ResourceGroup) {
    for identity in group.user_identities.values() {
        state.retire(identity.principal, tenant, &identity.name);
    }
    for vm in group.vms.values().chain(group.scale_sets.values()) {
        if let Some(system) = vm.system {
            state.retire(system, tenant, &vm.name);
        }
    }
}
