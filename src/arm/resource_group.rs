//! Resource groups.

use std::collections::BTreeMap;

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::client::ArmClient;
use super::members::members;
use super::operation::{Operation, Reporter};
use super::paging::Pages;
use super::{polling, scope_path};
use crate::error::{ErrorKind, Result};

const API_VERSION: &str = "2021-04-01";

/// The resource groups of one subscription.
///
/// ```
/// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
/// # example(async |arm| {
/// let groups = arm.resource_groups("8d1c0000-0000-0000-0000-000000000000");
/// # drop(groups); Ok(()) });
/// ```
#[derive(Debug, Clone)]
pub struct ResourceGroups {
    client: ArmClient,
    subscription: String,
}

impl ArmClient {
    /// The resource groups of a subscription, given by its GUID.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// let groups = arm.resource_groups("8d1c0000-0000-0000-0000-000000000000");
    /// # drop(groups); Ok(()) });
    /// ```
    #[must_use]
    pub fn resource_groups(&self, subscription: &str) -> ResourceGroups {
        ResourceGroups { client: self.clone(), subscription: subscription.to_owned() }
    }
}

impl ResourceGroups {
    fn path(&self, name: &str) -> Result<String> {
        scope_path::check_subscription(&self.subscription)?;
        scope_path::check_group_name(name)?;
        Ok(format!("/subscriptions/{}/resourcegroups/{name}", self.subscription))
    }

    /// One group.
    ///
    /// # Errors
    /// NotFound, Forbidden, and as [`ArmClient::request`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// let group = arm.resource_groups("8d1c0000-0000-0000-0000-000000000000").get("rg1").await?;
    /// println!("{}", group.location());
    /// # Ok(()) });
    /// ```
    pub async fn get(&self, name: &str) -> Result<ResourceGroup> {
        self.client.read_path(&self.path(name)?, API_VERSION).await
    }

    /// Whether there is a group of this name. A group that the caller may not read is an error, not a no.
    ///
    /// # Errors
    /// As [`ArmClient::request`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// if arm.resource_groups("8d1c0000-0000-0000-0000-000000000000").exists("rg1").await? {}
    /// # Ok(()) });
    /// ```
    pub async fn exists(&self, name: &str) -> Result<bool> {
        match self.client.send(Method::HEAD, &self.path(name)?, API_VERSION, None).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// All groups of the subscription that the caller sees.
    ///
    /// # Errors
    /// `argument.name`; as [`ArmClient::request`] with the pages.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// let all = arm.resource_groups("8d1c0000-0000-0000-0000-000000000000").list()?.collect().await?;
    /// # Ok(()) });
    /// ```
    pub fn list(&self) -> Result<Pages<ResourceGroup>> {
        scope_path::check_subscription(&self.subscription)?;
        let path = format!("/subscriptions/{}/resourcegroups", self.subscription);
        Ok(Pages::new(self.client.clone(), self.client.url(&path, API_VERSION)?))
    }

    /// Makes the group, or sets the tags of the one that is there.
    ///
    /// # Errors
    /// `argument.name`, Conflict where it exists in another location, and as [`ArmClient::request`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// let groups = arm.resource_groups("8d1c0000-0000-0000-0000-000000000000");
    /// let group = groups.create("rg1", "eastus", &Default::default()).await?;
    /// # Ok(()) });
    /// ```
    pub async fn create(&self, name: &str, location: &str, tags: &BTreeMap<String, String>) -> Result<ResourceGroup> {
        let body = json!({"location": location, "tags": tags});
        self.client.send(Method::PUT, &self.path(name)?, API_VERSION, Some(&body)).await?.read()
    }

    /// Deletes the group and everything in it. A group that is not there is as wanted.
    ///
    /// # Errors
    /// As [`ArmClient::request`]; `arm.operation_failed` where something in it can't be deleted.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// arm.resource_groups("8d1c0000-0000-0000-0000-000000000000").delete("rg1").await?.wait().await?;
    /// # Ok(()) });
    /// ```
    pub async fn delete(&self, name: &str) -> Result<Operation<()>> {
        let what = format!("deleting the resource group {name}");
        let first = match self.client.send(Method::DELETE, &self.path(name)?, API_VERSION, None).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Operation::done(what, ())),
            other => other?,
        };
        let (client, reporter) = (self.client.clone(), Reporter::new(what));
        let told = reporter.clone();
        Ok(Operation::running(
            reporter,
            Box::pin(async move { polling::finish(&client, &first, &Method::DELETE, &told).await.map(drop) }),
        ))
    }
}

/// Tags as getters give them: where the service sends none, or null, there are none.
pub(super) fn known_tags(tags: Option<&BTreeMap<String, String>>) -> &BTreeMap<String, String> {
    static NONE: BTreeMap<String, String> = BTreeMap::new();
    tags.unwrap_or(&NONE)
}

/// A resource group.
///
/// ```
/// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
/// # example(async |arm| {
/// # let group = group(&arm).await?;
/// println!("{} in {}", group.name(), group.location());
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceGroup {
    id: String,
    name: String,
    location: String,
    #[serde(default)]
    tags: Option<BTreeMap<String, String>>,
    #[serde(default)]
    properties: Properties,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Properties {
    provisioning_state: String,
}

members!(ResourceGroup: id, name, location, tags, provisioning_state);

impl ResourceGroup {
    /// The resource id.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let group = group(&arm).await?;
    /// println!("{}", group.id());
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
    /// # let group = group(&arm).await?;
    /// println!("{}", group.name());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The region, such as `eastus`.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let group = group(&arm).await?;
    /// println!("{}", group.location());
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
    /// # let group = group(&arm).await?;
    /// println!("{:?}", group.tags());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn tags(&self) -> &BTreeMap<String, String> {
        known_tags(self.tags.as_ref())
    }

    /// A tag's value.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let group = group(&arm).await?;
    /// println!("{:?}", group.tag("owner"));
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn tag(&self, name: &str) -> Option<&str> {
        self.tags.as_ref()?.get(name).map(String::as_str)
    }

    /// `Succeeded`, `Deleting`, …
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let group = group(&arm).await?;
    /// println!("{}", group.provisioning_state());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn provisioning_state(&self) -> &str {
        &self.properties.provisioning_state
    }
}
