//! Scopes of roles, and names, checked before the wire.

use crate::error::{Error, Result, id};
use crate::resource_id::ResourceId;

/// A scope as a path without a trailing slash: `/`, a management group, a subscription, a group or a resource.
///
/// # Errors
/// `argument.scope_path` where it is no path: with the path that a bare name or GUID probably means.
pub(super) fn check(scope: &str) -> Result<String> {
    let text = scope.trim();
    if text == "/" {
        return Ok(String::new());
    }
    if !text.starts_with('/') {
        let pasted = text.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
        let meant = if let Some((_, path)) = pasted {
            format!("/{}", path.split(['?', '#']).next().unwrap_or(path))
        } else if uuid::Uuid::try_parse(text).is_ok() {
            format!("/subscriptions/{text}")
        } else if text.to_ascii_lowercase().starts_with("subscriptions/") {
            format!("/{text}")
        } else {
            format!("/subscriptions/<subscription id>/resourceGroups/{text}")
        };
        return Err(Error::argument(
            id::ARGUMENT_SCOPE_PATH,
            format!("the scope {text:?} is not a path"),
            format!("a scope is the id of a subscription, group or resource; this one is probably {meant}"),
        ));
    }
    // PowerShell and older SDKs double the first slash, and Azure takes it.
    let single = format!("/{}", text.trim_start_matches('/'));
    Ok(ResourceId::parse(&single)?.as_str().to_owned())
}

/// # Errors
/// `argument.name`, with the rule.
pub(super) fn check_identity_name(name: &str) -> Result<()> {
    check_plain_name("an identity's name", name, 128)
}

/// # Errors
/// `argument.name`, with the rule.
pub(super) fn check_federated_name(name: &str) -> Result<()> {
    check_plain_name("a federated credential's name", name, 120)
}

fn check_plain_name(what: &str, name: &str, longest: usize) -> Result<()> {
    let mut chars = name.chars();
    let good = (3..=longest).contains(&name.len())
        && chars.next().is_some_and(|c| c.is_ascii_alphanumeric())
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if good {
        return Ok(());
    }
    let rule = format!("3 to {longest} characters: a letter or digit, then letters, digits, - and _");
    Err(bad_name(what, name, &rule))
}

/// # Errors
/// `argument.name`, with the rule.
pub(super) fn check_group_name(name: &str) -> Result<()> {
    let good = (1..=90).contains(&name.chars().count())
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '(' | ')'))
        && !name.ends_with('.');
    if good {
        return Ok(());
    }
    Err(bad_name("a resource group's name", name, "1 to 90 letters, digits, - _ . ( and ), not ending in a dot"))
}

/// # Errors
/// `argument.name`, with the rule.
pub(super) fn check_subscription(subscription: &str) -> Result<()> {
    if uuid::Uuid::try_parse(subscription).is_ok() {
        return Ok(());
    }
    Err(bad_name("a subscription", subscription, "its id, a GUID such as 8d1c0000-0000-0000-0000-000000000000"))
}

fn bad_name(what: &str, name: &str, rule: &str) -> Error {
    Error::argument(id::ARGUMENT_NAME, format!("{name:?} can't be {what}"), format!("the rule: {rule}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_names_are_told_the_path() {
        let hint = |s: &str| check(s).unwrap_err().hint().unwrap().to_owned();
        assert!(hint("rg1").contains("/resourceGroups/rg1"));
        assert!(hint("8d1c0000-0000-0000-0000-000000000000").contains("/subscriptions/8d1c0000"));
        assert!(
            hint("https://management.azure.com/subscriptions/a?api-version=1").ends_with("probably /subscriptions/a")
        );
        assert_eq!(check("//subscriptions/a/resourcegroups/b/").unwrap(), "/subscriptions/a/resourcegroups/b");
        assert_eq!(check("/").unwrap(), "");
    }

    #[test]
    fn names_follow_azures_rules() {
        for good in ["id1", "A-b_c", "0ab"] {
            assert!(check_identity_name(good).is_ok(), "{good}");
        }
        for bad in ["", "ab", "-ab", "a b c", "ümlaut", "a/b/c"] {
            assert_eq!(check_identity_name(bad).unwrap_err().id(), id::ARGUMENT_NAME, "{bad}");
        }
        for bad in ["", "a.", "a/b"] {
            assert!(check_group_name(bad).is_err(), "{bad}");
        }
        assert!(check_group_name("grüppe_(1).x").is_ok());
    }
}
