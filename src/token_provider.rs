//! Who signs in: anything that gives tokens to the clients of Azure's services.

use std::fmt;

use crate::error::Result;
use crate::http::BoxFuture;
use crate::scope::Scope;
use crate::token::{AccessToken, TokenOptions};

/// What gives tokens. [`crate::Credential`] and [`StaticToken`] are ready made; implement it for a login of your own.
///
/// ```
/// use midentity::{AccessToken, Scope, StaticToken, TokenOptions, TokenProvider};
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let provider: Box<dyn TokenProvider> = Box::new(StaticToken::new(AccessToken::new("t".to_string(), 5)));
/// let token = provider.token(&Scope::parse("arm")?, &TokenOptions::new()).await?;
/// assert_eq!(token.expires_on(), 5);
/// # Ok::<(), midentity::Error>(()) }).unwrap();
/// ```
pub trait TokenProvider: Send + Sync + fmt::Debug {
    /// A token for the scope.
    fn token<'a>(&'a self, scope: &'a Scope, options: &'a TokenOptions) -> TokenFuture<'a>;
}

/// What [`TokenProvider::token`] returns: a boxed future.
///
/// ```
/// let future: midentity::TokenFuture<'_> = Box::pin(async { Err(midentity::Error::cancelled()) });
/// # drop(future);
/// ```
pub type TokenFuture<'a> = BoxFuture<'a, Result<AccessToken>>;

/// One token that was taken elsewhere, for any scope.
///
/// ```
/// let token = midentity::AccessToken::new(String::from("t"), 1_900_000_000);
/// let provider = midentity::StaticToken::new(token);
/// assert!(!format!("{provider:?}").contains("\"t\""));
/// ```
#[derive(Debug, Clone)]
pub struct StaticToken(AccessToken);

impl StaticToken {
    /// A provider that hands out this token.
    ///
    /// ```
    /// let _ = midentity::StaticToken::new(midentity::AccessToken::new(String::from("t"), 5));
    /// ```
    #[must_use]
    pub fn new(token: AccessToken) -> Self {
        Self(token)
    }
}

impl TokenProvider for StaticToken {
    fn token<'a>(&'a self, _: &'a Scope, _: &'a TokenOptions) -> TokenFuture<'a> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}
