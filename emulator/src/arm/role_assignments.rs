//! Role assignments: who may do what, where.

use http::StatusCode;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::authorization::is_at_or_above;
use super::envelope::{bad_content, error};
use super::{Answer, Context, authorization, paging, role_definitions, roles, scope};
use crate::server::reply::Reply;
use crate::state::RoleAssignment;
use crate::state::directory::PrincipalType;

const TYPE: &str = "Microsoft.Authorization/roleAssignments";
/// The first version that takes a principal's type, and with it skips the look into the directory.
const PRINCIPAL_TYPE_SINCE: &str = "2018-09-01";

/// When what has always been there was made: 2020-01-01, in milliseconds.
const ALWAYS: i64 = 1_577_836_800_000;

fn stamp(at: i64) -> String {
    let at = if at == 0 { ALWAYS } else { at };
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000);
    let form = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:7]Z");
    at.ok().and_then(|at| at.format(form).ok()).unwrap_or_default()
}

/// The assignment's id: the root's own has no double slash.
fn id(assignment: &RoleAssignment) -> String {
    format!("{}/providers/{TYPE}/{}", assignment.scope.trim_end_matches('/'), assignment.name)
}

fn body(assignment: &RoleAssignment) -> Value {
    let by = assignment.created_by;
    // Nulls are explicit here.
    json!({
        "properties": {
            "roleDefinitionId": role_definitions::id(assignment.role, &assignment.scope),
            "principalId": assignment.principal_id,
            "principalType": assignment.principal_type.name(),
            "scope": assignment.scope,
            "condition": assignment.condition,
            "conditionVersion": assignment.condition_version,
            "createdOn": stamp(assignment.updated_at),
            "updatedOn": stamp(assignment.updated_at),
            "createdBy": by,
            "updatedBy": by,
            "delegatedManagedIdentityResourceId": assignment.delegated,
            "description": assignment.description,
        },
        "id": id(assignment),
        "type": TYPE,
        "name": assignment.name,
    })
}

pub(super) fn route(context: &mut Context<'_>, of: &[String], rest: &[String]) -> Answer {
    let of = scope::of(of);
    let verb = match context.call.method.as_str() {
        "GET" => "read",
        "PUT" => "write",
        "DELETE" => "delete",
        _ => return Err(super::not_yet(context.call)),
    };
    let target = match rest {
        [] => of.clone(),
        [name, ..] => format!("{}/providers/{TYPE}/{name}", of.trim_end_matches('/')),
    };
    authorization::require(context, &format!("{TYPE}/{verb}"), &target)?;
    let [name] = rest else {
        return if rest.is_empty() && verb == "read" { list(context, &of) } else { Err(super::not_yet(context.call)) };
    };
    let name = name.parse::<Uuid>().map_err(|_| {
        let message = format!("The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID.");
        error(StatusCode::BAD_REQUEST, "InvalidRoleAssignmentId", &message)
    })?;
    match verb {
        "read" => {
            scope::require(context, &of)?;
            let found = context.state().role_assignments.iter().find(|one| is(one, name, &of));
            let assignment = found.ok_or_else(|| {
                let message = format!("The role assignment '{name}' is not found.");
                error(StatusCode::NOT_FOUND, "RoleAssignmentNotFound", &message)
            })?;
            Ok(Reply::json(StatusCode::OK, &body(assignment)))
        }
        "write" => put(context, &of, name),
        _ => delete(context, &of, name),
    }
}

fn is(assignment: &RoleAssignment, name: Uuid, of: &str) -> bool {
    assignment.name == name && same_scope(&assignment.scope, of)
}

fn same_scope(one: &str, other: &str) -> bool {
    one.trim_end_matches('/').to_lowercase() == other.trim_end_matches('/').to_lowercase()
}

fn text(properties: &Map<String, Value>, name: &str) -> Option<String> {
    properties.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// The principal's type: as given, or as the directory has it. The directory knows a new principal only after a
/// while; a type that is given spares the look, so that the assignment does not fail meanwhile.
fn principal_type(context: &Context<'_>, id: Uuid, properties: &Map<String, Value>) -> Result<PrincipalType, Reply> {
    let tenant = context.caller.tenant_id;
    let delay = context.world.settings.replication_delay_millis();
    let found = context.state().principal(id).filter(|found| found.tenant_id == tenant);
    let replicated =
        found.filter(|found| found.created_at == 0 || found.created_at.saturating_add(delay) <= context.now);
    let given = text(properties, "principalType").filter(|_| context.version >= PRINCIPAL_TYPE_SINCE);
    let Some(given) = given else {
        return replicated.map(|found| found.kind).ok_or_else(|| {
            let message = format!(
                "Principal {} does not exist in the directory {tenant}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
                id.simple()
            );
            error(StatusCode::BAD_REQUEST, "PrincipalNotFound", &message)
        });
    };
    let kind = PrincipalType::parse(&given)
        .ok_or_else(|| bad_content(&format!("Error converting value \"{given}\". Path 'properties.principalType'")))?;
    match replicated {
        Some(found) if found.kind != kind => {
            let message = format!(
                "The PrincipalId '{}' has type '{}' , which is different from specified PrinciaplType '{}'.",
                id.simple(),
                found.kind.name(),
                kind.name()
            );
            Err(error(StatusCode::BAD_REQUEST, "UnmatchedPrincipalType", &message))
        }
        _ => Ok(kind),
    }
}

/// The role that is to be given, if it may be given here.
fn role(context: &Context<'_>, properties: &Map<String, Value>, of: &str) -> Result<Uuid, Reply> {
    let given = text(properties, "roleDefinitionId").unwrap_or_default();
    let Some(role) = given.trim_end_matches('/').rsplit('/').next().and_then(|id| id.parse::<Uuid>().ok()) else {
        let message = format!("The role definition ID '{given}' is not valid.");
        return Err(error(StatusCode::BAD_REQUEST, "InvalidRoleDefinitionId", &message));
    };
    let found = context.state().role(role);
    let found = found.ok_or_else(|| role_definitions::unknown(role, StatusCode::BAD_REQUEST))?;
    if roles::is_assignable(context.state(), role, of) {
        return Ok(role);
    }
    let message = format!(
        "The role definition '{}' is not assignable at scope '{of}': its assignable scopes are '{}'.",
        found.name,
        found.assignable_scopes.join("','")
    );
    Err(error(StatusCode::BAD_REQUEST, "RoleDefinitionNotAssignableAtScope", &message))
}

fn put(context: &mut Context<'_>, of: &str, name: Uuid) -> Answer {
    let written = context.body()?;
    let empty = Map::new();
    // Early versions took the fields beside `properties` as well; the service still reads only these.
    let properties = written.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    scope::require(context, of)?;
    let Some(principal_id) = text(properties, "principalId").and_then(|id| Uuid::parse_str(&id).ok()) else {
        let message = "A valid principal ID must be provided for role assignment.";
        return Err(error(StatusCode::BAD_REQUEST, "InvalidPrincipalId", message));
    };
    let role = role(context, properties, of)?;
    let (now, by, tenant_id) = (context.now, context.caller.object_id, context.caller.tenant_id);
    let all = &context.state().role_assignments;
    let same = |one: &RoleAssignment| {
        one.principal_id == principal_id && one.role == role && same_scope(&one.scope, of) && one.tenant_id == tenant_id
    };
    let condition = text(properties, "condition").filter(|condition| !condition.is_empty());
    let condition_version =
        condition.as_ref().map(|_| text(properties, "conditionVersion").unwrap_or_else(|| "2.0".to_owned()));
    let description = text(properties, "description");
    if let Some(at) = all.iter().position(|one| one.name == name && one.tenant_id == tenant_id) {
        if !same(&all[at]) {
            let message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.";
            return Err(error(StatusCode::BAD_REQUEST, "RoleAssignmentUpdateNotPermitted", message));
        }
        let existing = &mut context.world.state.role_assignments[at];
        existing.description = description;
        existing.condition = condition;
        existing.condition_version = condition_version;
        existing.updated_at = now;
        return Ok(Reply::json(StatusCode::CREATED, &body(existing)));
    }
    if all.iter().any(same) {
        let message = "The role assignment already exists.";
        return Err(error(StatusCode::CONFLICT, "RoleAssignmentExists", message));
    }
    let principal_type = principal_type(context, principal_id, properties)?;
    let assignment = RoleAssignment {
        name,
        tenant_id,
        principal_id,
        principal_type,
        role,
        scope: if of == "/" { of.to_owned() } else { of.trim_end_matches('/').to_owned() },
        description,
        condition,
        condition_version,
        delegated: text(properties, "delegatedManagedIdentityResourceId"),
        created_at: now,
        // The service writes twice; the first answer shows a moment in between.
        updated_at: now.saturating_add(451),
        created_by: Some(by),
        effective_at: now.saturating_add(context.world.settings.role_delay_millis()),
    };
    let mut first = body(&assignment);
    first["properties"]["createdBy"] = Value::Null;
    first["properties"]["createdOn"] = json!(stamp(assignment.created_at));
    context.world.state.role_assignments.push(assignment);
    Ok(Reply::json(StatusCode::CREATED, &first))
}

fn delete(context: &mut Context<'_>, of: &str, name: Uuid) -> Answer {
    let (now, tenant) = (context.now, context.caller.tenant_id);
    let state = &context.world.state;
    let found = state.role_assignments.iter().position(|one| is(one, name, of) && one.tenant_id == tenant);
    let Some(at) = found else { return Ok(Reply::empty(StatusCode::NO_CONTENT)) };
    let grants = |one: &RoleAssignment| {
        one.tenant_id == tenant
            && state.role(one.role).is_some_and(|role| role.allows("Microsoft.Authorization/roleAssignments/write"))
    };
    let leaving = &state.role_assignments[at];
    let subscription = scope::subscription(of).map(|id| format!("/subscriptions/{id}"));
    if let Some(subscription) = subscription.filter(|id| grants(leaving) && same_scope(id, of)) {
        let mut others = state.role_assignments.iter().enumerate().filter(|(other, _)| *other != at);
        if !others.any(|(_, other)| grants(other) && is_at_or_above(&other.scope, &subscription)) {
            let message = "Cannot delete the last RBAC admin assignment";
            return Err(error(StatusCode::BAD_REQUEST, "CannotDeleteLastRbacAdminAssignment", message));
        }
    }
    let world = &mut *context.world;
    let gone = world.state.role_assignments.remove(at);
    let reply = Reply::json(StatusCode::OK, &body(&gone));
    let delay = world.settings.role_delay_millis();
    world.lingering.retain(|(until, _)| now < *until);
    if delay > 0 && gone.effective_at <= now {
        world.lingering.push((now.saturating_add(delay), gone));
    }
    Ok(reply)
}

/// Which assignments a list gives, beside those of the scope's own lineage.
enum Filter {
    /// Here, above and below.
    None,
    /// Here and above.
    AtScope,
    /// One principal's, here, above and below.
    Principal(Uuid),
    /// One principal's, and those of its groups, here and above.
    AtScopeAssignedTo(Uuid),
}

fn filter(context: &Context<'_>) -> Result<Filter, Reply> {
    let Some(text) = paging::parameter(context, "$filter") else { return Ok(Filter::None) };
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    let guid = |text: Option<&str>| text.and_then(|text| Uuid::parse_str(text.trim_matches('\'')).ok());
    let assigned = |text: &str| guid(text.strip_prefix("assignedto(").and_then(|rest| rest.strip_suffix(')')));
    let filter = if compact == "atscope()" {
        Some(Filter::AtScope)
    } else if let Some(both) = compact.strip_prefix("atscope()and") {
        assigned(both).map(Filter::AtScopeAssignedTo)
    } else {
        // No groups with members are emulated: assignedTo is the principal's own.
        guid(compact.strip_prefix("principalideq")).or_else(|| assigned(&compact)).map(Filter::Principal)
    };
    filter.ok_or_else(|| {
        let message = format!(
            "The filter '{text}' is not supported. Supported filters are either 'atScope()' or 'principalId eq '{{value}}' or assignedTo('{{value}}')' or 'atScope() and assignedTo('{{value}}')'."
        );
        error(StatusCode::BAD_REQUEST, "UnsupportedQuery", &message)
    })
}

fn list(context: &Context<'_>, of: &str) -> Answer {
    scope::require(context, of)?;
    let filter = filter(context)?;
    let tenant = context.caller.tenant_id;
    let shown = context.state().role_assignments.iter().filter(|one| {
        let above = is_at_or_above(&one.scope, of);
        let below = is_at_or_above(of, &one.scope);
        one.tenant_id == tenant
            && match filter {
                Filter::None => above || below,
                Filter::AtScope => above,
                Filter::Principal(id) => (above || below) && one.principal_id == id,
                Filter::AtScopeAssignedTo(id) => above && one.principal_id == id,
            }
    });
    paging::page(context, shown, body)
}
