//! Azure resource ids: parsed once, compared without case.

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::error::{Error, Result, id};

/// An Azure resource id, such as
/// `/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Compute/virtualMachines/<name>`.
///
/// Services answer with differing letter case (`resourcegroups`, `resourceGroups`): two ids are equal when they
/// differ in case or a trailing slash only. The spelling that was given is kept.
///
/// ```
/// use midentity::ResourceId;
/// let a = ResourceId::parse("/subscriptions/S/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm1")?;
/// let b = ResourceId::parse("/subscriptions/s/resourcegroups/G/providers/microsoft.compute/virtualmachines/VM1/")?;
/// assert_eq!(a, b);
/// assert_eq!((a.subscription(), a.resource_group(), a.name()), (Some("S"), Some("g"), "vm1"));
/// assert_eq!(a.resource_type().as_deref(), Some("Microsoft.Compute/virtualMachines"));
/// # Ok::<(), midentity::Error>(())
/// ```
#[derive(Clone)]
pub struct ResourceId(String);

impl ResourceId {
    /// Reads a resource id.
    ///
    /// # Errors
    /// `argument.path` where it does not begin with a slash, has an empty part, or names where a value is missing.
    ///
    /// ```
    /// assert!(midentity::ResourceId::parse("vm1").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self> {
        let refuse = |why: &str| {
            Error::argument(
                id::ARGUMENT_PATH,
                format!("this is not a resource id: {why}"),
                "it looks like /subscriptions/<id>/resourceGroups/<group>/providers/<namespace>/<type>/<name>",
            )
        };
        let trimmed = text.strip_suffix('/').unwrap_or(text);
        let Some(rest) = trimmed.strip_prefix('/') else { return Err(refuse("it does not begin with a slash")) };
        if rest.chars().any(|c| c.is_control() || matches!(c, '?' | '#' | '\\')) {
            return Err(refuse("it has a character in it that no id has"));
        }
        let parts: Vec<&str> = rest.split('/').collect();
        if parts.iter().any(|p| p.is_empty() || *p == "." || *p == "..") {
            return Err(refuse("it has an empty or relative part"));
        }
        let well_formed = match parts.iter().position(|p| p.eq_ignore_ascii_case("providers")) {
            Some(at) => at.is_multiple_of(2) && parts.len() >= at + 4 && (parts.len() - at).is_multiple_of(2),
            None => parts.len().is_multiple_of(2),
        };
        if !well_formed {
            return Err(refuse("a name is missing its value"));
        }
        Ok(Self(trimmed.to_owned()))
    }

    /// The id as it was given, without a trailing slash.
    ///
    /// ```
    /// assert_eq!(midentity::ResourceId::parse("/subscriptions/S/").unwrap().as_str(), "/subscriptions/S");
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn value_after(&self, name: &str) -> Option<&str> {
        let mut parts = self.0.split('/').skip(1);
        while let Some(key) = parts.next() {
            let value = parts.next()?;
            if key.eq_ignore_ascii_case(name) {
                return Some(value);
            }
            if key.eq_ignore_ascii_case("providers") {
                return None;
            }
        }
        None
    }

    /// The subscription.
    ///
    /// ```
    /// assert_eq!(midentity::ResourceId::parse("/subscriptions/S").unwrap().subscription(), Some("S"));
    /// ```
    #[must_use]
    pub fn subscription(&self) -> Option<&str> {
        self.value_after("subscriptions")
    }

    /// The resource group.
    ///
    /// ```
    /// assert_eq!(midentity::ResourceId::parse("/subscriptions/S").unwrap().resource_group(), None);
    /// ```
    #[must_use]
    pub fn resource_group(&self) -> Option<&str> {
        self.value_after("resourceGroups")
    }

    /// The last part: the resource's own name.
    ///
    /// ```
    /// assert_eq!(midentity::ResourceId::parse("/subscriptions/S/resourceGroups/g").unwrap().name(), "g");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Namespace and type, such as `Microsoft.Compute/virtualMachines`; `None` for subscriptions and groups.
    ///
    /// ```
    /// assert_eq!(midentity::ResourceId::parse("/subscriptions/S").unwrap().resource_type(), None);
    /// ```
    #[must_use]
    pub fn resource_type(&self) -> Option<String> {
        let parts: Vec<&str> = self.0.split('/').skip(1).collect();
        let at = parts.iter().rposition(|p| p.eq_ignore_ascii_case("providers"))?;
        let mut name = parts.get(at + 1)?.to_string();
        for part in parts.get(at + 2..)?.iter().step_by(2) {
            name.push('/');
            name.push_str(part);
        }
        Some(name)
    }

    /// Whether the id is a user-assigned identity's.
    ///
    /// ```
    /// let id = "/subscriptions/S/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";
    /// assert!(midentity::ResourceId::parse(id).unwrap().is_user_assigned_identity());
    /// ```
    #[must_use]
    pub fn is_user_assigned_identity(&self) -> bool {
        self.resource_type().is_some_and(|t| t.eq_ignore_ascii_case("Microsoft.ManagedIdentity/userAssignedIdentities"))
    }
}

impl PartialEq for ResourceId {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for ResourceId {}

impl Hash for ResourceId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in self.0.bytes() {
            state.write_u8(byte.to_ascii_lowercase());
        }
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResourceId({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_ids_are_refused() {
        for bad in [
            "",
            "/",
            "a",
            "//",
            "/subscriptions",
            "/subscriptions/a//b",
            "/subscriptions/../x",
            "/a/b?c",
            "/providers/a/b",
        ] {
            assert!(ResourceId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nested_types_are_read() {
        let id = ResourceId::parse("/subscriptions/s/resourceGroups/g/providers/A.B/c/d/e/f").unwrap();
        assert_eq!(id.resource_type().as_deref(), Some("A.B/c/e"));
    }
}
