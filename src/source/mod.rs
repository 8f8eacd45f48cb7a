//! Where tokens come from: one file per token source.

pub(crate) mod answer;
pub(crate) mod expiry;
pub(crate) mod imds;
pub(crate) mod imds_error;
pub(crate) mod verify;

use std::fmt;
use std::time::Duration;

use crate::error::Result;
use crate::http::BoxFuture;
use crate::source::answer::TokenAnswer;

/// Where a token comes from.
///
/// ```
/// assert_eq!(midentity::Source::Imds.name(), "Imds");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// The instance metadata service at 169.254.169.254: virtual machines, scale sets, container instances.
    Imds,
}

impl Source {
    /// The source's name, as [`crate::AccessToken::source`] and [`crate::Error::token_source`] give it.
    ///
    /// ```
    /// assert_eq!(midentity::Source::Imds.name(), "Imds");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Imds => "Imds",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One source of tokens, for one identity.
pub(crate) trait TokenSource: Send + Sync {
    fn source(&self) -> Source;

    /// What makes this source's tokens different from another's: its endpoint and further parameters. Part of the
    /// cache's key.
    fn partition(&self) -> String;

    /// Takes a token for the resource from the service, within `limit`.
    fn fetch<'a>(&'a self, resource: &'a str, limit: Duration) -> BoxFuture<'a, Result<TokenAnswer>>;
}
