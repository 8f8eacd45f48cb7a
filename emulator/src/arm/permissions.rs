//! `GET {scope}/providers/Microsoft.Authorization/permissions`: what the caller may do at a scope.

use http::StatusCode;
use serde_json::{Value, json};

use super::{Answer, Context, authorization, scope};
use crate::server::reply::Reply;

const READ: &str = "Microsoft.Authorization/permissions/read";

pub(super) fn list(context: &Context<'_>, of: &[String]) -> Answer {
    if context.call.method != http::Method::GET {
        return Err(super::not_yet(context.call));
    }
    let of = scope::of(of);
    authorization::require(context, READ, &of)?;
    scope::require(context, &of)?;
    let all: Vec<Value> = authorization::effective(context, &of)
        .map(|role| {
            json!({
                "actions": role.actions,
                "notActions": role.not_actions,
                "dataActions": role.data_actions,
                "notDataActions": role.not_data_actions,
            })
        })
        .collect();
    Ok(Reply::json(StatusCode::OK, &json!({"value": all})))
}
