//! Azure's naming rules, each with the words that explain it.

/// What is wrong with a resource group's name.
pub(crate) fn resource_group(name: &str) -> Result<(), &'static str> {
    let legal = |c: char| c.is_alphanumeric() || matches!(c, '.' | '(' | ')' | '-' | '_');
    if name.is_empty() || name.chars().count() > 90 || !name.chars().all(legal) || name.ends_with('.') {
        return Err(
            "a resource group's name has 1 to 90 letters, digits, '.', '(', ')', '-' or '_' and does not end with '.'",
        );
    }
    Ok(())
}

/// What is wrong with a user-assigned identity's name.
pub(crate) fn user_identity(name: &str) -> Result<(), &'static str> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !(3..=128).contains(&name.len()) || !name.chars().all(legal) || name.starts_with(['-', '_']) {
        return Err("an identity's name has 3 to 128 letters, digits, '-' or '_' and starts with a letter or a digit");
    }
    Ok(())
}

/// What is wrong with a federated credential's name.
pub(crate) fn federated_credential(name: &str) -> Result<(), &'static str> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !(3..=120).contains(&name.len()) || !name.chars().all(legal) || name.starts_with(['-', '_']) {
        return Err(
            "a federated credential's name has 3 to 120 letters, digits, '-' or '_' and starts with a letter or a digit",
        );
    }
    Ok(())
}

/// What is wrong with a VM's name.
pub(crate) fn vm(name: &str) -> Result<(), &'static str> {
    let illegal = |c: char| c.is_whitespace() || c.is_control() || "\\/\"'[]:|<>+=;,?*@&~!#$%^(){}".contains(c);
    if name.is_empty()
        || name.chars().count() > 64
        || name.contains(illegal)
        || name.starts_with('_')
        || name.ends_with(['.', '-'])
    {
        return Err(
            "a VM's name has 1 to 64 characters, none of them a space or one of \\/\"[]:|<>+=;,?*@& and the like, does not start with '_' and does not end with '.' or '-'",
        );
    }
    Ok(())
}

/// A location as Azure spells it: `East US` becomes `eastus`.
pub(crate) fn location(name: &str) -> Result<String, &'static str> {
    let short: String = name.chars().filter(|c| *c != ' ').collect::<String>().to_ascii_lowercase();
    if short.is_empty() || !short.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err("a location is a region's name such as 'eastus' or 'East US'");
    }
    Ok(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_azures() {
        for bad in ["", "a.", "a b", "a/b", &"x".repeat(91)] {
            assert!(resource_group(bad).is_err(), "{bad}");
        }
        for good in ["rg1", "(x)_-.y", "gruppe-ä", &"x".repeat(90)] {
            assert!(resource_group(good).is_ok(), "{good}");
        }
        for bad in ["id", "-id1", "_id1", "id.1", "idä", &"x".repeat(129)] {
            assert!(user_identity(bad).is_err(), "{bad}");
        }
        for good in ["id1", "1-_", &"x".repeat(128)] {
            assert!(user_identity(good).is_ok(), "{good}");
        }
        for bad in ["", "_vm", "vm-", "vm.", "a b", "a@b", &"x".repeat(65)] {
            assert!(vm(bad).is_err(), "{bad}");
        }
        assert!(vm("vm1").is_ok() && vm("vm_1.a").is_ok());
        assert_eq!(location("East US 2").unwrap(), "eastus2");
        assert!(location("").is_err() && location("a/b").is_err());
    }
}
