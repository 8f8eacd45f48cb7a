//! Entra: OpenID configuration and keys in their v1 and v2 forms, discovery, and tokens for client assertions.

mod client_assertion;

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::server::call::Call;
use crate::server::reply::Reply;
use crate::shared::Shared;

/// Names that stand for no particular tenant.
const ANY_TENANT: [&str; 3] = ["common", "organizations", "consumers"];

pub(crate) async fn answer(shared: &Shared, call: &Call) -> Reply {
    let segments = call.segments();
    let Some((tenant, rest)) = segments.split_first() else { return not_found(call) };
    let Some(tenant) = find_tenant(shared, tenant) else {
        let description = format!(
            "AADSTS90002: Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
        );
        return Reply::json(
            StatusCode::BAD_REQUEST,
            &json!({"error": "invalid_tenant", "error_description": description, "error_codes": [90002]}),
        );
    };
    let rest: Vec<String> = rest.iter().map(|s| s.to_ascii_lowercase()).collect();
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    if let ("POST", ["oauth2", "token"] | ["oauth2", "v2.0", "token"]) = (call.method.as_str(), rest.as_slice()) {
        return client_assertion::token(shared, call, &tenant, rest.len() == 3).await;
    }
    if call.method != http::Method::GET && call.method != http::Method::HEAD {
        return not_found(call);
    }
    match rest.as_slice() {
        [".well-known", "openid-configuration"] => Reply::json(StatusCode::OK, &configuration(shared, &tenant, false)),
        ["v2.0", ".well-known", "openid-configuration"] => {
            Reply::json(StatusCode::OK, &configuration(shared, &tenant, true))
        }
        ["discovery", "keys"] => keys(shared, None).await,
        ["discovery", "v2.0", "keys"] => keys(shared, Some(format!("{}/{tenant}/v2.0", shared.cloud))).await,
        ["discovery", "instance"] => Reply::json(StatusCode::OK, &instance(shared, call)),
        ["userrealm", user] => Reply::json(StatusCode::OK, &user_realm(user)),
        _ => not_found(call),
    }
}

/// `GET /common/discovery/instance`: that this host is an authority.
fn instance(shared: &Shared, call: &Call) -> Value {
    let host = shared.cloud.trim_start_matches("https://");
    let endpoint = call.parameter("authorization_endpoint").unwrap_or_default();
    let tenant = endpoint.split('/').nth(3).filter(|tenant| !tenant.is_empty()).unwrap_or("common");
    json!({
        "tenant_discovery_endpoint": format!("{}/{tenant}/v2.0/.well-known/openid-configuration", shared.cloud),
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    })
}

/// `GET /common/userrealm/{user}`: every user is signed in here, none by another organisation's server.
fn user_realm(user: &str) -> Value {
    let domain = user.rsplit('@').next().unwrap_or_default();
    json!({
        "ver": "1.0",
        "account_type": "Managed",
        "domain_name": domain,
        "cloud_instance_name": "emulated",
    })
}

/// The tenant's id as it stands in issuers. Entra's documents for `common` hold a placeholder there.
fn find_tenant(shared: &Shared, name: &str) -> Option<String> {
    if ANY_TENANT.iter().any(|any| any.eq_ignore_ascii_case(name)) {
        return Some("{tenantid}".to_owned());
    }
    let id = Uuid::parse_str(name).ok();
    let world = shared.world();
    let tenant = world.state.tenants.iter().find(|t| Some(t.id) == id || t.name.eq_ignore_ascii_case(name))?;
    Some(tenant.id.to_string())
}

fn configuration(shared: &Shared, tenant: &str, v2: bool) -> Value {
    let origin = &shared.cloud;
    let path = if tenant.starts_with('{') { "common" } else { tenant };
    let (issuer, keys, oauth) = if v2 {
        (format!("{origin}/{tenant}/v2.0"), "discovery/v2.0/keys", "oauth2/v2.0")
    } else {
        (format!("{origin}/{tenant}/"), "discovery/keys", "oauth2")
    };
    json!({
        "issuer": issuer,
        "jwks_uri": format!("{origin}/{path}/{keys}"),
        "authorization_endpoint": format!("{origin}/{path}/{oauth}/authorize"),
        "token_endpoint": format!("{origin}/{path}/{oauth}/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "token"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "scopes_supported": ["openid"],
        "claims_supported": ["aud", "iss", "iat", "exp", "oid", "sub", "tid", "appid", "ver"],
        "tenant_region_scope": null,
        "cloud_instance_name": "emulated",
    })
}

async fn keys(shared: &Shared, issuer: Option<String>) -> Reply {
    let mut key = shared.key.get().await.jwk();
    if let Some(issuer) = issuer {
        key["issuer"] = json!(issuer);
    }
    Reply::json(StatusCode::OK, &json!({"keys": [key]}))
}

fn not_found(call: &Call) -> Reply {
    let description = format!(
        "The emulator has no {} {}; it serves OpenID configurations, keys, instance discovery and, by POST, tokens for client assertions",
        call.method, call.path
    );
    Reply::json(StatusCode::NOT_FOUND, &json!({"error": "not_found", "error_description": description}))
}
