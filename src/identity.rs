//! Which of the machine's identities a token is for.

use std::fmt;

use crate::error::{Error, Result, id};

/// Which identity to take tokens as.
///
/// ```
/// use midentity::Identity;
/// let identity = Identity::ClientId("6f9a2c1e-0d5b-4c0e-9a55-0c1d2e3f4a5b".into());
/// assert_eq!(identity.kind_name(), "client_id");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Identity {
    /// No selector is sent: the service answers with the system-assigned identity, or with the only user-assigned
    /// one.
    #[default]
    Default,
    /// The system-assigned identity and no other: a token that does not show it is refused
    /// (`identity.not_provable`, `identity.mismatch`).
    SystemAssigned,
    /// A user-assigned identity by its client (application) id.
    ClientId(String),
    /// An identity by the object (principal) id of its service principal.
    ObjectId(String),
    /// A user-assigned identity by its Azure resource id.
    ResourceId(String),
}

impl Identity {
    /// The selector's name, as used in messages and logs.
    ///
    /// ```
    /// assert_eq!(midentity::Identity::SystemAssigned.kind_name(), "system_assigned");
    /// ```
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::SystemAssigned => "system_assigned",
            Self::ClientId(_) => "client_id",
            Self::ObjectId(_) => "object_id",
            Self::ResourceId(_) => "resource_id",
        }
    }

    /// The id of a named identity.
    ///
    /// ```
    /// assert_eq!(midentity::Identity::Default.value(), None);
    /// ```
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Default | Self::SystemAssigned => None,
            Self::ClientId(v) | Self::ObjectId(v) | Self::ResourceId(v) => Some(v),
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        let Some(value) = self.value() else { return Ok(()) };
        let name = self.kind_name();
        if value.trim().is_empty() {
            return Err(Error::argument(
                id::ARGUMENT_IDENTITY,
                format!("{name} is empty"),
                format!("give the id, or leave {name} out to take the machine's default identity"),
            ));
        }
        if value.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Error::argument(
                id::ARGUMENT_IDENTITY,
                format!("{name} has white space or control characters in it"),
                "copy the id again, without spaces or line ends",
            ));
        }
        if let Self::ResourceId(v) = self
            && !v.to_ascii_lowercase().starts_with("/subscriptions/")
        {
            return Err(Error::argument(
                id::ARGUMENT_IDENTITY,
                "resource_id is not an Azure resource id",
                "it looks like /subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.ManagedIdentity/userAssignedIdentities/<name>; \
                 for a GUID use client_id or object_id",
            ));
        }
        Ok(())
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value() {
            None if *self == Self::SystemAssigned => f.write_str("the system-assigned identity"),
            None => f.write_str("the default identity"),
            Some(value) => write!(f, "{} {value}", self.kind_name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_and_malformed_ids_are_refused() {
        for bad in [
            Identity::ClientId(String::new()),
            Identity::ObjectId("  ".into()),
            Identity::ClientId("a b".into()),
            Identity::ResourceId("6f9a2c1e-0d5b-4c0e-9a55-0c1d2e3f4a5b".into()),
        ] {
            let error = bad.check().unwrap_err();
            assert_eq!(error.id(), id::ARGUMENT_IDENTITY, "{bad:?}");
            assert!(error.hint().is_some());
        }
        assert!(Identity::ResourceId("/Subscriptions/x".into()).check().is_ok());
    }
}
