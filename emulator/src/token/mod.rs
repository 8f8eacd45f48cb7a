//! Access tokens: their shape, and the cache that hands the same one out again as Azure does.

pub(crate) mod jwt;
pub(crate) mod options;

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use uuid::Uuid;

use crate::trust::signing_key::SigningKey;
use options::{TokenForm, TokenOptions};

/// Azure dates tokens five minutes back, so that a machine whose clock is a little behind accepts them.
const BACKDATED_SECONDS: i64 = 300;

/// Whom a token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) tenant_id: Uuid,
    pub(crate) principal_id: Uuid,
    pub(crate) client_id: Uuid,
    /// Resource id of the machine (system-assigned) or of the identity (user-assigned), in Azure's casing.
    pub(crate) resource_id: String,
    /// The name that a user signs in with; none for applications and managed identities.
    pub(crate) upn: Option<String>,
}

/// A minted token with its times, in epoch seconds of the emulator's clock.
#[derive(Debug)]
pub(crate) struct Minted {
    pub(crate) token: String,
    pub(crate) not_before: i64,
    pub(crate) expires_on: i64,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    iat: i64,
    nbf: i64,
    exp: i64,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    identity: Option<IdentityClaims<'a>>,
    ver: &'static str,
    emulated: bool,
}

#[derive(Serialize)]
struct IdentityClaims<'a> {
    appid: Uuid,
    appidacr: &'static str,
    idp: &'a str,
    idtyp: &'static str,
    oid: Uuid,
    sub: Uuid,
    tid: Uuid,
    uti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    upn: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    xms_mirid: &'a str,
}

fn random_base64(bytes: usize) -> String {
    let mut buffer = vec![0_u8; bytes];
    // Only uniqueness is at stake here, never secrecy; a failing generator would fail the signature as well.
    if aws_lc_rs::rand::fill(&mut buffer).is_err() {
        buffer.fill(0);
    }
    jwt::base64url(&buffer)
}

/// Makes a token of the form asked for.
fn mint(
    key: &SigningKey,
    issuer: &str,
    subject: &Subject,
    resource: &str,
    form: TokenForm,
    lifetime: i64,
    now: i64,
) -> Minted {
    let not_before = now - BACKDATED_SECONDS;
    let expires_on = now + lifetime;
    let application = Uuid::new_v5(&Uuid::NAMESPACE_URL, resource.as_bytes()).to_string();
    let audience = if form == TokenForm::GuidAudience { application.as_str() } else { resource };
    let token = match form {
        TokenForm::Opaque => format!("emulated.{}", random_base64(180)).replace('.', "-"),
        TokenForm::Encrypted => {
            let header = jwt::base64url(
                format!(r#"{{"alg":"RSA-OAEP","enc":"A256CBC-HS512","kid":"{}","cty":"JWT"}}"#, key.kid()).as_bytes(),
            );
            let parts = [256, 16, 700, 32].map(random_base64);
            format!("{header}.{}", parts.join("."))
        }
        TokenForm::Jwt | TokenForm::GuidAudience | TokenForm::ClaimsLess => {
            let identity = (form != TokenForm::ClaimsLess).then(|| IdentityClaims {
                appid: subject.client_id,
                appidacr: "2",
                idp: issuer,
                idtyp: if subject.upn.is_some() { "user" } else { "app" },
                oid: subject.principal_id,
                sub: subject.principal_id,
                tid: subject.tenant_id,
                uti: random_base64(16),
                upn: subject.upn.as_deref(),
                xms_mirid: &subject.resource_id,
            });
            let claims = Claims {
                aud: audience,
                iss: issuer,
                iat: not_before,
                nbf: not_before,
                exp: expires_on,
                identity,
                ver: "1.0",
                emulated: true,
            };
            jwt::sign(key, &claims)
        }
    };
    Minted { token, not_before, expires_on }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct CacheKey {
    principal_id: Uuid,
    resource: String,
    form: TokenForm,
}

/// Tokens handed out, by identity, resource as spelled, and form.
#[derive(Debug, Default)]
pub(crate) struct TokenCache {
    tokens: HashMap<CacheKey, Arc<Minted>>,
}

/// What one token request asks for.
pub(crate) struct TokenRequest<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) subject: &'a Subject,
    pub(crate) resource: &'a str,
    pub(crate) form: TokenForm,
    /// Hand out a new one even if the cached one is good (`bypass_cache=true`).
    pub(crate) bypass: bool,
    pub(crate) now: i64,
}

impl TokenCache {
    /// The token for this request: the cached one until it is near its end, else a new one.
    pub(crate) fn get(&mut self, key: &SigningKey, options: &TokenOptions, request: &TokenRequest<'_>) -> Arc<Minted> {
        let slot = CacheKey {
            principal_id: request.subject.principal_id,
            resource: request.resource.to_owned(),
            form: request.form,
        };
        let lifetime = i64::try_from(options.lifetime_seconds).unwrap_or(i64::MAX / 4);
        // "Near" is five minutes, but a tenth of the life for tokens that tests make short.
        let near_end = (lifetime / 10).min(300);
        if !(request.bypass || options.fresh)
            && let Some(cached) = self.tokens.get(&slot)
            && request.now < cached.expires_on - near_end
            && request.now >= cached.not_before
        {
            return cached.clone();
        }
        let minted =
            Arc::new(mint(key, request.issuer, request.subject, request.resource, request.form, lifetime, request.now));
        self.tokens.insert(slot, minted.clone());
        minted
    }

    pub(crate) fn clear(&mut self) {
        self.tokens.clear();
    }
}
