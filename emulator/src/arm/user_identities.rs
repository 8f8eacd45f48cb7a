//! User-assigned identities.

use http::StatusCode;
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use uuid::Uuid;

use super::authorization::is_at_or_above;
use super::{Answer, Context, Place, authorization, envelope, paging, resource_groups};
use crate::server::reply::Reply;
use crate::state::{MachineKind, Principal, Shown, Tags, UserIdentity, folded, names};

pub(super) const TYPE: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";
/// From this version on an identity shows its isolation scope.
const ISOLATION_SINCE: &str = "2024-11-30";

#[derive(Serialize)]
struct Body<'a> {
    location: &'a str,
    /// Never null.
    tags: &'a Tags,
    id: String,
    name: &'a str,
    r#type: &'static str,
    properties: Properties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    tenant_id: Uuid,
    principal_id: Uuid,
    client_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    isolation_scope: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment_restrictions: Option<&'a Value>,
}

/// The id as this provider spells it: `resourcegroups` in lower case, whatever the request said.
pub(super) fn id(subscription: Uuid, group: &str, name: &str) -> String {
    format!("/subscriptions/{subscription}/resourcegroups/{group}/providers/{TYPE}/{name}")
}

/// The scope that a right is asked for: as messages spell it.
pub(super) fn scope(place: Place<'_>) -> String {
    format!("/subscriptions/{}/resourceGroups/{}/providers/{TYPE}/{}", place.subscription, place.group, place.name)
}

fn body<'a>(subscription: Uuid, tenant_id: Uuid, group: &str, identity: &'a UserIdentity, version: &str) -> Body<'a> {
    Body {
        location: &identity.location,
        tags: &identity.tags,
        id: id(subscription, group, &identity.name),
        name: &identity.name,
        r#type: TYPE,
        properties: Properties {
            tenant_id,
            principal_id: identity.principal.principal_id,
            client_id: identity.principal.client_id,
            isolation_scope: (version >= ISOLATION_SINCE).then_some(identity.isolation_scope.as_str()),
            assignment_restrictions: identity.assignment_restrictions.as_ref(),
        },
    }
}

/// An identity and its group's name as the state has it.
pub(super) fn find<'a>(context: &'a Context<'_>, place: Place<'_>) -> Result<(&'a str, &'a UserIdentity), Reply> {
    let found = context.state().group(place.subscription, place.group);
    let (_, group) = found.ok_or_else(|| envelope::no_group(place.group))?;
    let identity = group.user_identities.get(&folded(place.name));
    identity
        .map(|identity| (group.name.as_str(), identity))
        .ok_or_else(|| envelope::no_resource(TYPE, place.name, place.group))
}

pub(super) fn route(context: &mut Context<'_>, place: Place<'_>) -> Answer {
    let method = context.call.method.as_str();
    let verb = match method {
        "GET" => "read",
        "PUT" | "PATCH" => "write",
        "DELETE" => "delete",
        _ => return Err(super::not_yet(context.call)),
    };
    authorization::require(context, &format!("{TYPE}/{verb}"), &scope(place))?;
    match method {
        "GET" => {
            let (group, identity) = find(context, place)?;
            let tenant = super::subscription(context, place.subscription)?.tenant_id;
            let body = body(place.subscription, tenant, group, identity, context.version);
            Ok(Reply::json(StatusCode::OK, &body))
        }
        "PUT" => put(context, place),
        "PATCH" => patch(context, place),
        _ => delete(context, place),
    }
}

fn isolation(properties: Option<&Value>) -> Result<Option<String>, Reply> {
    let Some(given) = properties.and_then(|p| p.get("isolationScope")).and_then(Value::as_str) else { return Ok(None) };
    let known = ["None", "Regional"].into_iter().find(|known| known.eq_ignore_ascii_case(given));
    known.map(|known| Some(known.to_owned())).ok_or_else(|| {
        envelope::bad_content(&format!("Error converting value \"{given}\". Path 'properties.isolationScope'"))
    })
}

fn put(context: &mut Context<'_>, place: Place<'_>) -> Answer {
    let written = context.body()?;
    names::user_identity(place.name).map_err(|rule| envelope::bad_name(place.name, rule))?;
    let location = resource_groups::location(&written)?.ok_or_else(envelope::location_required)?;
    let tags = resource_groups::tags(&written)?.unwrap_or_default();
    let properties = written.get("properties");
    let isolation_scope = isolation(properties)?.unwrap_or_else(|| "None".to_owned());
    let assignment_restrictions = properties.and_then(|p| p.get("assignmentRestrictions")).cloned();
    let group = resource_groups::writable(context, place)?.name.clone();
    let tenant = super::subscription(context, place.subscription)?.tenant_id;
    let (now, version) = (context.now, context.version);
    let Some(found) = context.world.state.group_mut(place.subscription, place.group) else {
        return Err(envelope::no_group(place.group));
    };
    if let Some(identity) = found.user_identities.get_mut(&folded(place.name)) {
        if identity.location != location {
            return Err(envelope::other_location(&identity.name, &group, &identity.location, &location));
        }
        identity.tags = tags;
        identity.isolation_scope = isolation_scope;
        identity.assignment_restrictions = assignment_restrictions;
        identity.shown.forget();
        return Ok(Reply::json(StatusCode::OK, &body(place.subscription, tenant, &group, identity, version)));
    }
    // A name that comes again is another identity: new ids, whatever its roles were.
    let principal = Principal { principal_id: Uuid::new_v4(), client_id: Uuid::new_v4(), created_at: now };
    let identity = UserIdentity {
        name: place.name.to_owned(),
        location,
        tags,
        principal,
        isolation_scope,
        assignment_restrictions,
        federated_credentials: IndexMap::new(),
        shown: Shown::default(),
    };
    let reply = Reply::json(StatusCode::CREATED, &body(place.subscription, tenant, &group, &identity, version))
        // A path, not an address: clients must not take it for a long-running operation's.
        .with("location", &id(place.subscription, &group, place.name));
    found.user_identities.insert(folded(place.name), identity);
    Ok(reply)
}

fn patch(context: &mut Context<'_>, place: Place<'_>) -> Answer {
    let written = context.body()?;
    let tags = resource_groups::tags(&written)?;
    let isolation_scope = isolation(written.get("properties"))?;
    let group = find(context, place)?.0.to_owned();
    let tenant = super::subscription(context, place.subscription)?.tenant_id;
    let version = context.version;
    let found = context.world.state.group_mut(place.subscription, place.group);
    let Some(identity) = found.and_then(|group| group.user_identities.get_mut(&folded(place.name))) else {
        return Err(envelope::no_resource(TYPE, place.name, place.group));
    };
    if let Some(tags) = tags {
        identity.tags = tags;
    }
    if let Some(scope) = isolation_scope {
        identity.isolation_scope = scope;
    }
    identity.shown.forget();
    Ok(Reply::json(StatusCode::OK, &body(place.subscription, tenant, &group, identity, version)))
}

/// Deletes at once, also what is attached: the machines keep a reference to nothing.
fn delete(context: &mut Context<'_>, place: Place<'_>) -> Answer {
    let tenant = super::subscription(context, place.subscription)?.tenant_id;
    let state = &mut context.world.state;
    let gone = state
        .group_mut(place.subscription, place.group)
        .and_then(|group| group.user_identities.shift_remove(&folded(place.name)));
    let Some(identity) = gone else { return Ok(Reply::empty(StatusCode::NO_CONTENT)) };
    state.retire(identity.principal, tenant, &identity.name);
    let scope = scope(place);
    state.role_assignments.retain(|assignment| !is_at_or_above(&scope, &assignment.scope));
    Ok(Reply::empty(StatusCode::OK))
}

pub(super) fn list(context: &Context<'_>, subscription: Uuid, group: Option<&str>) -> Answer {
    let scope = match group {
        Some(name) => resource_groups::id(subscription, name),
        None => format!("/subscriptions/{subscription}"),
    };
    authorization::require(context, &format!("{TYPE}/read"), &scope)?;
    let of = super::subscription(context, subscription)?;
    let (tenant, version) = (of.tenant_id, context.version);
    let shown = |group: &str, one| shown(one, || body(subscription, tenant, group, one, version), version);
    if let Some(name) = group {
        let group = of.resource_groups.get(&folded(name)).ok_or_else(|| envelope::no_group(name))?;
        let all = group.user_identities.values();
        return paging::page(context, all, |one| shown(&group.name, one));
    }
    let all = of.resource_groups.values().flat_map(|group| group.user_identities.values().map(move |one| (group, one)));
    paging::page(context, all, |(group, one)| shown(&group.name, one))
}

/// As it was made the last time, where nothing has changed since.
fn shown<'a>(identity: &'a UserIdentity, made: impl FnOnce() -> Body<'a>, version: &str) -> &'a RawValue {
    // What an identity holds always serialises.
    identity.shown.get(version >= ISOLATION_SINCE, || to_raw_value(&made()).unwrap_or_default())
}

/// `POST …/listAssociatedResources`: the machines that have the identity. Only previews have it; clients still ask.
pub(super) fn associated(context: &Context<'_>, place: Place<'_>) -> Answer {
    authorization::require(context, &format!("{TYPE}/listAssociatedResources/action"), &scope(place))?;
    let (group, identity) = find(context, place)?;
    let wanted = id(place.subscription, group, &identity.name);
    let mut all: Vec<Value> = Vec::new();
    for of in context.state().subscriptions.values() {
        for group in of.resource_groups.values() {
            for kind in [MachineKind::Vm, MachineKind::ScaleSet] {
                for vm in kind.machines(group).values() {
                    if vm.user_identities.iter().any(|one| one.eq_ignore_ascii_case(&wanted)) {
                        all.push(json!({
                            "id": kind.id(of.id, &group.name, &vm.name),
                            "name": vm.name,
                            "type": kind.type_name().to_lowercase(),
                            "resourceGroup": group.name,
                            "subscriptionId": of.id,
                            "subscriptionDisplayName": of.name,
                        }));
                    }
                }
            }
        }
    }
    let (start, length) = paging::window(context)?;
    let skip = paging::parameter(context, "$skip").and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
    let start = start.max(skip);
    let total = all.len();
    let value: Vec<Value> = all.into_iter().skip(start).take(length).collect();
    let mut body = json!({"totalCount": total, "value": value});
    if start + length < total {
        body["nextLink"] = json!(paging::next(context, start + length));
    }
    Ok(Reply::json(StatusCode::OK, &body))
}
