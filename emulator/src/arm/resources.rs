//! `GET …/resources`: everything in a subscription or group, of any type, in short.

use http::StatusCode;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::envelope::{self, error};
use super::{Answer, Context, authorization, machine_identity, paging, user_identities};
use crate::server::reply::Reply;
use crate::state::{MachineKind, folded};

/// What a list is narrowed by; every resource where nothing is given.
#[derive(Default)]
struct Filter {
    kind: Option<String>,
    group: Option<String>,
    name: Option<String>,
    location: Option<String>,
}

impl Filter {
    fn lets_pass(&self, kind: &str, group: &str, name: &str, location: &str) -> bool {
        let is = |wanted: &Option<String>, given: &str| wanted.as_ref().is_none_or(|w| folded(w) == folded(given));
        is(&self.kind, kind) && is(&self.group, group) && is(&self.name, name) && is(&self.location, location)
    }
}

/// `resourceType eq '…'` and the like, joined by `and`.
fn filter(context: &Context<'_>) -> Result<Filter, Reply> {
    let mut filter = Filter::default();
    let Some(text) = paging::parameter(context, "$filter") else { return Ok(filter) };
    for part in text.split(" and ") {
        let known = [
            ("resourceType", &mut filter.kind),
            ("resourceGroup", &mut filter.group),
            ("name", &mut filter.name),
            ("location", &mut filter.location),
        ];
        let found = known.into_iter().find_map(|(name, field)| {
            let rest = part.trim().strip_prefix(name)?.trim_start().strip_prefix("eq")?.trim();
            *field = Some(rest.strip_prefix('\'')?.strip_suffix('\'')?.to_owned());
            Some(())
        });
        if found.is_none() {
            let message = format!(
                "The filter '{text}' is not supported: resourceType, resourceGroup, name and location eq '…' are, joined by 'and'."
            );
            return Err(error(StatusCode::BAD_REQUEST, "InvalidFilterInQueryString", &message));
        }
    }
    Ok(filter)
}

/// Those that the caller may read: the list is filtered rather than refused.
pub(super) fn list(context: &Context<'_>, subscription: Uuid, group: Option<&str>) -> Answer {
    let of = super::subscription(context, subscription)?;
    let filter = filter(context)?;
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
            if !filter.lets_pass(kind, &one.name, name, location) || !allowed(kind, &id) {
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
    paging::page(context, all.into_iter(), |item| item)
}
