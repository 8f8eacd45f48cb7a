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
/// # fn show(arm: &midentity::arm::ArmClient) {
/// let subscriptions = arm.subscriptions();
/// # drop(subscriptions); }
/// ```
#[derive(Debug, Clone)]
pub struct Subscriptions(ArmClient);

impl ArmClient {
    /// The subscriptions that the caller sees.
    ///
    /// ```
    /// # fn show(arm: &midentity::arm::ArmClient) {
    /// let subscriptions = arm.subscriptions();
    /// # drop(subscriptions); }
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
    /// # async fn show(arm: midentity::arm::ArmClient) -> midentity::Result<()> {
    /// let all = arm.subscriptions().list()?.collect().await?;
    /// # Ok(()) }
    /// ```
    pub fn list(&self) -> Result<Pages<Subscription>> {
        Ok(Pages::new(self.0.clone(), self.0.url("/subscriptions", API_VERSION)?))
    }
}

/// A subscription.
///
/// ```
/// fn show(subscription: &midentity::arm::Subscription) {
///     println!("{} {}", subscription.subscription_id(), subscription.display_name());
/// }
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
    /// fn show(s: &midentity::arm::Subscription) { println!("{}", s.id()) }
    /// ```
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The GUID.
    ///
    /// ```
    /// fn show(s: &midentity::arm::Subscription) { println!("{}", s.subscription_id()) }
    /// ```
    #[must_use]
    pub fn subscription_id(&self) -> &str {
        &self.subscription_id
    }

    /// The tenant's GUID.
    ///
    /// ```
    /// fn show(s: &midentity::arm::Subscription) { println!("{}", s.tenant_id()) }
    /// ```
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        &self.tenant_id
    }

    /// The name that people gave it.
    ///
    /// ```
    /// fn show(s: &midentity::arm::Subscription) { println!("{}", s.display_name()) }
    /// ```
    #[must_use]
    pub fn display_name(&self) -> &str {
        &self.display_name
    }

    /// `Enabled`, `Disabled`, `Warned`, …
    ///
    /// ```
    /// fn show(s: &midentity::arm::Subscription) { println!("{}", s.state()) }
    /// ```
    #[must_use]
    pub fn state(&self) -> &str {
        &self.state
    }
}
