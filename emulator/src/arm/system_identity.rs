//! `GET {scope}/providers/Microsoft.ManagedIdentity/identities/default`: a resource's system-assigned identity.

use http::StatusCode;
use serde_json::json;

use super::envelope::{self, error};
use super::{Answer, Context, authorization, scope};
use crate::server::reply::Reply;
use crate::state::folded;

const READ: &str = "Microsoft.ManagedIdentity/identities/read";

pub(super) fn get(context: &Context<'_>, of: &[String]) -> Answer {
    if context.call.method != http::Method::GET {
        return Err(super::not_yet(context.call));
    }
    authorization::require(context, READ, &scope::of(of))?;
    let Some((kind, place)) = scope::machine(of) else {
        return Err(envelope::not_implemented("Only virtual machines and scale sets have identities here"));
    };
    let found = context.state().group(place.subscription, place.group);
    let (subscription, group) = found.ok_or_else(|| envelope::no_group(place.group))?;
    let vm = kind.machines(group).get(&folded(place.name));
    let vm = vm.ok_or_else(|| envelope::no_resource(kind.type_name(), place.name, place.group))?;
    let Some(system) = vm.system else {
        let message = format!("No system-assigned identity was found for the resource '{}'.", scope::of(of));
        return Err(error(StatusCode::NOT_FOUND, "ResourceNotFound", &message));
    };
    let id = kind.id(subscription.id, &group.name, &vm.name);
    let (tenant, principal, client) = (subscription.tenant_id, system.principal_id, system.client_id);
    // Id, name and type are the machine's own, not those of `identities/default`.
    let body = json!({
        "id": id,
        "name": vm.name,
        "type": kind.type_name(),
        "location": vm.location,
        "tags": vm.tags,
        "properties": {
            "tenantId": tenant,
            "principalId": principal,
            "clientId": client,
            "clientSecretUrl": format!(
                "https://control-{}.identity.azure.net{id}/credentials?tid={tenant}&oid={principal}&aid={client}",
                vm.location
            ),
        },
    });
    Ok(Reply::json(StatusCode::OK, &body))
}
