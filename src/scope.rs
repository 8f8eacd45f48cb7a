//! What a token is for: scopes, resources and their short names.

use std::fmt;
use std::sync::Arc;

use crate::cloud::Cloud;
use crate::error::{Error, Result, id};

/// What a token is for: a scope (`https://vault.azure.net/.default`), a resource as the service spells it
/// (`https://management.azure.com/`), or a short name (`arm`, `graph`, `keyvault`, `storage`, `sql`,
/// `azure-devops`; case ignored).
///
/// One trailing `/.default` is taken off; nothing else is changed, because some services compare the audience
/// letter by letter. Two spellings are two tokens.
///
/// ```
/// use midentity::{Cloud, Scope};
/// let public = Cloud::public();
/// let resource = |text: &str| Ok::<_, midentity::Error>(Scope::parse(text)?.resource(&public).map(str::to_owned));
/// assert_eq!(resource("https://management.azure.com//.default")?.as_deref(), Some("https://management.azure.com/"));
/// assert_eq!(resource("ARM")?.as_deref(), Some("https://management.azure.com/"));
/// assert_eq!(resource("api://my-app")?.as_deref(), Some("api://my-app"));
/// # Ok::<(), midentity::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Scope(Kind);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Kind {
    Named(ShortName),
    Resource(Arc<str>),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum ShortName {
    Arm,
    Graph,
    KeyVault,
    Storage,
    Sql,
    AzureDevOps,
}

const SHORT_NAMES: [(&str, ShortName); 6] = [
    ("arm", ShortName::Arm),
    ("graph", ShortName::Graph),
    ("keyvault", ShortName::KeyVault),
    ("storage", ShortName::Storage),
    ("sql", ShortName::Sql),
    ("azure-devops", ShortName::AzureDevOps),
];

impl Scope {
    /// Reads a scope, a resource or a short name.
    ///
    /// # Errors
    /// `argument.scope` where it is empty or has white space or control characters in it.
    ///
    /// ```
    /// assert!(midentity::Scope::parse("https://vault.azure.net/.default").is_ok());
    /// assert_eq!(midentity::Scope::parse("/.default").unwrap_err().id(), "argument.scope");
    /// ```
    pub fn parse(text: &str) -> Result<Self> {
        if text.trim().is_empty() || text == "/.default" {
            return Err(Error::argument(
                id::ARGUMENT_SCOPE,
                "the scope is empty",
                format!(
                    "give a scope such as https://management.azure.com/.default, a resource, or one of {}",
                    names()
                ),
            ));
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Error::argument(
                id::ARGUMENT_SCOPE,
                "the scope has white space or control characters in it",
                "give exactly one scope or resource, without spaces",
            ));
        }
        if let Some((_, name)) = SHORT_NAMES.iter().find(|(n, _)| n.eq_ignore_ascii_case(text)) {
            return Ok(Self(Kind::Named(*name)));
        }
        let resource = text.strip_suffix("/.default").unwrap_or(text);
        Ok(Self(Kind::Resource(Arc::from(resource))))
    }

    /// Reads the one scope that a token can be for.
    ///
    /// # Errors
    /// `argument.scope` where there is none or more than one.
    ///
    /// ```
    /// assert!(midentity::Scope::one_of(["https://vault.azure.net/.default"]).is_ok());
    /// assert!(midentity::Scope::one_of(["a", "b"]).is_err());
    /// ```
    pub fn one_of<'a>(scopes: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut scopes = scopes.into_iter();
        match (scopes.next(), scopes.next()) {
            (Some(one), None) => Self::parse(one),
            (None, _) => Err(Error::argument(
                id::ARGUMENT_SCOPE,
                "no scope was given",
                "give one scope, such as https://management.azure.com/.default",
            )),
            (Some(_), Some(_)) => Err(Error::argument(
                id::ARGUMENT_SCOPE,
                "more than one scope was given",
                "a managed identity's token is for one resource: ask once for each",
            )),
        }
    }

    /// The resource (audience) that goes to the service, exactly as it will be spelled; `None` for a short name whose
    /// service a private cloud has to name first.
    ///
    /// ```
    /// use midentity::{Cloud, Scope};
    /// let scope = Scope::parse("keyvault")?;
    /// assert_eq!(scope.resource(&Cloud::public()), Some("https://vault.azure.net"));
    /// assert_eq!(scope.resource(&Cloud::parse("https://arm.private.test")?), None);
    /// # Ok::<(), midentity::Error>(())
    /// ```
    #[must_use]
    pub fn resource<'a>(&'a self, cloud: &'a Cloud) -> Option<&'a str> {
        match &self.0 {
            Kind::Resource(resource) => Some(resource),
            Kind::Named(name) => cloud.resource_of(*name),
        }
    }

    pub(crate) fn short_name(&self) -> Option<ShortName> {
        match self.0 {
            Kind::Named(name) => Some(name),
            Kind::Resource(_) => None,
        }
    }

    /// Whether two scopes lead to the same resource in every cloud; cheaper than comparing resources.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Named(a), Kind::Named(b)) => a == b,
            (Kind::Resource(a), Kind::Resource(b)) => Arc::ptr_eq(a, b) || a == b,
            _ => false,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Resource(resource) => f.write_str(resource),
            Kind::Named(name) => f.write_str(SHORT_NAMES.iter().find(|(_, n)| n == name).map_or("", |(text, _)| *text)),
        }
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope({self})")
    }
}

impl std::str::FromStr for Scope {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

fn names() -> String {
    SHORT_NAMES.map(|(n, _)| n).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_suffix_is_taken_off() {
        let cloud = Cloud::public();
        for (scope, resource) in [
            ("https://a/.default/.default", "https://a/.default"),
            ("https://a/.DEFAULT", "https://a/.DEFAULT"),
            ("https://a/user_impersonation", "https://a/user_impersonation"),
            ("https://a/", "https://a/"),
        ] {
            assert_eq!(Scope::parse(scope).unwrap().resource(&cloud), Some(resource));
        }
    }
}
