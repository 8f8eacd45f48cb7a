//! Federated credentials of user-assigned identities.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};

use super::envelope::{self, error, service_error};
use super::user_identities::{self, TYPE as PARENT};
use super::{Answer, Context, Place, authorization, paging};
use crate::server::call::Call;
use crate::server::reply::Reply;
use crate::shared::Shared;
use crate::state::{FederatedCredential, folded, names, user_identity_path};

const TYPE: &str = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";
/// The service's limit for one identity.
const MOST: usize = 20;

fn body(place: Place<'_>, group: &str, identity: &str, credential: &FederatedCredential) -> Value {
    let parent = user_identities::id(place.subscription, group, identity);
    json!({
        "id": format!("{parent}/federatedIdentityCredentials/{}", credential.name),
        "name": credential.name,
        "type": TYPE,
        "properties": {
            "issuer": credential.issuer,
            "subject": credential.subject,
            "audiences": credential.audiences,
        },
    })
}

fn require(context: &Context<'_>, place: Place<'_>, name: &str, verb: &str) -> Result<(), Reply> {
    let parent = user_identities::scope(place);
    let scope = if name.is_empty() { parent } else { format!("{parent}/federatedIdentityCredentials/{name}") };
    authorization::require(context, &format!("{TYPE}/{verb}"), &scope)
}

pub(super) fn list(context: &Context<'_>, place: Place<'_>) -> Answer {
    require(context, place, "", "read")?;
    let (group, identity) = user_identities::find(context, place)?;
    let all = identity.federated_credentials.values();
    paging::page(context, all, |credential| body(place, group, &identity.name, credential))
}

pub(super) fn route(context: &mut Context<'_>, place: Place<'_>, name: &str) -> Answer {
    match context.call.method.as_str() {
        "GET" => {
            require(context, place, name, "read")?;
            let (group, identity) = user_identities::find(context, place)?;
            let found = identity.federated_credentials.get(&folded(name));
            let credential =
                found.ok_or_else(|| envelope::no_resource(TYPE, &format!("{}/{name}", identity.name), group))?;
            Ok(Reply::json(StatusCode::OK, &body(place, group, &identity.name, credential)))
        }
        "PUT" => {
            require(context, place, name, "write")?;
            put(context, place, name)
        }
        "DELETE" => {
            require(context, place, name, "delete")?;
            delete(context, place, name)
        }
        _ => Err(super::not_yet(context.call)),
    }
}

/// One write at a time on an identity: the service refuses a second one instead of queueing it.
fn begin_write(context: &mut Context<'_>, parent: &str) -> Result<(), Reply> {
    let now = context.now;
    let parent = parent.to_lowercase();
    let writes = &mut context.world.federated_writes;
    writes.retain(|(_, until)| now < *until);
    if writes.iter().any(|(of, _)| *of == parent) {
        let code = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity";
        let message = "Too many Federated Identity Credentials are written concurrently for the managed identity. Concurrent Federated Identity Credentials writes under the same managed identity are not supported.";
        return Err(service_error(StatusCode::CONFLICT, code, message));
    }
    let lasts = context.world.settings.federated_write_millis();
    context.world.federated_writes.push((parent, now.saturating_add(lasts)));
    Ok(())
}

/// Keeps a write's answer back for as long as the write takes: only so can two of them meet.
pub(super) async fn hold(shared: &Shared, call: &Call, segments: &[String]) {
    let write = call.method != http::Method::GET
        && segments.len() == 10
        && segments[8].eq_ignore_ascii_case("federatedIdentityCredentials");
    if !write {
        return;
    }
    let parent = format!("/{}", segments[..8].join("/"));
    let Some((subscription, group, name)) = user_identity_path(&parent) else { return };
    let parent = user_identities::id(subscription, group, name).to_lowercase();
    let lasts = {
        let world = shared.world();
        let lasts = world.settings.federated_write_millis();
        world.federated_writes.iter().any(|(of, _)| *of == parent).then_some(lasts)
    };
    let Some(lasts) = lasts.filter(|lasts| *lasts > 0) else { return };
    tokio::time::sleep(Duration::from_millis(lasts.unsigned_abs())).await;
    shared.world().federated_writes.retain(|(of, _)| *of != parent);
}

fn text<'a>(properties: &'a Value, name: &str) -> Result<&'a str, Reply> {
    properties.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or_else(|| {
        let message = format!("The property '{name}' of the federated identity credential is missing or empty.");
        service_error(StatusCode::BAD_REQUEST, "BadRequest", &message)
    })
}

fn put(context: &mut Context<'_>, place: Place<'_>, name: &str) -> Answer {
    let written = context.body()?;
    names::federated_credential(name).map_err(|rule| envelope::bad_name(name, rule))?;
    let properties = written.get("properties").cloned().unwrap_or_default();
    if properties.get("claimsMatchingExpression").is_some_and(|expression| !expression.is_null()) {
        return Err(envelope::not_implemented("Claims matching expressions are not emulated; give a subject"));
    }
    let audiences: Vec<String> = match properties.get("audiences") {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    if audiences.len() != 1 {
        let message = "A federated identity credential has exactly one audience.";
        return Err(service_error(StatusCode::BAD_REQUEST, "BadRequest", message));
    }
    let credential = FederatedCredential {
        name: name.to_owned(),
        issuer: text(&properties, "issuer")?.to_owned(),
        subject: text(&properties, "subject")?.to_owned(),
        audiences,
    };
    let Ok((group, identity)) = user_identities::find(context, place) else {
        let message = format!(
            "Failed to perform 'write' on resource(s) of type 'userAssignedIdentities/federatedIdentityCredentials', because the parent resource '{}' could not be found.",
            user_identities::scope(place)
        );
        return Err(error(StatusCode::NOT_FOUND, "ParentResourceNotFound", &message));
    };
    let (group, parent_name) = (group.to_owned(), identity.name.clone());
    let key = folded(name);
    let mut others = identity.federated_credentials.iter().filter(|(other, _)| **other != key).map(|(_, c)| c);
    let parent = user_identities::id(place.subscription, &group, &parent_name);
    if others.any(|other| other.issuer == credential.issuer && other.subject == credential.subject) {
        let message = "Issuer and subject combination already exists for this Managed Identity.";
        return Err(service_error(StatusCode::CONFLICT, "Conflict", message));
    }
    let exists = identity.federated_credentials.contains_key(&key);
    if !exists && identity.federated_credentials.len() >= MOST {
        let message = format!(
            "Too many Federated Identity Credentials are configured on the managed identity: at most {MOST} are allowed for '{PARENT}'."
        );
        return Err(service_error(StatusCode::BAD_REQUEST, "BadRequest", &message));
    }
    begin_write(context, &parent)?;
    let body = body(place, &group, &parent_name, &credential);
    let found = context.world.state.group_mut(place.subscription, place.group);
    if let Some(identity) = found.and_then(|group| group.user_identities.get_mut(&folded(place.name))) {
        identity.federated_credentials.insert(key, credential);
    }
    if exists {
        return Ok(Reply::json(StatusCode::OK, &body));
    }
    let location = body["id"].as_str().unwrap_or_default().to_owned();
    // A path, as with the identity itself.
    Ok(Reply::json(StatusCode::CREATED, &body).with("location", &location))
}

fn delete(context: &mut Context<'_>, place: Place<'_>, name: &str) -> Answer {
    let Ok((group, identity)) = user_identities::find(context, place) else {
        return Ok(Reply::empty(StatusCode::NO_CONTENT));
    };
    if !identity.federated_credentials.contains_key(&folded(name)) {
        return Ok(Reply::empty(StatusCode::NO_CONTENT));
    }
    let parent = user_identities::id(place.subscription, group, &identity.name);
    begin_write(context, &parent)?;
    let found = context.world.state.group_mut(place.subscription, place.group);
    if let Some(identity) = found.and_then(|group| group.user_identities.get_mut(&folded(place.name))) {
        identity.federated_credentials.shift_remove(&folded(name));
    }
    Ok(Reply::empty(StatusCode::OK))
}
