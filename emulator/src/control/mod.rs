//! The control interface under `/_emulator/`: state, log, faults, clock, tokens, settings.

pub(crate) mod facts;
pub(crate) mod populate;
pub(crate) mod settings;

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

use crate::door::Door;
use crate::fault::Fault;
use crate::request_log::RequestRecord;
use crate::server::call::Call;
use crate::server::reply::Reply;
use crate::shared::Shared;
use crate::state::State;
use crate::token::options::TokenOptions;
use crate::token::{Minted, TokenRequest};
use crate::trust::signing_key::SigningKey;
use populate::Populate;
use settings::Settings;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clock {
    offset_seconds: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Issue {
    principal: String,
    resource: Option<String>,
}

/// What a token is for where nothing else is said.
const ARM_RESOURCE: &str = "https://management.azure.com/";

/// A token of any principal of the state, as if it had signed in.
pub(crate) fn issue(
    shared: &Shared,
    key: &SigningKey,
    principal: &str,
    resource: Option<&str>,
) -> Result<std::sync::Arc<Minted>, String> {
    let mut world = shared.world();
    let subject = world.state.subject(principal)?;
    let issuer = shared.issuer(subject.tenant_id);
    let options = world.options.clone();
    let request = TokenRequest {
        issuer: &issuer,
        subject: &subject,
        resource: resource.unwrap_or(ARM_RESOURCE),
        form: options.form,
        bypass: false,
        now: world.now(),
    };
    Ok(world.tokens.get(key, &options, &request))
}

/// Answers one control request.
pub(crate) async fn answer(shared: &Shared, call: &Call) -> Reply {
    // A web page that the user happens to visit can reach a port of this machine, but sends an Origin and cannot
    // add our header without asking first, which is never granted.
    if call.headers.contains_key("origin") || call.header("midentity-emulator").is_none_or(|v| v != "true") {
        let message = "control requests need the header 'Midentity-Emulator: true' and no 'Origin'";
        return Reply::json(StatusCode::FORBIDDEN, &json!({"error": message}));
    }
    let answer = match (call.method.as_str(), call.path.trim_matches('/')) {
        ("POST", "_emulator/tokens/issue") => issue_token(shared, call).await,
        _ => route(shared, call),
    };
    match answer {
        Ok(reply) => reply,
        Err(reason) => Reply::json(StatusCode::BAD_REQUEST, &json!({"error": reason})),
    }
}

async fn issue_token(shared: &Shared, call: &Call) -> Result<Reply, String> {
    let asked: Issue = serde_json::from_slice(&call.body).map_err(|error| error.to_string())?;
    let key = shared.key.get().await;
    let minted = issue(shared, &key, &asked.principal, asked.resource.as_deref())?;
    let body = json!({"access_token": minted.token, "expires_on": minted.expires_on, "token_type": "Bearer"});
    Ok(Reply::json(StatusCode::OK, &body))
}

fn route(shared: &Shared, call: &Call) -> Result<Reply, String> {
    let path = call.path.trim_start_matches("/_emulator").trim_matches('/');
    let mut world = shared.world();
    Ok(match (call.method.as_str(), path) {
        ("GET", "state") => Reply::json(StatusCode::OK, &world.state.to_json()),
        ("PUT", "state") => {
            let state = State::parse(text(call)?).map_err(|error| error.to_string())?;
            world.replace_state(state);
            done()
        }
        ("POST", "reset") => {
            world.reset();
            done()
        }
        ("GET", "facts") => Reply::json(StatusCode::OK, &facts::of(&world.state, shared.vm.as_deref())),
        ("GET", "requests") => {
            let door = match call.parameter("door") {
                None => None,
                Some(name) => Some(
                    serde_json::from_value::<Door>(json!(name))
                        .map_err(|_| format!("'{name}' is no door; imds, arm and login are"))?,
                ),
            };
            let records: Vec<RequestRecord> = world.log.records(door).collect();
            Reply::json(StatusCode::OK, &json!({"requests": records, "total": world.log.total()}))
        }
        ("DELETE", "requests") => {
            world.log.clear();
            done()
        }
        ("POST", "faults") => {
            let faults = Fault::list_from_json(text(call)?).map_err(|error| error.to_string())?;
            let ids: Vec<u64> = faults.into_iter().map(|fault| world.faults.add(fault)).collect();
            Reply::json(StatusCode::OK, &json!({"ids": ids}))
        }
        ("GET", "faults") => Reply::json(StatusCode::OK, &json!({"faults": world.faults.list()})),
        ("DELETE", "faults") => {
            world.faults.clear();
            done()
        }
        ("PUT", "clock") => {
            let clock: Clock = serde_json::from_slice(&call.body).map_err(|error| error.to_string())?;
            world.clock_offset = clock.offset_seconds;
            done()
        }
        ("GET", "clock") => {
            Reply::json(StatusCode::OK, &json!({"offset_seconds": world.clock_offset, "now": world.now()}))
        }
        ("PUT", "tokens") => {
            let options: TokenOptions = serde_json::from_slice(&call.body).map_err(|error| error.to_string())?;
            world.set_options(options);
            done()
        }
        ("GET", "tokens") => Reply::json(StatusCode::OK, &world.options),
        ("PUT", "settings") => {
            world.settings = serde_json::from_slice::<Settings>(&call.body).map_err(|error| error.to_string())?;
            world.buckets = Default::default();
            done()
        }
        ("GET", "settings") => Reply::json(StatusCode::OK, &world.settings),
        ("POST", "populate") => {
            let wanted: Populate = serde_json::from_slice(&call.body).map_err(|error| error.to_string())?;
            let made = wanted.apply(&mut world.state)?;
            Reply::json(StatusCode::OK, &json!({"user_identities": made}))
        }
        _ => return Ok(unknown(call, path)),
    })
}

fn done() -> Reply {
    Reply::empty(StatusCode::NO_CONTENT)
}

fn text(call: &Call) -> Result<&str, String> {
    std::str::from_utf8(&call.body).map_err(|_| "the body is not UTF-8".to_owned())
}

/// What each path takes, for the message of a wrong one.
const PATHS: [(&str, &[Method]); 10] = [
    ("state", &[Method::GET, Method::PUT]),
    ("reset", &[Method::POST]),
    ("facts", &[Method::GET]),
    ("requests", &[Method::GET, Method::DELETE]),
    ("faults", &[Method::GET, Method::POST, Method::DELETE]),
    ("clock", &[Method::GET, Method::PUT]),
    ("tokens", &[Method::GET, Method::PUT]),
    ("tokens/issue", &[Method::POST]),
    ("settings", &[Method::GET, Method::PUT]),
    ("populate", &[Method::POST]),
];

fn unknown(call: &Call, path: &str) -> Reply {
    if let Some((_, methods)) = PATHS.iter().find(|(known, _)| *known == path) {
        let allowed = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        let message = format!("{} is not allowed here; {allowed} are", call.method);
        return Reply::json(StatusCode::METHOD_NOT_ALLOWED, &json!({"error": message})).with("allow", &allowed);
    }
    let known = PATHS.map(|(name, _)| name).join(", ");
    Reply::json(StatusCode::NOT_FOUND, &json!({"error": format!("no control path '{path}'; known: {known}")}))
}
