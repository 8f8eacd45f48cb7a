//! Federated credentials: outside identities that may sign in as a user-assigned one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::client::ArmClient;
use super::members::members;
use super::paging::Pages;
use super::scope_path;
use super::user_identity::{API_VERSION, UserIdentities};
use crate::error::Result;

/// The audience that Entra ID expects in outside tokens.
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// The federated credentials of one user-assigned identity.
///
/// ```
/// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
/// # example(async |arm| {
/// let identities = arm.user_identities("8d1c0000-0000-0000-0000-000000000000", "rg1");
/// let credentials = identities.federated_credentials("id1")?;
/// # drop(credentials); Ok(()) });
/// ```
#[derive(Debug, Clone)]
pub struct FederatedCredentials {
    client: ArmClient,
    identity: String,
}

impl UserIdentities {
    /// The federated credentials of an identity.
    ///
    /// # Errors
    /// `argument.name` where the identity's name can't be one.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// let identities = arm.user_identities("8d1c0000-0000-0000-0000-000000000000", "rg1");
    /// let credentials = identities.federated_credentials("id1")?;
    /// # drop(credentials); Ok(()) });
    /// ```
    pub fn federated_credentials(&self, identity: &str) -> Result<FederatedCredentials> {
        Ok(FederatedCredentials { client: self.client.clone(), identity: self.path(identity)? })
    }
}

impl FederatedCredentials {
    fn path(&self, name: &str) -> Result<String> {
        scope_path::check_federated_name(name)?;
        Ok(format!("{}/federatedIdentityCredentials/{name}", self.identity))
    }

    /// The service refuses two writes on one identity at the same time: in this process they wait for each other.
    fn writes(&self) -> Arc<tokio::sync::Mutex<()>> {
        type Locks = Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>;
        static LOCKS: OnceLock<Locks> = OnceLock::new();
        let mut locks = LOCKS.get_or_init(Locks::default).lock().unwrap_or_else(PoisonError::into_inner);
        locks.retain(|_, lock| Arc::strong_count(lock) > 1);
        let key = format!("{}{}", self.client.cloud().arm_origin(), self.identity.to_ascii_lowercase());
        Arc::clone(locks.entry(key).or_default())
    }

    /// Makes the credential, or replaces the one of this name. Tokens of `issuer` for `subject` may then be exchanged
    /// for the identity's; without audiences, for the usual one, `api://AzureADTokenExchange`.
    ///
    /// # Errors
    /// `argument.name`, Conflict where issuer and subject are there under another name, and as
    /// [`ArmClient::request`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let credentials = arm.user_identities(SUBSCRIPTION, "rg1").federated_credentials("id1")?;
    /// let issuer = "https://token.actions.githubusercontent.com";
    /// credentials.create("github-main", issuer, "repo:me/app:ref:refs/heads/main", &[]).await?;
    /// # Ok(()) });
    /// ```
    pub async fn create(
        &self,
        name: &str,
        issuer: &str,
        subject: &str,
        audiences: &[&str],
    ) -> Result<FederatedCredential> {
        let path = self.path(name)?;
        let audiences = if audiences.is_empty() { &[AUDIENCE] } else { audiences };
        let body = json!({"properties": {"issuer": issuer, "subject": subject, "audiences": audiences}});
        let writes = self.writes();
        let _turn = writes.lock().await;
        self.client.send(Method::PUT, &path, API_VERSION, Some(&body)).await?.read()
    }

    /// One credential.
    ///
    /// # Errors
    /// NotFound, and as [`ArmClient::request`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let credentials = arm.user_identities(SUBSCRIPTION, "rg1").federated_credentials("id1")?;
    /// # federated_credential(&arm).await?;
    /// println!("{}", credentials.get("github-main").await?.subject());
    /// # Ok(()) });
    /// ```
    pub async fn get(&self, name: &str) -> Result<FederatedCredential> {
        self.client.read_path(&self.path(name)?, API_VERSION).await
    }

    /// All credentials of the identity.
    ///
    /// # Errors
    /// As [`ArmClient::request`] with the pages.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let credentials = arm.user_identities(SUBSCRIPTION, "rg1").federated_credentials("id1")?;
    /// for credential in credentials.list()?.collect().await? { println!("{}", credential.name()) }
    /// # Ok(()) });
    /// ```
    pub fn list(&self) -> Result<Pages<FederatedCredential>> {
        let path = format!("{}/federatedIdentityCredentials", self.identity);
        Ok(Pages::new(self.client.clone(), self.client.url(&path, API_VERSION)?))
    }

    /// Deletes the credential; `false` where there was none.
    ///
    /// # Errors
    /// As [`ArmClient::request`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let credentials = arm.user_identities(SUBSCRIPTION, "rg1").federated_credentials("id1")?;
    /// credentials.delete("github-main").await?;
    /// # Ok(()) });
    /// ```
    pub async fn delete(&self, name: &str) -> Result<bool> {
        let path = self.path(name)?;
        let writes = self.writes();
        let _turn = writes.lock().await;
        self.client.delete(&path, API_VERSION).await
    }
}

/// A federated credential.
///
/// ```
/// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
/// # example(async |arm| {
/// # let credential = federated_credential(&arm).await?;
/// println!("{} may sign in from {}", credential.subject(), credential.issuer());
/// # Ok(()) });
/// ```
#[derive(Debug, Clone, Deserialize)]
pub struct FederatedCredential {
    id: String,
    name: String,
    properties: Properties,
}

#[derive(Debug, Clone, Deserialize)]
struct Properties {
    issuer: String,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    audiences: Vec<String>,
}

members!(FederatedCredential: id, name, issuer, subject, audiences);

impl FederatedCredential {
    /// The resource id.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let credential = federated_credential(&arm).await?;
    /// println!("{}", credential.id());
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
    /// # let credential = federated_credential(&arm).await?;
    /// println!("{}", credential.name());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whose tokens are taken.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let credential = federated_credential(&arm).await?;
    /// println!("{}", credential.issuer());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.properties.issuer
    }

    /// Who may sign in.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let credential = federated_credential(&arm).await?;
    /// println!("{}", credential.subject());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.properties.subject
    }

    /// What the tokens must be for.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let credential = federated_credential(&arm).await?;
    /// println!("{:?}", credential.audiences());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn audiences(&self) -> &[String] {
        &self.properties.audiences
    }
}
