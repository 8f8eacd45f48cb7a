//! Which identity a request means, and the tenant that `info` tells.

use http::StatusCode;
use serde_json::json;

use super::refusal::{bad_version, identity_not_found, no_vm, refuse};
use super::versions;
use crate::server::call::Call;
use crate::server::reply::Reply;
use crate::shared::Shared;
use crate::state::{State, VmPlace};
use crate::token::Subject;

/// Query parameters that name an identity. The service documents `msi_res_id` and takes `mi_res_id` as well; any
/// other name is ignored, so that a misspelt selector yields the default identity.
const SELECTORS: [&str; 4] = ["client_id", "object_id", "msi_res_id", "mi_res_id"];

/// The one selector of a request: its name and value.
pub(super) fn selector(call: &Call) -> Result<Option<(&'static str, &str)>, Reply> {
    let mut given = SELECTORS.into_iter().filter_map(|name| Some((name, call.parameter(name)?)));
    let first = given.next();
    if given.next().is_some() {
        let reason = "Only one of client_id, object_id and msi_res_id may be specified";
        return Err(refuse(StatusCode::BAD_REQUEST, "invalid_request", reason));
    }
    Ok(first)
}

/// The identity that a request means on this machine.
pub(super) fn select(state: &State, place: VmPlace<'_>, wanted: Option<(&str, &str)>) -> Result<Subject, Reply> {
    let system = place.system_subject();
    let mut users = state.attached(place.vm).map(|identity| identity.subject());
    let Some((kind, value)) = wanted else {
        if let Some(system) = system {
            return Ok(system);
        }
        let first = users.next().ok_or_else(identity_not_found)?;
        if users.next().is_some() {
            let reason = "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request";
            return Err(refuse(StatusCode::BAD_REQUEST, "invalid_request", reason));
        }
        return Ok(first);
    };
    let is = |subject: &Subject| match kind {
        "client_id" => subject.client_id.to_string().eq_ignore_ascii_case(value),
        "object_id" => subject.principal_id.to_string().eq_ignore_ascii_case(value),
        _ => subject.resource_id.eq_ignore_ascii_case(value),
    };
    // A resource id names a user-assigned identity only; the machine's own id is none.
    let by_resource = kind.ends_with("res_id");
    system.filter(|_| !by_resource).into_iter().chain(users).find(is).ok_or_else(identity_not_found)
}

/// `GET /metadata/identity/info`: the tenant of the machine's identity.
pub(super) fn info(shared: &Shared, call: &Call, vm: Option<&str>) -> Reply {
    let version = call.parameter("api-version");
    if version.and_then(|v| versions::known(v, versions::FIRST_WITH_IDENTITY)).is_none() {
        return bad_version(true, version.is_none());
    }
    let world = shared.world();
    let Some(place) = world.state.vm(vm) else { return no_vm(true, vm) };
    let seen = world.seen_by_metadata(place.vm, &place.id());
    let vm = seen.as_ref().unwrap_or(place.vm);
    if vm.system.is_none() && world.state.attached(vm).next().is_none() {
        return identity_not_found();
    }
    Reply::json(StatusCode::OK, &json!({"tenantId": place.subscription.tenant_id}))
}
