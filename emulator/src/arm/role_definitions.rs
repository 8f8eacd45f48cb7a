//! Role definitions: the built-in ones, and custom ones with their assignable scopes.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::envelope::{self, bad_content, error};
use super::{Answer, Context, authorization, paging, roles, scope};
use crate::server::reply::Reply;

use super::roles::RoleDefinition;

const TYPE: &str = "Microsoft.Authorization/roleDefinitions";

/// A definition's id as it reads at a scope: with the subscription where there is one.
pub(super) fn id(role: Uuid, of: &str) -> String {
    match scope::subscription(of) {
        Some(subscription) => format!("/subscriptions/{subscription}/providers/{TYPE}/{role}"),
        None => format!("/providers/{TYPE}/{role}"),
    }
}

fn body(role: &RoleDefinition, of: &str) -> Value {
    json!({
        "properties": {
            "roleName": role.name,
            "type": if role.built_in { "BuiltInRole" } else { "CustomRole" },
            "description": role.description,
            "assignableScopes": role.assignable_scopes,
            "permissions": [{
                "actions": role.actions,
                "notActions": role.not_actions,
                "dataActions": role.data_actions,
                "notDataActions": role.not_data_actions,
            }],
            "createdOn": "2015-02-02T21:55:09.8806423Z",
            "updatedOn": "2021-11-11T20:13:07.4993029Z",
            "createdBy": null,
            "updatedBy": null,
        },
        "id": id(role.id, of),
        "type": TYPE,
        "name": role.id,
    })
}

/// The message that clients know: the id without its dashes.
pub(super) fn unknown(id: Uuid, status: StatusCode) -> Reply {
    let message = format!("The specified role definition with ID '{}' does not exist.", id.simple());
    error(status, "RoleDefinitionDoesNotExist", &message)
}

pub(super) fn route(context: &mut Context<'_>, of: &[String], rest: &[String]) -> Answer {
    let of = scope::of(of);
    let verb = match context.call.method.as_str() {
        "GET" => "read",
        "PUT" => "write",
        "DELETE" => "delete",
        _ => return Err(super::not_yet(context.call)),
    };
    authorization::require(context, &format!("{TYPE}/{verb}"), &of)?;
    let [name] = rest else {
        return if rest.is_empty() && verb == "read" { list(context, &of) } else { Err(super::not_yet(context.call)) };
    };
    let role = name.parse::<Uuid>().map_err(|_| {
        let message = format!("The role definition ID '{name}' is not valid. The role definition ID must be a GUID.");
        error(StatusCode::BAD_REQUEST, "InvalidRoleDefinitionId", &message)
    })?;
    match verb {
        "read" => {
            let found = context.state().role(role).ok_or_else(|| unknown(role, StatusCode::NOT_FOUND))?;
            Ok(Reply::json(StatusCode::OK, &body(found, &of)))
        }
        "write" => put(context, &of, role),
        _ => delete(context, &of, role),
    }
}

/// What a list is narrowed by.
#[derive(Default)]
struct Filter {
    name: Option<String>,
    built_in: Option<bool>,
}

fn filter(context: &Context<'_>) -> Result<Filter, Reply> {
    let mut filter = Filter::default();
    let Some(text) = paging::parameter(context, "$filter") else { return Ok(filter) };
    let refused = || {
        let message = format!(
            "The filter '{text}' is not supported. Supported are roleName eq '…', type eq 'BuiltInRole', type eq 'CustomRole', atScopeAndBelow(), and these joined by 'and'."
        );
        error(StatusCode::BAD_REQUEST, "InvalidFilterInQueryString", &message)
    };
    for part in text.split(" and ") {
        let part = part.trim();
        let value = |name: &str| {
            let start = part.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name))?;
            let rest = part[start.len()..].trim_start().strip_prefix("eq")?.trim();
            Some(rest.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'"))
        };
        if let Some(name) = value("roleName") {
            filter.name = Some(name);
        } else if let Some(kind) = value("type") {
            filter.built_in = Some(kind.eq_ignore_ascii_case("BuiltInRole"));
        } else if !part.eq_ignore_ascii_case("atScopeAndBelow()") {
            return Err(refused());
        }
    }
    Ok(filter)
}

/// An unknown name is no error but an empty list; clients rely on it.
fn list(context: &Context<'_>, of: &str) -> Answer {
    let filter = filter(context)?;
    let shown = roles::all(context.state()).filter(|role| {
        filter.name.as_ref().is_none_or(|name| role.name.to_lowercase() == name.to_lowercase())
            && filter.built_in.is_none_or(|built_in| role.built_in == built_in)
            && roles::is_assignable(context.state(), role.id, of)
    });
    let all: Vec<Value> = shown.map(|role| body(role, of)).collect();
    Ok(Reply::json(StatusCode::OK, &json!({"value": all})))
}

fn texts(value: Option<&Value>, path: &str) -> Result<Vec<String>, Reply> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(all)) => all
            .iter()
            .map(|one| {
                one.as_str().map(str::to_owned).ok_or_else(|| bad_content(&format!("Not a text. Path '{path}'")))
            })
            .collect(),
        Some(_) => Err(bad_content(&format!("Not a list. Path '{path}'"))),
    }
}

fn put(context: &mut Context<'_>, of: &str, id: Uuid) -> Answer {
    let written = context.body()?;
    let properties = written.get("properties").cloned().unwrap_or_default();
    if roles::built_in(id).is_some() {
        let message = "A built-in role cannot be changed.";
        return Err(error(StatusCode::BAD_REQUEST, "RoleDefinitionImmutable", message));
    }
    let name = properties.get("roleName").and_then(Value::as_str).unwrap_or_default().to_owned();
    let assignable_scopes = texts(properties.get("assignableScopes"), "properties.assignableScopes")?;
    let permissions = match properties.get("permissions").and_then(Value::as_array).map(Vec::as_slice) {
        Some([one]) => one.clone(),
        _ => {
            return Err(error(
                StatusCode::BAD_REQUEST,
                "InvalidPermissions",
                "A role has exactly one set of permissions.",
            ));
        }
    };
    if name.is_empty() || assignable_scopes.is_empty() {
        let message = "A custom role needs a name and at least one assignable scope.";
        return Err(error(StatusCode::BAD_REQUEST, "InvalidRoleDefinition", message));
    }
    // Whoever makes a role must be allowed to do so in every scope in which it can then be given.
    for assignable in &assignable_scopes {
        if assignable.trim_matches('/').is_empty() {
            let message = "A custom role cannot be assignable at the root scope '/'.";
            return Err(error(StatusCode::BAD_REQUEST, "InvalidAssignableScope", message));
        }
        scope::require(context, assignable)?;
        authorization::require(context, &format!("{TYPE}/write"), assignable)?;
    }
    let other = roles::all(context.state()).find(|role| role.name.to_lowercase() == name.to_lowercase());
    if other.is_some_and(|other| other.id != id) {
        let message = format!(
            "A custom role with the same name already exists in this directory. Use a different name. Name: '{name}'."
        );
        return Err(error(StatusCode::CONFLICT, "RoleDefinitionWithSameNameExists", &message));
    }
    let rights = |field: &str| texts(permissions.get(field), &format!("properties.permissions[0].{field}"));
    let role = RoleDefinition {
        id,
        name,
        description: properties.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
        actions: rights("actions")?,
        not_actions: rights("notActions")?,
        data_actions: rights("dataActions")?,
        not_data_actions: rights("notDataActions")?,
        assignable_scopes,
        built_in: false,
    };
    let reply = Reply::json(StatusCode::CREATED, &body(&role, of));
    context.world.state.role_definitions.insert(id, role);
    Ok(reply)
}

fn delete(context: &mut Context<'_>, of: &str, id: Uuid) -> Answer {
    if roles::built_in(id).is_some() {
        let message = "A built-in role cannot be deleted.";
        return Err(error(StatusCode::BAD_REQUEST, "RoleDefinitionImmutable", message));
    }
    let state = &mut context.world.state;
    if !state.role_definitions.contains_key(&id) {
        return Ok(Reply::empty(StatusCode::NO_CONTENT));
    }
    if state.role_assignments.iter().any(|assignment| assignment.role == id) {
        let message = "There are existing role assignments referencing role (code: RoleDefinitionHasAssignments)";
        return Err(envelope::error(StatusCode::BAD_REQUEST, "RoleDefinitionHasAssignments", message));
    }
    match state.role_definitions.shift_remove(&id) {
        Some(role) => Ok(Reply::json(StatusCode::OK, &body(&role, of))),
        None => Ok(Reply::empty(StatusCode::NO_CONTENT)),
    }
}
