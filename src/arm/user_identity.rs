//! User-assigned identities, and the system-assigned identity of any resource.

use std::collections::BTreeMap;

use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::client::ArmClient;
use super::members::members;
use super::paging::Pages;
use super::resource_group::known_tags;
use super::scope_path;
use crate::error::{ErrorKind, Result};

/// The newest version that every cloud has.
pub(super) const API_VERSION: &str = "2024-11-30";
pub(super) const PROVIDER: &str = "providers/Microsoft.ManagedIdentity/userAssignedIdentities";

/// The user-assigned identities of one resource group, or of a whole subscription.
///
/// ```
/// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
/// # example(async |arm| {
/// let identities = arm.user_identities("8d1c0000-0000-0000-0000-000000000000", "rg1");
/// # drop(identities); Ok(()) });
/// ```
#[derive(Debug, Clone)]
pub struct UserIdentities {
    pub(super) client: ArmClient,
    subscription: String,
    group: String,
}

impl ArmClient {
    /// The user-assigned identities of a resource group; with an empty group, of the subscription (for lists).
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// let identities = arm.user_identities("8d1c0000-0000-0000-0000-000000000000", "rg1");
    /// # drop(identities); Ok(()) });
    /// ```
    #[must_use]
    pub fn user_identities(&self, subscription: &str, group: &str) -> UserIdentities {
        UserIdentities { client: self.clone(), subscription: subscription.to_owned(), group: group.to_owned() }
    }

    /// The system-assigned identity of a resource, given by its id: its client id too, which the resource itself does
    /// not show.
    ///
    /// # Errors
    /// NotFound where the resource has none, and as [`ArmClient::request`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let vm_id: &str = VM;
    /// println!("{}", arm.system_identity(vm_id).await?.client_id());
    /// # Ok(()) });
    /// ```
    pub async fn system_identity(&self, resource_id: &str) -> Result<SystemIdentity> {
        let scope = scope_path::check(resource_id)?;
        let path = format!("{scope}/providers/Microsoft.ManagedIdentity/identities/default");
        self.read_path(&path, API_VERSION).await
    }
}

impl UserIdentities {
    pub(super) fn path(&self, name: &str) -> Result<String> {
        scope_path::check_identity_name(name)?;
        Ok(format!("{}/{PROVIDER}/{name}", self.group_path()?))
    }

    fn group_path(&self) -> Result<String> {
        scope_path::check_subscription(&self.subscription)?;
        scope_path::check_group_name(&self.group)?;
        Ok(format!("/subscriptions/{}/resourceGroups/{}", self.subscription, self.group))
    }

    /// Makes the identity, or sets the location and tags of the one that is there (which keeps its ids). Without a
    /// location it is the group's; without tags, those of an existing one stay. Its isolation scope always stays.
    ///
    /// # Errors
    /// `argument.name` with the rule, Forbidden (Managed Identity Contributor may do this), and as
    /// [`ArmClient::request`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// let identities = arm.user_identities("8d1c0000-0000-0000-0000-000000000000", "rg1");
    /// let identity = identities.create("id1", None, None).await?;
    /// println!("{} {}", identity.client_id(), identity.principal_id());
    /// # Ok(()) });
    /// ```
    pub async fn create(
        &self,
        name: &str,
        location: Option<&str>,
        tags: Option<&BTreeMap<String, String>>,
    ) -> Result<UserIdentity> {
        let path = self.path(name)?;
        let existing = match self.get(name).await {
            Ok(identity) => Some(identity),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            // Who may write and not read has said all that can be said.
            Err(error) if error.kind() == ErrorKind::Forbidden && location.is_some() && tags.is_some() => None,
            Err(error) => return Err(error),
        };
        let location = match (location, &existing) {
            (Some(location), _) => location.to_owned(),
            (None, Some(existing)) => existing.location.clone(),
            (None, None) => {
                let groups = self.client.resource_groups(&self.subscription);
                groups.get(&self.group).await?.location().to_owned()
            }
        };
        let mut body = Map::from_iter([("location".to_owned(), Value::from(location))]);
        // A PUT replaces: what is not sent would be lost.
        if let Some(scope) = existing.as_ref().and_then(UserIdentity::isolation_scope) {
            body.insert("properties".to_owned(), json!({ "isolationScope": scope }));
        }
        if let Some(tags) = tags.or_else(|| existing.as_ref()?.tags.as_ref()) {
            body.insert("tags".to_owned(), json!(tags));
        }
        self.client.send(Method::PUT, &path, API_VERSION, Some(&Value::Object(body))).await?.read()
    }

    /// Sets the tags: exactly these, none of the old ones.
    ///
    /// # Errors
    /// NotFound, and as [`ArmClient::request`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// let tags = [("owner".to_string(), "me".to_string())].into();
    /// arm.user_identities("8d1c0000-0000-0000-0000-000000000000", "rg1").update("id1", &tags).await?;
    /// # Ok(()) });
    /// ```
    pub async fn update(&self, name: &str, tags: &BTreeMap<String, String>) -> Result<UserIdentity> {
        let body = json!({ "tags": tags });
        self.client.send(Method::PATCH, &self.path(name)?, API_VERSION, Some(&body)).await?.read()
    }

    /// One identity.
    ///
    /// # Errors
    /// NotFound, Forbidden, and as [`ArmClient::request`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// let identity = arm.user_identities("8d1c0000-0000-0000-0000-000000000000", "rg1").get("id1").await?;
    /// # Ok(()) });
    /// ```
    pub async fn get(&self, name: &str) -> Result<UserIdentity> {
        self.client.read_path(&self.path(name)?, API_VERSION).await
    }

    /// All identities of the group, or of the subscription where the group is empty.
    ///
    /// # Errors
    /// `argument.name`; as [`ArmClient::request`] with the pages.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// let mut all = arm.user_identities("8d1c0000-0000-0000-0000-000000000000", "").list()?;
    /// while let Some(identity) = all.next().await? { println!("{}", identity.name()) }
    /// # Ok(()) });
    /// ```
    pub fn list(&self) -> Result<Pages<UserIdentity>> {
        let path = if self.group.is_empty() {
            scope_path::check_subscription(&self.subscription)?;
            format!("/subscriptions/{}/{PROVIDER}", self.subscription)
        } else {
            format!("{}/{PROVIDER}", self.group_path()?)
        };
        Ok(Pages::new(self.client.clone(), self.client.url(&path, API_VERSION)?))
    }

    /// Deletes the identity; `false` where there was none. Machines that it is assigned to keep a dangling entry: see
    /// [`super::VmIdentities::dangling`].
    ///
    /// # Errors
    /// As [`ArmClient::request`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// let was_there = arm.user_identities("8d1c0000-0000-0000-0000-000000000000", "rg1").delete("id1").await?;
    /// # Ok(()) });
    /// ```
    pub async fn delete(&self, name: &str) -> Result<bool> {
        self.client.delete(&self.path(name)?, API_VERSION).await
    }
}

/// A user-assigned identity.
///
/// ```
/// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
/// # example(async |arm| {
/// # let identity = identity(&arm).await?;
/// println!("{}: client id {}", identity.name(), identity.client_id());
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserIdentity {
    id: String,
    name: String,
    #[serde(default)]
    location: String,
    #[serde(default)]
    tags: Option<BTreeMap<String, String>>,
    #[serde(default)]
    properties: Properties,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Properties {
    tenant_id: String,
    principal_id: String,
    client_id: String,
    isolation_scope: Option<String>,
    client_secret_url: Option<String>,
}

members!(UserIdentity: id, name, location, tags, client_id, principal_id, tenant_id, client_secret_url,
    isolation_scope);

impl UserIdentity {
    /// The resource id, with the letter case that the service gives it.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let identity = identity(&arm).await?;
    /// println!("{}", identity.id());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let identity = identity(&arm).await?;
    /// println!("{}", identity.name());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The region.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let identity = identity(&arm).await?;
    /// println!("{}", identity.location());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The tags.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let identity = identity(&arm).await?;
    /// println!("{:?}", identity.tags().get("owner"));
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn tags(&self) -> &BTreeMap<String, String> {
        known_tags(self.tags.as_ref())
    }

    /// The client id, which token requests name.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let identity = identity(&arm).await?;
    /// println!("{}", identity.client_id());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.properties.client_id
    }

    /// The object (principal) id, which roles and groups name.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let identity = identity(&arm).await?;
    /// println!("{}", identity.principal_id());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn principal_id(&self) -> &str {
        &self.properties.principal_id
    }

    /// The tenant's GUID.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let identity = identity(&arm).await?;
    /// println!("{}", identity.tenant_id());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        &self.properties.tenant_id
    }

    /// The address of its credential in the identity service, where an older api-version gives one.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let identity = identity(&arm).await?;
    /// println!("{:?}", identity.client_secret_url());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn client_secret_url(&self) -> Option<&str> {
        self.properties.client_secret_url.as_deref()
    }

    /// Where it can be assigned: `Regional` (in its own region only) or `None`; absent in older api-versions.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let identity = identity(&arm).await?;
    /// println!("{:?}", identity.isolation_scope());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn isolation_scope(&self) -> Option<&str> {
        self.properties.isolation_scope.as_deref()
    }
}

/// The system-assigned identity of a resource.
///
/// ```
/// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
/// # example(async |arm| {
/// # let identity = arm.system_identity(VM).await?;
/// println!("{}", identity.principal_id());
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, Deserialize)]
pub struct SystemIdentity {
    #[serde(default)]
    properties: Properties,
}

members!(SystemIdentity: client_id, principal_id, tenant_id);

impl SystemIdentity {
    /// The client id.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let identity = arm.system_identity(VM).await?;
    /// println!("{}", identity.client_id());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.properties.client_id
    }

    /// The object (principal) id.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let identity = arm.system_identity(VM).await?;
    /// println!("{}", identity.principal_id());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn principal_id(&self) -> &str {
        &self.properties.principal_id
    }

    /// The tenant's GUID.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let identity = arm.system_identity(VM).await?;
    /// println!("{}", identity.tenant_id());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        &self.properties.tenant_id
    }
}
