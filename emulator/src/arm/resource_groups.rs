//! Resource groups.

use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::envelope::{self, error};
use super::operations::{self, Work};
use super::{Answer, Context, Place, authorization, paging};
use crate::server::reply::Reply;
use crate::state::{ResourceGroup, Tags, folded, names};

const READ: &str = "Microsoft.Resources/subscriptions/resourceGroups/read";
const WRITE: &str = "Microsoft.Resources/subscriptions/resourceGroups/write";
const DELETE: &str = "Microsoft.Resources/subscriptions/resourceGroups/delete";
/// What the service asks clients to wait between looks at a deletion.
const DELETE_RETRY_AFTER: u64 = 15;

#[derive(Serialize)]
struct Body<'a> {
    id: String,
    name: &'a str,
    r#type: &'static str,
    location: &'a str,
    #[serde(skip_serializing_if = "Tags::is_empty")]
    tags: &'a Tags,
    properties: Properties,
}

#[derive(Serialize)]
struct Properties {
    #[serde(rename = "provisioningState")]
    provisioning_state: &'static str,
}

/// The group's id as Resource Manager answers it: `resourceGroups` in camel case.
pub(super) fn id(subscription: Uuid, name: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/{name}")
}

fn body(subscription: Uuid, group: &ResourceGroup) -> Body<'_> {
    Body {
        id: id(subscription, &group.name),
        name: &group.name,
        r#type: "Microsoft.Resources/resourceGroups",
        location: &group.location,
        tags: &group.tags,
        properties: Properties { provisioning_state: if group.deleting { "Deleting" } else { "Succeeded" } },
    }
}

/// The tags of a written resource: text values only.
pub(super) fn tags(body: &Map<String, Value>) -> Result<Option<Tags>, Reply> {
    let fields = match body.get("tags") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(fields)) => fields,
        Some(_) => return Err(envelope::bad_content("Error converting value to tags. Path 'tags'")),
    };
    let tag = |(name, value): (&String, &Value)| match value {
        Value::String(text) => Ok((name.clone(), text.clone())),
        _ => Err(envelope::bad_content(&format!("Unexpected value of a tag. Path 'tags.{name}'"))),
    };
    fields.iter().map(tag).collect::<Result<Tags, Reply>>().map(Some)
}

/// The location of a written resource, as Azure spells it.
pub(super) fn location(body: &Map<String, Value>) -> Result<Option<String>, Reply> {
    let Some(given) = body.get("location").and_then(Value::as_str).filter(|l| !l.is_empty()) else { return Ok(None) };
    names::location(given).map(Some).map_err(|_| {
        let message = format!("The provided location '{given}' is not available for resource group.");
        error(StatusCode::BAD_REQUEST, "LocationNotAvailableForResourceGroup", &message)
    })
}

/// The group that a resource is to be written to.
pub(super) fn writable<'a>(context: &'a Context<'_>, place: Place<'_>) -> Result<&'a ResourceGroup, Reply> {
    let found = context.state().group(place.subscription, place.group);
    let (_, group) = found.ok_or_else(|| envelope::no_group(place.group))?;
    if group.deleting { Err(envelope::being_deleted(&group.name)) } else { Ok(group) }
}

pub(super) fn route(context: &mut Context<'_>, place: Place<'_>) -> Answer {
    let scope = id(place.subscription, place.group);
    let method = context.call.method.as_str();
    let action = match method {
        "GET" | "HEAD" => READ,
        "PUT" | "PATCH" => WRITE,
        "DELETE" => DELETE,
        _ => return Err(super::not_yet(context.call)),
    };
    authorization::require(context, action, &scope)?;
    match method {
        "GET" => {
            let found = context.state().group(place.subscription, place.group);
            let (_, group) = found.ok_or_else(|| envelope::no_group(place.group))?;
            Ok(Reply::json(StatusCode::OK, &body(place.subscription, group)))
        }
        "HEAD" => {
            let found = context.state().group(place.subscription, place.group).is_some();
            Ok(Reply::empty(if found { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }))
        }
        "PUT" => put(context, place),
        "PATCH" => patch(context, place),
        _ => delete(context, place),
    }
}

fn put(context: &mut Context<'_>, place: Place<'_>) -> Answer {
    let written = context.body()?;
    names::resource_group(place.group).map_err(|rule| envelope::bad_name(place.group, rule))?;
    let location = location(&written)?.ok_or_else(envelope::location_required)?;
    let tags = tags(&written)?.unwrap_or_default();
    let Some(subscription) = context.world.state.subscriptions.get_mut(&place.subscription) else {
        return Err(envelope::no_subscription(place.subscription));
    };
    if let Some(group) = subscription.resource_groups.get_mut(&folded(place.group)) {
        if group.deleting {
            return Err(envelope::being_deleted(&group.name));
        }
        if group.location != location {
            let message = format!(
                "Invalid resource group location '{location}'. The Resource group already exists in location '{}'.",
                group.location
            );
            return Err(error(StatusCode::CONFLICT, "InvalidResourceGroupLocation", &message));
        }
        group.tags = tags;
        return Ok(Reply::json(StatusCode::OK, &body(place.subscription, group)));
    }
    let group = ResourceGroup { name: place.group.to_owned(), location, tags, ..ResourceGroup::default() };
    let reply = Reply::json(StatusCode::CREATED, &body(place.subscription, &group));
    subscription.resource_groups.insert(folded(place.group), group);
    Ok(reply)
}

fn patch(context: &mut Context<'_>, place: Place<'_>) -> Answer {
    let written = context.body()?;
    let tags = tags(&written)?;
    let found = context.world.state.group_mut(place.subscription, place.group);
    let group = found.ok_or_else(|| envelope::no_group(place.group))?;
    if group.deleting {
        return Err(envelope::being_deleted(&group.name));
    }
    if let Some(tags) = tags {
        group.tags = tags;
    }
    Ok(Reply::json(StatusCode::OK, &body(place.subscription, group)))
}

fn delete(context: &mut Context<'_>, place: Place<'_>) -> Answer {
    let found = context.world.state.group_mut(place.subscription, place.group);
    let group = found.ok_or_else(|| envelope::no_group(place.group))?;
    group.deleting = true;
    let name = group.name.clone();
    let started = operations::start(context, place.subscription, Work::DeleteGroup { group: folded(&name) }, None);
    Ok(operations::accepted(context, &started, DELETE_RETRY_AFTER))
}

/// `GET /subscriptions/{s}/resourcegroups`: those that the caller may read, as Resource Manager filters them.
pub(super) fn list(context: &Context<'_>, subscription: Uuid) -> Answer {
    let groups = &super::subscription(context, subscription)?.resource_groups;
    let whole = format!("/subscriptions/{subscription}");
    if !super::subscriptions::visible(context, super::subscription(context, subscription)?) {
        authorization::require(context, READ, &whole)?;
    }
    let tag = match paging::parameter(context, "$filter") {
        None => None,
        Some(filter) => Some(tag_filter(filter)?),
    };
    let everywhere = authorization::allowed(context, READ, &whole);
    let shown = groups.values().filter(|group| {
        let tagged = tag.as_ref().is_none_or(|(name, value)| {
            group
                .tags
                .iter()
                .any(|(n, v)| n.eq_ignore_ascii_case(name) && value.as_ref().is_none_or(|value| v == value))
        });
        tagged && (everywhere || authorization::allowed(context, READ, &id(subscription, &group.name)))
    });
    paging::page(context, shown, |group| body(subscription, group))
}

/// `tagName eq 'x'`, with `and tagValue eq 'y'` or without.
fn tag_filter(filter: &str) -> Result<(String, Option<String>), Reply> {
    // The Azure CLI spells the names in lower case.
    let value = |part: &str, name: &str| {
        let (given, rest) = part.trim().split_at_checked(name.len())?;
        let rest = Some(rest).filter(|_| given.eq_ignore_ascii_case(name))?.trim_start().strip_prefix("eq")?.trim();
        Some(rest.strip_prefix('\'')?.strip_suffix('\'')?.to_owned())
    };
    let mut parts = filter.splitn(2, " and ");
    let name = parts.next().and_then(|part| value(part, "tagName"));
    match (name, parts.next().map(|part| value(part, "tagValue"))) {
        (Some(name), None) => Ok((name, None)),
        (Some(name), Some(Some(value))) => Ok((name, Some(value))),
        _ => {
            let message = format!("The filter '{filter}' is not supported: tagName eq '…' [and tagValue eq '…'] is.");
            Err(error(StatusCode::BAD_REQUEST, "InvalidFilterInQueryString", &message))
        }
    }
}
