//! The token endpoint, for client assertions: a federated credential's outside token against the identity's own.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::server::call::Call;
use crate::server::reply::Reply;
use crate::shared::{Shared, World};
use crate::state::directory::TrustedIssuer;
use crate::state::{FederatedCredential, IdentityPlace};
use crate::token::TokenRequest;
use crate::trust::signing_key::SigningKey;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A refusal in Entra's words.
fn refuse(error: &str, number: u32, words: &str, now: i64) -> Reply {
    let at = OffsetDateTime::from_unix_timestamp(now).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let form = time::macros::format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z");
    let (trace, correlation, at) = (Uuid::new_v4(), Uuid::new_v4(), at.format(form).unwrap_or_default());
    let description =
        format!("AADSTS{number}: {words} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}");
    let status = if error == "invalid_client" { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST };
    Reply::json(
        status,
        &json!({
            "error": error,
            "error_description": description,
            "error_codes": [number],
            "timestamp": at,
            "trace_id": trace,
            "correlation_id": correlation,
        }),
    )
}

fn form(body: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(body);
    let decode = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Value,
    exp: i64,
    #[serde(default)]
    nbf: i64,
}

/// A compact token in its parts, nothing of it verified.
struct Assertion<'a> {
    header: Header,
    claims: Claims,
    signed: &'a [u8],
    signature: Vec<u8>,
}

fn parse(token: &str) -> Option<Assertion<'_>> {
    let mut parts = token.split('.');
    let (header, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok();
    Some(Assertion {
        header: serde_json::from_slice(&decode(header)?).ok()?,
        claims: serde_json::from_slice(&decode(claims)?).ok()?,
        signed: token.as_bytes().get(..header.len() + 1 + claims.len())?,
        signature: decode(signature)?,
    })
}

/// Whether a key of this issuer signed the assertion.
fn is_signed_by(assertion: &Assertion<'_>, issuer: &TrustedIssuer) -> bool {
    let by_id = |kid: &Option<String>| match (&assertion.header.kid, kid) {
        (Some(wanted), Some(kid)) => wanted == kid,
        _ => true,
    };
    issuer.keys.iter().filter(|key| by_id(&key.kid)).any(|key| {
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).unwrap_or_default();
        RsaPublicKeyComponents { n: decode(&key.n), e: decode(&key.e) }
            .verify(&RSA_PKCS1_2048_8192_SHA256, assertion.signed, &assertion.signature)
            .is_ok()
    })
}

/// Verifies the signature: with our own key where we are the issuer, with a given one for the issuers of the state.
/// Keys of anybody else are not fetched: the emulator talks to nobody.
fn verify(
    shared: &Shared,
    world: &World,
    key: &SigningKey,
    token: &str,
    assertion: &Assertion<'_>,
    now: i64,
) -> Result<(), Reply> {
    let issuer = assertion.claims.iss.as_str();
    let own =
        world.state.tenants.iter().any(|tenant| {
            issuer == shared.issuer(tenant.id) || issuer == format!("{}/{}/v2.0", shared.cloud, tenant.id)
        });
    let trusted = world.state.trusted_issuers.iter().find(|trusted| trusted.issuer == issuer);
    let signed = match (own, trusted) {
        (true, _) => crate::token::jwt::verify(key, token).is_some(),
        (false, Some(trusted)) => assertion.header.alg == "RS256" && is_signed_by(assertion, trusted),
        (false, None) => {
            let words = format!(
                "The keys of the issuer '{issuer}' cannot be read. The emulator fetches none: give them in the state file under 'trusted_issuers'."
            );
            return Err(refuse("invalid_client", 50_166, &words, now));
        }
    };
    if !signed {
        let words =
            "Client assertion contains an invalid signature. The key was not found, or the signature does not match.";
        return Err(refuse("invalid_client", 700_027, words, now));
    }
    let claims = &assertion.claims;
    if claims.exp <= now || claims.nbf > now + 300 {
        let words = "Client assertion is not within its valid time range.";
        return Err(refuse("invalid_client", 700_024, words, now));
    }
    Ok(())
}

/// Whether one of the identity's federated credentials matches; the refusal names what does not.
fn matching(all: &[FederatedCredential], claims: &Claims, now: i64) -> Result<(), Reply> {
    let audiences: Vec<&str> = match &claims.aud {
        Value::String(one) => vec![one.as_str()],
        Value::Array(some) => some.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let see = "Please check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation";
    let refused = |number: u32, what: &str, value: &str| {
        let words =
            format!("No matching federated identity record found for presented assertion {what} '{value}'. {see}");
        refuse("invalid_client", number, &words, now)
    };
    let mut left: Vec<&FederatedCredential> = all.iter().filter(|one| one.issuer == claims.iss).collect();
    if left.is_empty() {
        return Err(refused(700_211, "issuer", &claims.iss));
    }
    left.retain(|one| one.subject == claims.sub);
    if left.is_empty() {
        return Err(refused(700_213, "subject", &claims.sub));
    }
    if !left.iter().any(|one| one.audiences.iter().any(|audience| audiences.contains(&audience.as_str()))) {
        return Err(refused(700_212, "audience", &audiences.join(" ")));
    }
    Ok(())
}

/// `POST /{tenant}/oauth2/token` and `/{tenant}/oauth2/v2.0/token`.
pub(super) async fn token(shared: &Shared, call: &Call, tenant: &str, v2: bool) -> Reply {
    let key = shared.key.get().await;
    let mut world = shared.world();
    match exchange(shared, &mut world, &key, call, tenant, v2) {
        Ok(reply) | Err(reply) => reply.with("cache-control", "no-store, no-cache").with("pragma", "no-cache"),
    }
}

fn exchange(
    shared: &Shared,
    world: &mut World,
    key: &SigningKey,
    call: &Call,
    tenant: &str,
    v2: bool,
) -> Result<Reply, Reply> {
    let now = world.now();
    let fields = form(&call.body);
    let field = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty());
    let required = |name: &str| {
        field(name).ok_or_else(|| {
            let words = format!("The request body must contain the following parameter: '{name}'.");
            refuse("invalid_request", 900_144, &words, now)
        })
    };
    let grant = required("grant_type")?;
    if grant != "client_credentials" {
        let words =
            format!("The app requested an unsupported grant type '{grant}'. The emulator knows client_credentials.");
        return Err(refuse("unsupported_grant_type", 70_003, &words, now));
    }
    let client = required("client_id")?;
    let resource = resource(if v2 { required("scope")? } else { required("resource")? }, v2, now)?;
    if field("client_assertion_type") != Some(ASSERTION_TYPE) {
        let words = format!(
            "The request body must contain client_assertion and client_assertion_type '{ASSERTION_TYPE}': identities of the emulator have no secrets."
        );
        return Err(refuse("invalid_client", 7_000_216, &words, now));
    }
    let token = required("client_assertion")?;
    let tenant_id = tenant.parse::<Uuid>().ok();
    let found = world.state.subscriptions.values().find_map(|subscription| {
        subscription.resource_groups.values().find_map(|group| {
            let mut all = group.user_identities.values();
            let identity = all.find(|one| one.principal.client_id.to_string().eq_ignore_ascii_case(client))?;
            Some(IdentityPlace { subscription, group, identity })
        })
    });
    let found = found.filter(|place| tenant_id.is_none_or(|id| id == place.subscription.tenant_id));
    let Some(place) = found else {
        let words = format!(
            "Application with identifier '{client}' was not found in the directory '{tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."
        );
        return Err(refuse("unauthorized_client", 700_016, &words, now));
    };
    let Some(assertion) = parse(token) else {
        return Err(refuse("invalid_client", 50_027, "JWT token is invalid or malformed.", now));
    };
    let credentials: Vec<FederatedCredential> = place.identity.federated_credentials.values().cloned().collect();
    let subject = place.subject();
    matching(&credentials, &assertion.claims, now)?;
    verify(shared, world, key, token, &assertion, now)?;
    let issuer = shared.issuer(subject.tenant_id);
    let options = world.options.clone();
    let request = TokenRequest {
        issuer: &issuer,
        subject: &subject,
        resource: &resource,
        form: options.form,
        bypass: false,
        now,
    };
    let minted = world.tokens.get(key, &options, &request);
    let left = minted.expires_on - now;
    let body = if v2 {
        json!({
            "token_type": "Bearer",
            "expires_in": left,
            "ext_expires_in": left,
            "access_token": minted.token,
        })
    } else {
        // The older endpoint writes its numbers as text.
        json!({
            "token_type": "Bearer",
            "expires_in": left.to_string(),
            "ext_expires_in": left.to_string(),
            "expires_on": minted.expires_on.to_string(),
            "not_before": minted.not_before.to_string(),
            "resource": resource,
            "access_token": minted.token,
        })
    };
    Ok(Reply::json(StatusCode::OK, &body))
}

/// The resource that a scope stands for: `https://management.azure.com//.default` keeps one slash.
fn resource(asked: &str, v2: bool, now: i64) -> Result<String, Reply> {
    if !v2 {
        return Ok(asked.to_owned());
    }
    let Some(resource) = asked.strip_suffix("/.default").filter(|resource| !resource.is_empty()) else {
        let words = format!(
            "The provided value for scope {asked} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."
        );
        return Err(refuse("invalid_scope", 1_002_012, &words, now));
    };
    Ok(resource.to_owned())
}
