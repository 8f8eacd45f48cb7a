use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

use crate::client::{ARM, emulator, https, https_request, token};

#[test]
fn what_is_not_there() {
    let emulator = emulator();
    let (status, _, body) = https(&emulator, "/nobody/.well-known/openid-configuration", &[]);
    assert_eq!((status, &body["error"]), (400, &json!("invalid_tenant")));
    assert!(body["error_description"].as_str().unwrap().contains("AADSTS90002: Tenant 'nobody' not found"));
    let tenant = emulator.facts().tenant_id;
    let (status, _, _) = https(&emulator, &format!("/{tenant}/discovery/nothing"), &[]);
    assert_eq!(status, 404);
    let (status, _, body) = https_request(&emulator, reqwest::Method::POST, &format!("/{tenant}/oauth2/token"), &[]);
    assert_eq!((status, &body["error"]), (400, &json!("invalid_request")), "{body}");
}

#[test]
fn a_token_verifies_by_what_the_documents_say() {
    let emulator = emulator();
    let tenant = emulator.facts().tenant_id;
    let token = token(&emulator, "");
    let (_, _, v1) = https(&emulator, &format!("/{tenant}/.well-known/openid-configuration"), &[]);
    let path = v1["jwks_uri"].as_str().unwrap().strip_prefix(emulator.cloud()).unwrap().to_owned();
    let (_, _, keys) = https(&emulator, &path, &[]);
    let keys: JwkSet = serde_json::from_value(keys).unwrap();
    let key = keys.find(&decode_header(&token).unwrap().kid.unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[ARM]);
    validation.set_issuer(&[v1["issuer"].as_str().unwrap()]);
    validation.set_required_spec_claims(&["aud", "iss", "exp"]);
    validation.validate_nbf = true;
    let claims = decode::<Value>(&token, &DecodingKey::from_jwk(key).unwrap(), &validation).unwrap().claims;
    assert_eq!(claims["tid"], json!(tenant));
    // The same token with one claim changed no longer verifies.
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let changed = if parts[1].as_bytes()[5] == b'A' { "B" } else { "A" };
    parts[1].replace_range(5..6, changed);
    assert!(decode::<Value>(parts.join("."), &DecodingKey::from_jwk(key).unwrap(), &validation).is_err());
}

#[test]
fn documents_in_both_versions_show_public_members_only() {
    let emulator = emulator();
    let tenant = emulator.facts().tenant_id;
    for (name, keys) in
        [(tenant.as_str(), "discovery/keys"), ("common", "discovery/keys"), ("contoso", "discovery/v2.0/keys")]
    {
        let (status, _, body) = https(&emulator, &format!("/{name}/{keys}"), &[]);
        assert_eq!(status, 200);
        let key = body["keys"][0].as_object().unwrap();
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert!(!key.contains_key(private), "{private}");
        }
        assert_eq!((&key["kty"], &key["use"], &key["x5t"]), (&json!("RSA"), &json!("sig"), &key["kid"]));
        assert_eq!(key.contains_key("issuer"), keys.contains("v2.0"));
    }
    let (_, _, v2) = https(&emulator, &format!("/{tenant}/v2.0/.well-known/openid-configuration"), &[]);
    assert_eq!(v2["issuer"], json!(format!("{}/{tenant}/v2.0", emulator.cloud())));
    let (_, _, common) = https(&emulator, "/common/v2.0/.well-known/openid-configuration", &[]);
    assert_eq!(common["issuer"], json!(format!("{}/{{tenantid}}/v2.0", emulator.cloud())));
    assert_eq!(common["jwks_uri"], json!(format!("{}/common/discovery/v2.0/keys", emulator.cloud())));
    assert_eq!(emulator.requests().iter().filter(|r| serde_json::to_value(r.door).unwrap() == "login").count(), 5);
}
