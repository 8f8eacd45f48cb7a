//! `GET /metadata/endpoints`: where this cloud's services are. No token is asked for.

use http::StatusCode;
use serde_json::{Value, json};

use crate::server::reply::Reply;
use crate::shared::Shared;

/// From this version on the answer is one object; before it, a list of clouds.
const OBJECT_SINCE: &str = "2022-09-01";
/// Before this version it was one object of another shape.
const LIST_SINCE: &str = "2019-01-01";

pub(super) fn answer(shared: &Shared, version: &str) -> Reply {
    if version >= OBJECT_SINCE {
        return Reply::json(StatusCode::OK, &cloud(shared));
    }
    if version >= LIST_SINCE {
        return Reply::json(StatusCode::OK, &[cloud(shared)]);
    }
    let origin = &shared.cloud;
    let old = json!({
        "galleryEndpoint": format!("{origin}/"),
        "graphEndpoint": format!("{origin}/graph/"),
        "portalEndpoint": origin,
        "authentication": authentication(shared),
        "cloudEndpoint": {"MidentityEmulator": {"endpoint": origin, "locations": ["eastus"]}},
    });
    Reply::json(StatusCode::OK, &old)
}

fn authentication(shared: &Shared) -> Value {
    let origin = &shared.cloud;
    json!({
        "loginEndpoint": format!("{origin}/"),
        "audiences": [format!("{origin}/"), "https://management.core.windows.net/", "https://management.azure.com/"],
        "tenant": "common",
        "identityProvider": "AAD",
    })
}

fn cloud(shared: &Shared) -> Value {
    let origin = &shared.cloud;
    json!({
        "name": "MidentityEmulator",
        "portal": origin,
        "resourceManager": format!("{origin}/"),
        "authentication": authentication(shared),
        "graph": format!("{origin}/graph/"),
        "graphAudience": format!("{origin}/graph/"),
        "microsoftGraphResourceId": format!("{origin}/graph/"),
        // Names that no resolver knows: these services are not emulated, their tokens are.
        "suffixes": {
            "keyVaultDns": "vault.emulated.test",
            "sqlServerHostname": "database.emulated.test",
            "storage": "core.emulated.test",
        },
    })
}
