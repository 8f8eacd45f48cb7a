//! Access tokens, what they say of themselves, and how to ask for them.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::secret::Secret;

/// An access token, with what is known about it. Cheap to clone; the token's memory is wiped with the last clone.
///
/// ```
/// let token = midentity::AccessToken::new(String::from("opaque"), 1_900_000_000);
/// assert_eq!(token.expires_on(), 1_900_000_000);
/// assert!(!format!("{token:?}").contains("opaque"));
/// ```
#[derive(Clone)]
pub struct AccessToken {
    pub(crate) inner: Arc<TokenInner>,
    pub(crate) from_cache: bool,
}

pub(crate) struct TokenInner {
    pub(crate) secret: Secret,
    pub(crate) expires_on: i64,
    pub(crate) refresh_on: Option<i64>,
    pub(crate) token_type: String,
    pub(crate) source: Option<&'static str>,
    pub(crate) identity_verified: bool,
    pub(crate) unchanged: bool,
}

impl AccessToken {
    /// A token from elsewhere, expiring at `expires_on` (seconds since 1970 UTC).
    ///
    /// ```
    /// assert_eq!(midentity::AccessToken::new(String::from("t"), 5).token_type(), "Bearer");
    /// ```
    #[must_use]
    pub fn new(token: String, expires_on: i64) -> Self {
        Self::from_inner(TokenInner {
            secret: Secret::from(token),
            expires_on,
            refresh_on: None,
            token_type: "Bearer".to_owned(),
            source: None,
            identity_verified: false,
            unchanged: false,
        })
    }

    pub(crate) fn from_inner(inner: TokenInner) -> Self {
        Self { inner: Arc::new(inner), from_cache: false }
    }

    /// The token itself. Put it into an `Authorization` header and nowhere else.
    ///
    /// ```
    /// assert_eq!(midentity::AccessToken::new(String::from("t"), 5).secret().expose(), "t");
    /// ```
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.inner.secret
    }

    /// When it expires, in seconds since 1970 UTC by this machine's clock.
    ///
    /// ```
    /// assert_eq!(midentity::AccessToken::new(String::from("t"), 5).expires_on(), 5);
    /// ```
    #[must_use]
    pub fn expires_on(&self) -> i64 {
        self.inner.expires_on
    }

    /// When it expires, as a `SystemTime`.
    ///
    /// ```
    /// let token = midentity::AccessToken::new(String::from("t"), 5);
    /// assert_eq!(token.expires_at(), std::time::UNIX_EPOCH + std::time::Duration::from_secs(5));
    /// ```
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.inner.expires_on.max(0).unsigned_abs())
    }

    /// When to ask for a new one, in seconds since 1970 UTC: the service's word, else half-life where the token
    /// lives longer than two hours, else absent.
    ///
    /// ```
    /// assert_eq!(midentity::AccessToken::new(String::from("t"), 5).refresh_on(), None);
    /// ```
    #[must_use]
    pub fn refresh_on(&self) -> Option<i64> {
        self.inner.refresh_on
    }

    /// The token's type, `Bearer` unless the service says otherwise.
    ///
    /// ```
    /// assert_eq!(midentity::AccessToken::new(String::from("t"), 5).token_type(), "Bearer");
    /// ```
    #[must_use]
    pub fn token_type(&self) -> &str {
        &self.inner.token_type
    }

    /// The name of the source it came from, such as `Imds`.
    ///
    /// ```
    /// assert_eq!(midentity::AccessToken::new(String::from("t"), 5).source(), None);
    /// ```
    #[must_use]
    pub fn source(&self) -> Option<&'static str> {
        self.inner.source
    }

    /// Whether the answer showed that this is the identity that was asked for. `false` where nothing in it could be
    /// compared, and where none was asked for.
    ///
    /// ```
    /// assert!(!midentity::AccessToken::new(String::from("t"), 5).identity_verified());
    /// ```
    #[must_use]
    pub fn identity_verified(&self) -> bool {
        self.inner.identity_verified
    }

    /// Whether this call was answered from the cache.
    ///
    /// ```
    /// assert!(!midentity::AccessToken::new(String::from("t"), 5).from_cache());
    /// ```
    #[must_use]
    pub fn from_cache(&self) -> bool {
        self.from_cache
    }

    /// Whether a forced refresh was answered with the very token that was cached: the service keeps its own cache,
    /// so a role or group change is not in it yet.
    ///
    /// ```
    /// assert!(!midentity::AccessToken::new(String::from("t"), 5).unchanged());
    /// ```
    #[must_use]
    pub fn unchanged(&self) -> bool {
        self.inner.unchanged
    }

    /// Whether this is that very token, handed out again: cheaper than comparing their texts. For holders of what
    /// they made of a token.
    ///
    /// ```
    /// let token = midentity::AccessToken::new(String::from("t"), 5);
    /// assert!(token.same_as(&token.clone()));
    /// assert!(!token.same_as(&midentity::AccessToken::new(String::from("t"), 5)));
    /// ```
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// What the token says, where it can be read. Tokens are opaque to clients: some are encrypted, and nothing here
    /// is verified. For display and diagnosis only.
    ///
    /// ```
    /// assert!(midentity::AccessToken::new(String::from("opaque"), 5).claims().is_none());
    /// ```
    #[must_use]
    pub fn claims(&self) -> Option<Claims> {
        Claims::read(self.inner.secret.expose())
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("secret", &self.inner.secret)
            .field("expires_on", &self.inner.expires_on)
            .field("source", &self.inner.source)
            .finish_non_exhaustive()
    }
}

/// The claims of a readable token, unverified.
///
/// ```
/// let token = midentity::AccessToken::new(String::from("e30.eyJ0aWQiOiJ0ZW5hbnQifQ.c2ln"), 5);
/// assert_eq!(token.claims().unwrap().tenant_id(), Some("tenant"));
/// ```
#[derive(Clone)]
pub struct Claims(Value);

impl Claims {
    pub(crate) fn read(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return None;
        };
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?);
        match serde_json::from_slice(&bytes) {
            Ok(value @ Value::Object(_)) => Some(Self(value)),
            _ => None,
        }
    }

    /// A claim that is a text.
    ///
    /// ```
    /// # let token = midentity::AccessToken::new(String::from("e30.eyJ0aWQiOiJ0ZW5hbnQifQ.c2ln"), 5);
    /// assert_eq!(token.claims().unwrap().text("tid"), Some("tenant"));
    /// ```
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// The tenant that issued the token (`tid`).
    ///
    /// ```
    /// # let token = midentity::AccessToken::new(String::from("e30.eyJ0aWQiOiJ0ZW5hbnQifQ.c2ln"), 5);
    /// assert_eq!(token.claims().unwrap().tenant_id(), Some("tenant"));
    /// ```
    #[must_use]
    pub fn tenant_id(&self) -> Option<&str> {
        self.text("tid")
    }

    /// The object (principal) id (`oid`).
    ///
    /// ```
    /// # let token = midentity::AccessToken::new(String::from("e30.eyJ0aWQiOiJ0ZW5hbnQifQ.c2ln"), 5);
    /// assert_eq!(token.claims().unwrap().object_id(), None);
    /// ```
    #[must_use]
    pub fn object_id(&self) -> Option<&str> {
        self.text("oid")
    }

    /// The client id (`appid`, or `azp` in version 2 tokens).
    ///
    /// ```
    /// # let token = midentity::AccessToken::new(String::from("e30.eyJ0aWQiOiJ0ZW5hbnQifQ.c2ln"), 5);
    /// assert_eq!(token.claims().unwrap().client_id(), None);
    /// ```
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.text("appid").or_else(|| self.text("azp"))
    }

    /// The Azure resource that the identity belongs to (`xms_mirid`): the machine for a system-assigned identity,
    /// the identity itself for a user-assigned one.
    ///
    /// ```
    /// # let token = midentity::AccessToken::new(String::from("e30.eyJ0aWQiOiJ0ZW5hbnQifQ.c2ln"), 5);
    /// assert_eq!(token.claims().unwrap().managed_identity_resource_id(), None);
    /// ```
    #[must_use]
    pub fn managed_identity_resource_id(&self) -> Option<&str> {
        self.text("xms_mirid")
    }

    /// The app roles granted to the identity for this resource (`roles`).
    ///
    /// ```
    /// # let token = midentity::AccessToken::new(String::from("e30.eyJ0aWQiOiJ0ZW5hbnQifQ.c2ln"), 5);
    /// assert!(token.claims().unwrap().roles().is_empty());
    /// ```
    #[must_use]
    pub fn roles(&self) -> Vec<&str> {
        self.0
            .get("roles")
            .and_then(Value::as_array)
            .map_or_else(Vec::new, |a| a.iter().filter_map(Value::as_str).collect())
    }

    /// All claims as JSON text.
    ///
    /// ```
    /// # let token = midentity::AccessToken::new(String::from("e30.eyJ0aWQiOiJ0ZW5hbnQifQ.c2ln"), 5);
    /// assert_eq!(token.claims().unwrap().to_json(), r#"{"tid":"tenant"}"#);
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        self.0.to_string()
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names only: values identify people and machines, and some services put data into them.
        let names: Vec<&str> = self.0.as_object().map_or_else(Vec::new, |o| o.keys().map(String::as_str).collect());
        f.debug_tuple("Claims").field(&names).finish()
    }
}

/// How to ask for one token.
///
/// ```
/// use std::time::Duration;
/// let options = midentity::TokenOptions::new().force_refresh(true).timeout(Duration::from_secs(10));
/// # let _ = options;
/// ```
#[derive(Debug, Clone, Default)]
pub struct TokenOptions {
    pub(crate) force_refresh: bool,
    pub(crate) claims: Option<String>,
    pub(crate) tenant_id: Option<String>,
    pub(crate) enable_cae: bool,
    pub(crate) timeout: Option<Duration>,
}

impl TokenOptions {
    /// Nothing special.
    ///
    /// ```
    /// # let _ =
    /// midentity::TokenOptions::new()
    /// # ;
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the service even where a cached token is good. The service's own cache may still answer with the same
    /// one: see [`AccessToken::unchanged`].
    ///
    /// ```
    /// # let _ =
    /// midentity::TokenOptions::new().force_refresh(true)
    /// # ;
    /// ```
    #[must_use]
    pub fn force_refresh(mut self, on: bool) -> Self {
        self.force_refresh = on;
        self
    }

    /// A claims challenge that a service answered with (the decoded JSON): the cached token was rejected, so the
    /// cache is passed over once. Managed identity endpoints are not sent the claims themselves: none of them takes
    /// them.
    ///
    /// ```
    /// # let _ =
    /// midentity::TokenOptions::new().claims(r#"{"access_token":{"nbf":{"essential":true}}}"#)
    /// # ;
    /// ```
    #[must_use]
    pub fn claims(mut self, claims: impl Into<String>) -> Self {
        self.claims = Some(claims.into()).filter(|c| !c.is_empty());
        self
    }

    /// The tenant that the caller expects. A managed identity lives in one tenant only, so it is ignored, as
    /// azure-identity ignores it; it is never sent.
    ///
    /// ```
    /// # let _ =
    /// midentity::TokenOptions::new().tenant_id("72f988bf-0000-0000-0000-000000000000")
    /// # ;
    /// ```
    #[must_use]
    pub fn tenant_id(mut self, tenant: impl Into<String>) -> Self {
        self.tenant_id = Some(tenant.into());
        self
    }

    /// Whether the caller handles claims challenges (continuous access evaluation). Such tokens are cached apart.
    ///
    /// ```
    /// # let _ =
    /// midentity::TokenOptions::new().enable_cae(true)
    /// # ;
    /// ```
    #[must_use]
    pub fn enable_cae(mut self, on: bool) -> Self {
        self.enable_cae = on;
        self
    }

    /// The longest this call may take, instead of the credential's own limit (90 s unless set).
    ///
    /// ```
    /// # let _ =
    /// midentity::TokenOptions::new().timeout(std::time::Duration::from_secs(5))
    /// # ;
    /// ```
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// The claims challenge that the token must meet: for those who write a provider of their own.
    ///
    /// ```
    /// let options = midentity::TokenOptions::new().claims(r#"{"access_token":{}}"#);
    /// assert_eq!(options.claims_challenge(), Some(r#"{"access_token":{}}"#));
    /// ```
    #[must_use]
    pub fn claims_challenge(&self) -> Option<&str> {
        self.claims.as_deref()
    }

    /// Whether a kept token is not wanted, as the service has refused it: after `force_refresh`, or with a claims
    /// challenge.
    ///
    /// ```
    /// assert!(midentity::TokenOptions::new().force_refresh(true).wants_fresh());
    /// ```
    #[must_use]
    pub fn wants_fresh(&self) -> bool {
        self.bypasses_cache()
    }

    pub(crate) fn bypasses_cache(&self) -> bool {
        self.force_refresh || self.claims.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unreadable_tokens_have_no_claims() {
        for text in ["", "a", "a.b", "a.b.c", "e30.e30.e30.e30", "e30.bnVsbA.x", "a.!!.c"] {
            assert!(Claims::read(text).is_none(), "{text}");
        }
        assert!(Claims::read("e30.e30.x").is_some());
    }
}
