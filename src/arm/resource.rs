//! Any resource by its id, without knowing its provider's api-versions.

use serde::Deserialize;

use super::client::ArmClient;
use super::response::ArmResponse;
use crate::error::{Error, ErrorKind, Result, id};
use crate::resource_id::ResourceId;

const PROVIDERS_API_VERSION: &str = "2021-04-01";
const SUBSCRIPTION_API_VERSION: &str = "2022-12-01";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Provider {
    #[serde(default)]
    resource_types: Vec<ResourceType>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceType {
    resource_type: String,
    #[serde(default)]
    api_versions: Vec<String>,
}

impl ArmClient {
    /// Reads any resource by its id: the api-version is the newest stable one in its provider's own list.
    ///
    /// # Errors
    /// `argument.path` where the id can't be one, NotFound where there is no such resource or resource type, and as
    /// [`ArmClient::request`].
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
    /// # use midentity::{Cloud, Credential, arm::ArmClient};
    /// # let credential = Credential::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// # let arm = ArmClient::builder(credential).cloud(Cloud::parse(emulator.cloud())?).ca_file(emulator.ca_file()).build()?;
    /// # let id = emulator.facts().user_identities[0].id.clone();
    /// let identity = arm.get_resource(&id).await?;
    /// assert_eq!(identity.body()["name"], "id1");
    /// # Ok::<(), midentity::Error>(()) }).unwrap();
    /// ```
    pub async fn get_resource(&self, resource: &str) -> Result<ArmResponse> {
        let resource = ResourceId::parse(&format!("/{}", resource.trim_start_matches('/')))?;
        if resource.subscription().is_none() && resource.resource_type().is_none() {
            return Err(Error::argument(
                id::ARGUMENT_PATH,
                format!("{:?} is no resource's id", resource.as_str()),
                "begin with /subscriptions/<id> or /providers/<namespace>, as the resource's own id does",
            ));
        }
        let version = self.newest_version(&resource).await?;
        self.get_path(resource.as_str(), &version).await
    }

    async fn newest_version(&self, resource: &ResourceId) -> Result<String> {
        let Some(kind) = resource.resource_type() else {
            let is_group = resource.resource_group().is_some();
            return Ok(if is_group { PROVIDERS_API_VERSION } else { SUBSCRIPTION_API_VERSION }.to_owned());
        };
        let (namespace, name) = kind.split_once('/').unwrap_or((kind.as_str(), ""));
        let known = |versions: &[(String, String)]| {
            versions.iter().find(|(k, _)| k.eq_ignore_ascii_case(&kind)).map(|(_, version)| version.clone())
        };
        if let Some(version) = known(&self.versions()) {
            return Ok(version);
        }
        let within = resource.subscription().map_or_else(String::new, |s| format!("/subscriptions/{s}"));
        let path = format!("{within}/providers/{namespace}");
        let provider: Provider = self.read_path(&path, PROVIDERS_API_VERSION).await?;
        let found = provider.resource_types.into_iter().find(|t| t.resource_type.eq_ignore_ascii_case(name));
        match found.and_then(|t| newest(&t.api_versions)) {
            Some(version) => {
                let mut versions = self.versions();
                if known(&versions).is_none() {
                    versions.push((kind.clone(), version.clone()));
                }
                Ok(version)
            }
            None => Err(Error::new(
                ErrorKind::NotFound,
                id::ARM_NOT_FOUND,
                format!("the provider {namespace} has no resource type {name:?}"),
            )
            .with_hint("check the id's spelling, or name the api-version yourself with request()")),
        }
    }
}

/// The newest stable version, else the newest preview: they begin with their date.
fn newest(versions: &[String]) -> Option<String> {
    let stable = versions.iter().filter(|v| !v.to_ascii_lowercase().contains("preview")).max();
    stable.or_else(|| versions.iter().max()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stable_versions_come_before_previews() {
        let versions = |all: &[&str]| newest(&all.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>());
        assert_eq!(versions(&["2023-01-31", "2025-01-31-preview", "2024-11-30"]).as_deref(), Some("2024-11-30"));
        assert_eq!(versions(&["2015-08-31-PREVIEW"]).as_deref(), Some("2015-08-31-PREVIEW"));
        assert_eq!(versions(&[]), None);
    }
}
