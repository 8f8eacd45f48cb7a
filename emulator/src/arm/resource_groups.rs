//! Resource groups.

use http::StatusCode;
use serde::Serialize;

use super::envelope::error;
use super::{Context, authorization};
use crate::server::reply::Reply;
use crate::state::{ResourceGroup, Subscription, Tags, folded};

const READ: &str = "Microsoft.Resources/subscriptions/resourceGroups/read";

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
fn id(subscription: &Subscription, name: &str) -> String {
    format!("/subscriptions/{}/resourceGroups/{name}", subscription.id)
}

fn body<'a>(subscription: &Subscription, group: &'a ResourceGroup) -> Body<'a> {
    Body {
        id: id(subscription, &group.name),
        name: &group.name,
        r#type: "Microsoft.Resources/resourceGroups",
        location: &group.location,
        tags: &group.tags,
        properties: Properties { provisioning_state: "Succeeded" },
    }
}

/// `GET /subscriptions/{s}/resourceGroups/{name}`.
pub(super) fn get(context: &Context<'_>, subscription: &Subscription, name: &str) -> Result<Reply, Reply> {
    authorization::require(context, READ, &id(subscription, name))?;
    let group = subscription.resource_groups.get(&folded(name)).ok_or_else(|| {
        let message = format!("Resource group '{name}' could not be found.");
        error(StatusCode::NOT_FOUND, "ResourceGroupNotFound", &message)
    })?;
    Ok(Reply::json(StatusCode::OK, &body(subscription, group)))
}
