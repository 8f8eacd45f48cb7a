//! `GET /metadata/endpoints`: where this cloud's services are. No token is asked for.

use http::StatusCode;
use serde_json::{Value, json};

use crate::server::reply::Reply;
use crate::shared::Shared;

/// From this version on the answer is one object; before it, a list of clouds.
const OBJECT_SINCE: &str = "2022-09-01";

pub(super) fn answer(shared: &Shared, version: &str) -> Reply {
    let cloud = cloud(shared);
    if version >= OBJECT_SINCE { Reply::json(StatusCode::OK, &cloud) } else { Reply::json(StatusCode::OK, &[cloud]) }
}

fn cloud(shared: &Shared) -> Value {
    let origin = &shared.cloud;
    json!({
        "name": "MidentityEmulator",
        "portal": origin,
        "resourceManager": format!("{origin}/"),
        "authentication": {
            "loginEndpoint": format!("{origin}/"),
            "audiences": [format!("{origin}/"), "https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "suffixes": {},
    })
}
