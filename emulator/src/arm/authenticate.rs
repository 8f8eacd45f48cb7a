//! Who is calling: the bearer token's signature, audience, times and tenant, and the 401s in Azure's words.

use std::sync::Arc;

use http::StatusCode;
use time::OffsetDateTime;
use uuid::Uuid;

use super::envelope::error;
use crate::server::call::Call;
use crate::server::reply::Reply;
use crate::shared::Shared;
use crate::state::{State, Subscription};
use crate::token::jwt::{Verified, VerifiedTokens};
use crate::trust::signing_key::SigningKey;

/// The audiences that Azure's public cloud takes, each with or without the slash; ours comes on top.
const AUDIENCES: [&str; 2] = ["https://management.core.windows.net", "https://management.azure.com"];

/// The principal behind a token that passed every check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(super) object_id: Uuid,
    pub(super) tenant_id: Uuid,
    claims: Arc<Verified>,
}

impl Caller {
    /// What Azure's messages call the client: a user by the name, an application by its id.
    pub(super) fn client_id(&self) -> String {
        let claims = &*self.claims;
        claims.upn.as_ref().or(claims.appid.as_ref()).cloned().unwrap_or_else(|| self.object_id.to_string())
    }
}

pub(super) fn caller(
    shared: &Shared,
    key: &SigningKey,
    state: &State,
    verified: &mut VerifiedTokens,
    call: &Call,
    subscription: Option<Uuid>,
    now: i64,
) -> Result<Caller, Reply> {
    // Every refusal names the tenant to sign in to: this is how clients find out a subscription's tenant.
    let tenant = subscription.and_then(|id| state.subscriptions.get(&id)).map(|s| s.tenant_id);
    let refuse = |code: &str, message: &str, description: &str| {
        let authority = tenant.map_or_else(|| "common".to_owned(), |id| id.to_string());
        let challenge = format!(
            r#"Bearer authorization_uri="{}/{authority}", error="invalid_token", error_description="{description}""#,
            shared.cloud
        );
        error(StatusCode::UNAUTHORIZED, code, message).with("www-authenticate", &challenge)
    };
    let invalid = |message: &str| refuse("InvalidAuthenticationToken", message, "The access token is invalid.");
    let Some(authorization) = call.header("authorization") else {
        return Err(refuse(
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.",
            "The authentication failed because of missing 'Authorization' header.",
        ));
    };
    let Some((_, token)) = authorization.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
    else {
        return Err(refuse(
            "AuthenticationFailedInvalidHeader",
            "Authentication failed. The 'Authorization' header is provided in an invalid format.",
            "The authentication failed because of an invalid 'Authorization' header.",
        ));
    };
    let claims = verified.verify(key, token.trim()).ok_or_else(|| invalid("The access token is invalid."))?;
    if claims.exp <= now {
        let message = format!(
            "The access token expiry UTC time '{}' is earlier than current UTC time '{}'.",
            clock(claims.exp),
            clock(now)
        );
        return Err(refuse("ExpiredAuthenticationToken", &message, "The access token expired."));
    }
    if claims.nbf > now {
        return Err(invalid("The access token is not valid yet."));
    }
    let audiences = std::iter::once(shared.cloud.as_str()).chain(AUDIENCES);
    let audience = claims.aud.strip_suffix('/').unwrap_or(&claims.aud);
    if !audiences.clone().any(|allowed| allowed == audience) {
        let allowed: Vec<String> =
            audiences.flat_map(|audience| [format!("{audience}/"), audience.to_owned()]).collect();
        let message = format!(
            "The access token has been obtained for wrong audience or resource '{}'. It should exactly match (including forward slash) with one of the allowed audiences '{}'.",
            claims.aud,
            allowed.join("','")
        );
        return Err(refuse(
            "InvalidAuthenticationTokenAudience",
            &message,
            "The access token has been obtained from wrong audience or resource.",
        ));
    }
    let id = |claim: &Option<String>| claim.as_deref().and_then(|text| Uuid::parse_str(text).ok());
    let (Some(object_id), Some(tenant_id)) = (id(&claims.oid), id(&claims.tid)) else {
        return Err(invalid(
            "The received access token is not valid: at least one of the claims 'puid' or 'altsecid' or 'oid' should be present. If you are accessing as application please make sure service principal is properly created in the tenant.",
        ));
    };
    let known = state.tenants.iter().any(|t| t.id == tenant_id) && claims.iss == shared.issuer(tenant_id);
    if !known {
        return Err(wrong_tenant(shared, &claims.iss, tenant.unwrap_or(tenant_id)));
    }
    Ok(Caller { object_id, tenant_id, claims })
}

/// A token of another tenant is no good for a subscription, however genuine.
pub(super) fn same_tenant(shared: &Shared, caller: &Caller, subscription: &Subscription) -> Result<(), Reply> {
    if caller.tenant_id == subscription.tenant_id {
        return Ok(());
    }
    Err(wrong_tenant(shared, &caller.claims.iss, subscription.tenant_id))
}

fn wrong_tenant(shared: &Shared, issuer: &str, expected: Uuid) -> Reply {
    let message = format!(
        "The access token is from the wrong issuer '{issuer}'. It must match the tenant '{}' associated with this subscription. Please use the authority (URL) '{}/{expected}' to get the token. Note, if the subscription is transferred to another tenant there is no impact to the services, but information about new tenant could take time to propagate (up to an hour). If you just transferred your subscription and see this error message, please try back later.",
        shared.issuer(expected),
        shared.cloud,
    );
    let challenge = format!(
        r#"Bearer authorization_uri="{}/{expected}", error="invalid_token", error_description="The access token is from wrong issuer. It must match the tenant associated with this subscription.""#,
        shared.cloud
    );
    error(StatusCode::UNAUTHORIZED, "InvalidAuthenticationTokenTenant", &message).with("www-authenticate", &challenge)
}

/// A time as Resource Manager's messages write it: `11/23/2026 5:07:09 PM`.
fn clock(at: i64) -> String {
    let form = time::macros::format_description!(
        "[month padding:none]/[day padding:none]/[year] [hour repr:12 padding:none]:[minute]:[second] [period]"
    );
    OffsetDateTime::from_unix_timestamp(at).ok().and_then(|at| at.format(form).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_azures_do() {
        assert_eq!(clock(1_579_152_264), "1/16/2020 5:24:24 AM");
    }
}
