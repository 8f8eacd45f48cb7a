//! `GET …/resources`: everything in a subscription or group, of any type, in short.

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::envelope::{self, error};
use super::{Answer, Context, authorization, machine_identity, paging, user_identities};
use crate::server::reply::Reply;
use crate::state::{MachineKind, folded};

/// The types of `resourceType eq '…'`; every one where there is no filter.
fn wanted(context: &Context<'_>) -> Result<Option<String>, Reply> {
    let Some(text) = paging::parameter(context, "$filter") else { return Ok(None) };
    let value = text.trim().strip_prefix("resourceType").and_then(|rest| rest.trim_start().strip_prefix("eq"));
    let value = value.and_then(|rest| rest.trim().strip_prefix('\'')?.strip_suffix('\'').map(str::to_owned));
    value.map(Some).ok_or_else(|| {
        let message = format!("The filter '{text}' is not supported: resourceType eq '…' is.");
        error(StatusCode::BAD_REQUEST, "InvalidFilterInQueryString", &message)
    })
}

/// Those that the caller may read: the list is filtered rather than refused.
pub(super) fn list(context: &Context<'_>, subscription: Uuid, group: Option<&str>) -> Answer {
    let of = super::subscription(context, subscription)?;
    let wanted = wanted(context)?;
    let is_wanted = |kind: &str| wanted.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(kind));
    if let Some(name) = group {
        let scope = super::resource_groups::id(subscription, name);
        authorization::require(context, "Microsoft.Resources/subscriptions/resourceGroups/resources/read", &scope)?;
        of.resource_groups.get(&folded(name)).ok_or_else(|| envelope::no_group(name))?;
    }
    let allowed = |kind: &str, id: &str| authorization::allowed(context, &format!("{kind}/read"), id);
    let mut all: Vec<Value> = Vec::new();
    let groups = of.resource_groups.values().filter(|one| group.is_none_or(|name| folded(&one.name) == folded(name)));
    for one in groups {
        let mut put = |id: String, name: &str, kind: &str, location: &str, tags: Value, identity: Option<Value>| {
            if !is_wanted(kind) || !allowed(kind, &id) {
                return;
            }
            let mut item = Map::new();
            item.insert("id".to_owned(), json!(id));
            item.insert("name".to_owned(), json!(name));
            item.insert("type".to_owned(), json!(kind));
            item.insert("location".to_owned(), json!(location));
            if tags.as_object().is_some_and(|tags| !tags.is_empty()) {
                item.insert("tags".to_owned(), tags);
            }
            if let Some(identity) = identity {
                item.insert("identity".to_owned(), identity);
            }
            all.push(Value::Object(item));
        };
        for identity in one.user_identities.values() {
            // Resource Manager's own list spells `resourceGroups`, unlike the provider.
            let id = super::resource_groups::id(subscription, &one.name);
            let id = format!("{id}/providers/{}/{}", user_identities::TYPE, identity.name);
            put(id, &identity.name, user_identities::TYPE, &identity.location, json!(identity.tags), None);
        }
        for kind in [MachineKind::Vm, MachineKind::ScaleSet] {
            for vm in kind.machines(one).values() {
                let id = kind.id(subscription, &one.name, &vm.name);
                let identity = machine_identity::block(context.state(), of.tenant_id, vm);
                put(id, &vm.name, kind.type_name(), &vm.location, json!(vm.tags), identity);
            }
        }
    }
    paging::page(context, all.into_iter())
}
