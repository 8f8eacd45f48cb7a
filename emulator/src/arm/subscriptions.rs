//! Subscriptions and tenants: what a caller sees is what it has any role in.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Context, authorization};
use crate::server::reply::Reply;
use crate::state::Subscription;

const READ: &str = "Microsoft.Resources/subscriptions/read";

/// A role anywhere in a subscription, or above it, shows the subscription itself: so `az login` finds it.
pub(super) fn visible(context: &Context<'_>, subscription: &Subscription) -> bool {
    let id = format!("/subscriptions/{}", subscription.id);
    authorization::assignments(context).any(|assignment| {
        authorization::is_at_or_above(&assignment.scope, &id) || authorization::is_at_or_above(&id, &assignment.scope)
    })
}

fn body(subscription: &Subscription) -> Value {
    json!({
        "id": format!("/subscriptions/{}", subscription.id),
        "subscriptionId": subscription.id,
        "tenantId": subscription.tenant_id,
        "displayName": subscription.name,
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
    })
}

/// `GET /subscriptions/{s}`.
pub(super) fn get(context: &Context<'_>, id: Uuid) -> Answer {
    let subscription = super::subscription(context, id)?;
    if !visible(context, subscription) {
        authorization::require(context, READ, &format!("/subscriptions/{id}"))?;
    }
    Ok(Reply::json(StatusCode::OK, &body(subscription)))
}

/// `GET /subscriptions`: an empty list for a caller without any role.
pub(super) fn list(context: &Context<'_>) -> Reply {
    let value: Vec<Value> = context
        .state()
        .subscriptions
        .values()
        .filter(|subscription| subscription.tenant_id == context.caller.tenant_id && visible(context, subscription))
        .map(body)
        .collect();
    let count = json!({"type": "Total", "value": value.len()});
    Reply::json(StatusCode::OK, &json!({"value": value, "count": count}))
}

/// `GET /tenants`: the caller's own.
pub(super) fn tenants(context: &Context<'_>) -> Reply {
    let value: Vec<Value> = context
        .state()
        .tenants
        .iter()
        .filter(|tenant| tenant.id == context.caller.tenant_id)
        .map(|tenant| {
            json!({
                "id": format!("/tenants/{}", tenant.id),
                "tenantId": tenant.id,
                "displayName": tenant.name,
                "tenantCategory": "Home",
            })
        })
        .collect();
    Reply::json(StatusCode::OK, &json!({"value": value}))
}
