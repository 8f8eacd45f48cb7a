//! Compact JWTs: signing, and the checks that a resource does on one.

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::trust::signing_key::SigningKey;

pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Signs claims with RS256.
pub(crate) fn sign(key: &SigningKey, claims: &impl Serialize) -> String {
    let mut token = String::with_capacity(2048);
    token.push_str(key.encoded_header());
    token.push('.');
    // Our claims are plain structs of strings and numbers, which always serialise.
    token.push_str(&base64url(&serde_json::to_vec(claims).unwrap_or_default()));
    let signature = key.sign(token.as_bytes());
    token.push('.');
    token.push_str(&base64url(&signature));
    token
}

/// The claims that Resource Manager looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Verified {
    #[serde(default)]
    pub(crate) aud: String,
    #[serde(default)]
    pub(crate) iss: String,
    #[serde(default)]
    pub(crate) nbf: i64,
    #[serde(default)]
    pub(crate) exp: i64,
    pub(crate) oid: Option<String>,
    pub(crate) appid: Option<String>,
    pub(crate) tid: Option<String>,
    pub(crate) upn: Option<String>,
    pub(crate) sub: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
}

/// How many tokens are remembered.
const KEPT: usize = 64;

/// Tokens that were found good: checking a signature takes longer than all else in an answer, and clients are measured
/// against these answers.
#[derive(Default)]
pub(crate) struct VerifiedTokens(HashMap<String, (String, Arc<Verified>)>);

impl VerifiedTokens {
    /// As [`verify`].
    pub(crate) fn verify(&mut self, key: &SigningKey, token: &str) -> Option<Arc<Verified>> {
        if let Some((_, known)) = self.0.get(token).filter(|(kid, _)| kid == key.kid()) {
            return Some(known.clone());
        }
        let verified = Arc::new(verify(key, token)?);
        if self.0.len() >= KEPT {
            self.0.clear();
        }
        self.0.insert(token.to_owned(), (key.kid().to_owned(), verified.clone()));
        Some(verified)
    }
}

/// Claims of a token signed by this key; none for anything else, whatever is wrong with it.
pub(crate) fn verify(key: &SigningKey, token: &str) -> Option<Verified> {
    let mut parts = token.split('.');
    let (header, claims, signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let read: Header = serde_json::from_slice(&decode(header)?).ok()?;
    // Anything but our own algorithm and key is refused before the signature is looked at: "none" above all.
    if read.alg != "RS256" || read.kid.is_some_and(|kid| kid != key.kid()) {
        return None;
    }
    let signed = &token.as_bytes()[..header.len() + 1 + claims.len()];
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_der()).verify(signed, &decode(signature)?).ok()?;
    serde_json::from_slice(&decode(claims)?).ok()
}
