//! Role definitions.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::Method;
use serde::Deserialize;
use url::form_urlencoded::byte_serialize;

use super::client::ArmClient;
use super::members::members;
use super::paging::Pages;
use super::{scope_path, suggestion};
use crate::error::{Error, ErrorKind, Result, id};

pub(super) const API_VERSION: &str = "2022-04-01";

/// How long a role that was found is taken for granted: whoever gives one role to a thousand principals asks for it once,
/// and a role that was made anew under its name is soon seen.
const KNOWN_FOR: Duration = Duration::from_secs(60);
const MOST_KNOWN: usize = 32;

/// The roles that a client has found lately.
#[derive(Default)]
pub(super) struct KnownRoles(Mutex<VecDeque<Known>>);

struct Known {
    scope: String,
    asked: String,
    until: Duration,
    role: RoleDefinition,
}

impl KnownRoles {
    fn get(&self, scope: &str, asked: &str, now: Duration) -> Option<RoleDefinition> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|k| k.until > now && k.scope == scope && k.asked == asked).map(|k| k.role.clone())
    }

    fn put(&self, scope: &str, asked: &str, now: Duration, role: RoleDefinition) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|k| k.until > now);
        if known.len() >= MOST_KNOWN {
            known.pop_front();
        }
        known.push_back(Known { scope: scope.to_owned(), asked: asked.to_owned(), until: now + KNOWN_FOR, role });
    }
}

/// The role definitions that can be assigned at a scope.
///
/// ```
/// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
/// # example(async |arm| {
/// let roles = arm.role_definitions("/subscriptions/8d1c0000-0000-0000-0000-000000000000")?;
/// # drop(roles); Ok(()) });
/// ```
#[derive(Debug, Clone)]
pub struct RoleDefinitions {
    client: ArmClient,
    scope: String,
}

impl ArmClient {
    /// The role definitions that can be assigned at a scope: a subscription's, group's or resource's id.
    ///
    /// # Errors
    /// `argument.scope_path` where it is no scope, with what it probably means.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// assert_eq!(arm.role_definitions("rg1").unwrap_err().id(), "argument.scope_path");
    /// # Ok(()) });
    /// ```
    pub fn role_definitions(&self, scope: &str) -> Result<RoleDefinitions> {
        Ok(RoleDefinitions { client: self.clone(), scope: scope_path::check(scope)? })
    }
}

impl RoleDefinitions {
    fn path(&self) -> String {
        format!("{}/providers/Microsoft.Authorization/roleDefinitions", self.scope)
    }

    /// All of them, built-in and custom.
    ///
    /// # Errors
    /// As [`ArmClient::request`] with the pages.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let roles = arm.role_definitions(GROUP)?;
    /// for role in roles.list()?.collect().await? { println!("{}", role.role_name()) }
    /// # Ok(()) });
    /// ```
    pub fn list(&self) -> Result<Pages<RoleDefinition>> {
        Ok(Pages::new(self.client.clone(), self.client.url(&self.path(), API_VERSION)?))
    }

    /// The definition with this name (case ignored), GUID or id.
    ///
    /// # Errors
    /// NotFound (`role.unknown`) with the nearest names, and as [`ArmClient::request`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let roles = arm.role_definitions(GROUP)?;
    /// let reader = roles.find("Reader").await?;
    /// # Ok(()) });
    /// ```
    pub async fn find(&self, role: &str) -> Result<RoleDefinition> {
        let tail = role.trim_end_matches('/').rsplit('/').next().unwrap_or(role);
        if uuid::Uuid::try_parse(tail).is_ok() {
            let path = format!("{}/{tail}", self.path());
            let found = self.client.send(Method::GET, &path, API_VERSION, None).await;
            return match found {
                Ok(response) => response.read(),
                Err(error) if error.kind() == ErrorKind::NotFound => Err(self.unknown(role).await),
                Err(error) => Err(error),
            };
        }
        let quoted = role.replace('\'', "''");
        let filter: String = byte_serialize(format!("roleName eq '{quoted}'").as_bytes()).collect();
        // OData reads a plus sign as itself.
        let path = format!("{}?$filter={}", self.path(), filter.replace('+', "%20"));
        let mut found: Pages<RoleDefinition> = Pages::new(self.client.clone(), self.client.url(&path, API_VERSION)?);
        match found.next().await? {
            Some(definition) => Ok(definition),
            None => Err(self.unknown(role).await),
        }
    }

    /// As [`RoleDefinitions::find`], without asking again for what was found a moment ago.
    pub(super) async fn find_lately(&self, role: &str) -> Result<RoleDefinition> {
        let (known, clock) = (self.client.known_roles(), self.client.clock());
        if let Some(role) = known.get(&self.scope, role, clock.monotonic()) {
            return Ok(role);
        }
        let found = self.find(role).await?;
        known.put(&self.scope, role, clock.monotonic(), found.clone());
        Ok(found)
    }

    async fn unknown(&self, role: &str) -> Error {
        let all = match self.list() {
            Ok(pages) => pages.collect().await.unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        let near = suggestion::nearest(role, all.iter().map(RoleDefinition::role_name));
        let hint = if near.is_empty() {
            "list the roles of the scope to see what there is; custom roles are assignable in their scopes only"
                .to_owned()
        } else {
            format!("did you mean {}?", near.join(", "))
        };
        Error::new(ErrorKind::NotFound, id::ROLE_UNKNOWN, format!("there is no role {role:?} at this scope"))
            .with_hint(hint)
    }
}

/// A role definition.
///
/// ```
/// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
/// # example(async |arm| {
/// # let role = role(&arm).await?;
/// println!("{} allows {:?}", role.role_name(), role.actions());
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, Deserialize)]
pub struct RoleDefinition {
    id: String,
    name: String,
    properties: Properties,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Properties {
    role_name: String,
    #[serde(rename = "type")]
    kind: String,
    description: Option<String>,
    assignable_scopes: Vec<String>,
    permissions: Vec<Permission>,
}

/// What a role allows, or what a caller may do somewhere.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Permission {
    pub(super) actions: Vec<String>,
    pub(super) not_actions: Vec<String>,
    pub(super) data_actions: Vec<String>,
    pub(super) not_data_actions: Vec<String>,
}

impl Permission {
    pub(super) fn allows(&self, action: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|p| matches(p, action));
        (any(&self.actions) && !any(&self.not_actions)) || (any(&self.data_actions) && !any(&self.not_data_actions))
    }
}

/// `*` stands for any text, slashes included, and `/*/` for a single slash too: Managed Identity Operator's
/// `userAssignedIdentities/*/assign/action` allows `userAssignedIdentities/assign/action`. Case is ignored.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    matches_text(&pattern, &action) || (pattern.contains("/*/") && matches_text(&pattern.replace("/*/", "/"), &action))
}

fn matches_text(pattern: &str, action: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| action.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}

members!(RoleDefinition: id, guid, role_name, is_custom, description, actions, not_actions, data_actions,
    not_data_actions, assignable_scopes);

impl RoleDefinition {
    /// The resource id.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let role = role(&arm).await?;
    /// println!("{}", role.id());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The GUID, the same for a built-in role in every cloud.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let role = role(&arm).await?;
    /// println!("{}", role.guid());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn guid(&self) -> &str {
        &self.name
    }

    /// The name that people see, such as `Reader`.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let role = role(&arm).await?;
    /// println!("{}", role.role_name());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn role_name(&self) -> &str {
        &self.properties.role_name
    }

    /// Whether the role was made by the tenant, not by Azure.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let role = role(&arm).await?;
    /// println!("{}", role.is_custom());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn is_custom(&self) -> bool {
        self.properties.kind.eq_ignore_ascii_case("CustomRole")
    }

    /// What it is for.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let role = role(&arm).await?;
    /// println!("{}", role.description());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn description(&self) -> &str {
        self.properties.description.as_deref().unwrap_or_default()
    }

    /// The actions that it allows, with `*` for any.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let role = role(&arm).await?;
    /// println!("{:?}", role.actions());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn actions(&self) -> Vec<&str> {
        self.patterns(|p| &p.actions)
    }

    /// What it takes away from [`RoleDefinition::actions`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let role = role(&arm).await?;
    /// println!("{:?}", role.not_actions());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn not_actions(&self) -> Vec<&str> {
        self.patterns(|p| &p.not_actions)
    }

    /// The actions on data that it allows, such as reading blobs.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let role = role(&arm).await?;
    /// println!("{:?}", role.data_actions());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn data_actions(&self) -> Vec<&str> {
        self.patterns(|p| &p.data_actions)
    }

    /// What it takes away from [`RoleDefinition::data_actions`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let role = role(&arm).await?;
    /// println!("{:?}", role.not_data_actions());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn not_data_actions(&self) -> Vec<&str> {
        self.patterns(|p| &p.not_data_actions)
    }

    /// The scopes that it can be given at, and below.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let role = role(&arm).await?;
    /// println!("{:?}", role.assignable_scopes());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn assignable_scopes(&self) -> &[String] {
        &self.properties.assignable_scopes
    }

    fn patterns(&self, of: impl Fn(&Permission) -> &Vec<String>) -> Vec<&str> {
        self.properties.permissions.iter().flat_map(|p| of(p).iter().map(String::as_str)).collect()
    }

    /// Whether it allows an action, such as `Microsoft.Compute/virtualMachines/write`.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let role = role(&arm).await?;
    /// println!("{}", role.allows("Microsoft.Resources/subscriptions/resourceGroups/read"));
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn allows(&self, action: &str) -> bool {
        self.properties.permissions.iter().any(|p| p.allows(action))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, action, is) in [
            ("*", "a/b/c", true),
            ("*/read", "Microsoft.Compute/virtualMachines/READ", true),
            ("*/read", "Microsoft.Compute/virtualMachines/write", false),
            ("Microsoft.Compute/*", "microsoft.compute/x/y", true),
            ("Microsoft.Authorization/*/Write", "Microsoft.Authorization/roleAssignments/write", true),
            ("a/b", "a/b/c", false),
            ("a/*/c/*/e", "a/1/c/2/e", true),
            ("a/*/c/*/e", "a/1/d/2/e", false),
            ("a/ids/*/assign/action", "a/ids/assign/action", true),
            ("a/ids/*/assign/action", "a/ids/x/assign/action", true),
            ("a/ids/*/assign/action", "a/idsassign/action", false),
        ] {
            assert_eq!(matches(pattern, action), is, "{pattern} {action}");
        }
    }

    #[test]
    fn not_actions_take_away() {
        let contributor = Permission {
            actions: vec!["*".into()],
            not_actions: vec!["Microsoft.Authorization/*/Write".into()],
            ..Permission::default()
        };
        assert!(contributor.allows("Microsoft.Compute/virtualMachines/write"));
        assert!(!contributor.allows("Microsoft.Authorization/roleAssignments/write"));
    }
}
