//! Subscriptions.

use serde::Deserialize;

use super::client::ArmClient;
use super::members::members;
use super::paging::Pages;
use crate::error::Result;

const API_VERSION: &str = "2022-12-01";

/// The subscriptions that the caller sees.
///
/// ```
/// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
/// # example(async |arm| {
/// let subscriptions = arm.subscriptions();
/// # drop(subscriptions); Ok(()) });
/// ```
#[derive(Debug, Clone)]
pub struct Subscriptions(ArmClient);

impl ArmClient {
    /// The subscriptions that the caller sees.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// let subscriptions = arm.subscriptions();
    /// # drop(subscriptions); Ok(()) });
    /// ```
    #[must_use]
    pub fn subscriptions(&self) -> Subscriptions {
        Subscriptions(self.clone())
    }
}

impl Subscriptions {
    /// All of them. A caller without any role sees none.
    ///
    /// # Errors
    /// As [`ArmClient::request`], with the pages.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// let all = arm.subscriptions().list()?.collect().await?;
    /// # Ok(()) });
    /// ```
    pub fn list(&self) -> Result<Pages<Subscription>> {
        Ok(Pages::new(self.0.clone(), self.0.url("/subscriptions", API_VERSION)?))
    }
}

/// A subscription.
///
/// ```
/// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
/// # example(async |arm| {
/// # let subscription = subscription(&arm).await?;
/// println!("{} {}", subscription.subscription_id(), subscription.display_name());
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    id: String,
    subscription_id: String,
    #[serde(default)]
    tenant_id: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    state: String,
}

members!(Subscription: id, subscription_id, tenant_id, display_name, state);

impl Subscription {
    /// The resource id, `/subscriptions/<id>`.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let subscription = subscription(&arm).await?;
    /// println!("{}", subscription.id());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The GUID.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let subscription = subscription(&arm).await?;
    /// println!("{}", subscription.subscription_id());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn subscription_id(&self) -> &str {
        &self.subscription_id
    }

    /// The tenant's GUID.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let subscription = subscription(&arm).await?;
    /// println!("{}", subscription.tenant_id());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        &self.tenant_id
    }

    /// The name that people gave it.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let subscription = subscription(&arm).await?;
    /// println!("{}", subscription.display_name());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn display_name(&self) -> &str {
        &self.display_name
    }

    /// `Enabled`, `Disabled`, `Warned`, …
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let subscription = subscription(&arm).await?;
    /// println!("{}", subscription.state());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn state(&self) -> &str {
        &self.state
    }
}
