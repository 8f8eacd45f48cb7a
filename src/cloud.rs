//! Clouds: where Resource Manager and the sign-in service are, and which audiences their tokens have.

use std::fmt;
use std::sync::Arc;

use url::Url;

use crate::env::Env;
use crate::error::{Error, Result, id};
use crate::scope::ShortName;

/// A cloud: a known one, or a private one (an emulator, Azure Stack) by its Resource Manager's origin.
///
/// ```
/// use midentity::Cloud;
/// assert_eq!(Cloud::parse("azureusgovernment")?.arm_audience(), "https://management.usgovcloudapi.net/");
/// assert_eq!(Cloud::parse("https://127.0.0.1:8443")?.arm_audience(), "https://127.0.0.1:8443/");
/// # Ok::<(), midentity::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Cloud(Arc<Hosts>);

#[derive(PartialEq, Eq, Hash)]
struct Hosts {
    name: String,
    arm_origin: String,
    arm_audience: String,
    /// What a private cloud's own page has to say is absent: see `cloud_endpoints`.
    services: Option<Services>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Services {
    pub(crate) login: &'static str,
    pub(crate) graph: &'static str,
    pub(crate) key_vault: &'static str,
    pub(crate) sql: &'static str,
    pub(crate) storage_suffix: &'static str,
}

const NAMES: [&str; 3] = ["AzureCloud", "AzureUSGovernment", "AzureChinaCloud"];
const STORAGE: &str = "https://storage.azure.com/";
/// The hosts (with all below them) whose tokens the known clouds' services take. Sources: the clouds' own
/// `/metadata/endpoints`, and the Azure CLI's list of clouds.
const OWNED: [(&str, &[&str]); 3] = [
    (
        NAMES[0],
        &[
            "management.azure.com",
            "management.core.windows.net",
            "graph.microsoft.com",
            "graph.windows.net",
            "vault.azure.net",
            "storage.azure.com",
            "core.windows.net",
            "database.windows.net",
        ],
    ),
    (
        NAMES[1],
        &[
            "management.usgovcloudapi.net",
            "management.core.usgovcloudapi.net",
            "graph.microsoft.us",
            "dod-graph.microsoft.us",
            "usgovcloudapi.net",
        ],
    ),
    (NAMES[2], &["chinacloudapi.cn", "vault.azure.cn"]),
];
/// The same services by their application ids, which are audiences too, the same in every known cloud.
const OWNED_IDS: [&str; 4] = [
    "797f4846-ba00-4fd7-ba43-dac1f8f63013",
    "00000003-0000-0000-c000-000000000000",
    "cfa8b339-82a2-471a-a3c9-0fc0be7a4093",
    "e406a681-f3d4-42a8-90b6-c2b029497af1",
];
/// Azure DevOps has an application id for an audience, not a URI; it is the same in every cloud.
const AZURE_DEVOPS: &str = "499b84ac-1321-427f-aa17-267ca6975798";

impl Cloud {
    /// The public cloud, `AzureCloud`.
    ///
    /// ```
    /// assert_eq!(midentity::Cloud::public().name(), "AzureCloud");
    /// ```
    #[must_use]
    pub fn public() -> Self {
        Self::known(
            NAMES[0],
            "https://management.azure.com",
            Services {
                login: "https://login.microsoftonline.com",
                graph: "https://graph.microsoft.com/",
                key_vault: "https://vault.azure.net",
                sql: "https://database.windows.net/",
                storage_suffix: "core.windows.net",
            },
        )
    }

    /// The US government's cloud, `AzureUSGovernment`.
    ///
    /// ```
    /// assert_eq!(midentity::Cloud::us_government().arm_origin(), "https://management.usgovcloudapi.net");
    /// ```
    #[must_use]
    pub fn us_government() -> Self {
        Self::known(
            NAMES[1],
            "https://management.usgovcloudapi.net",
            Services {
                login: "https://login.microsoftonline.us",
                graph: "https://graph.microsoft.us/",
                key_vault: "https://vault.usgovcloudapi.net",
                sql: "https://database.usgovcloudapi.net/",
                storage_suffix: "core.usgovcloudapi.net",
            },
        )
    }

    /// The cloud in China, `AzureChinaCloud`.
    ///
    /// ```
    /// assert_eq!(midentity::Cloud::china().arm_origin(), "https://management.chinacloudapi.cn");
    /// ```
    #[must_use]
    pub fn china() -> Self {
        Self::known(
            NAMES[2],
            "https://management.chinacloudapi.cn",
            Services {
                login: "https://login.chinacloudapi.cn",
                graph: "https://microsoftgraph.chinacloudapi.cn/",
                key_vault: "https://vault.azure.cn",
                sql: "https://database.chinacloudapi.cn/",
                storage_suffix: "core.chinacloudapi.cn",
            },
        )
    }

    /// A cloud by name (case ignored) or by its Resource Manager's https origin.
    ///
    /// # Errors
    /// `argument.cloud` where it is neither.
    ///
    /// ```
    /// assert_eq!(midentity::Cloud::parse("AzureMoonCloud").unwrap_err().id(), "argument.cloud");
    /// ```
    pub fn parse(text: &str) -> Result<Self> {
        match NAMES.iter().position(|n| n.eq_ignore_ascii_case(text)) {
            Some(0) => Ok(Self::public()),
            Some(1) => Ok(Self::us_government()),
            Some(_) => Ok(Self::china()),
            None if text.contains("://") => Self::at(text),
            None => Err(Error::argument(
                id::ARGUMENT_CLOUD,
                format!("there is no cloud named {text:?}"),
                format!("use one of {}, or an https origin such as https://127.0.0.1:8443", NAMES.join(", ")),
            )),
        }
    }

    /// The cloud that the environment names (`MIDENTITY_CLOUD`), else the public one.
    ///
    /// # Errors
    /// `argument.cloud`, naming the variable.
    ///
    /// ```
    /// let env = midentity::Env::fixed([("MIDENTITY_CLOUD", "AzureChinaCloud")]);
    /// assert_eq!(midentity::Cloud::from_env(&env)?.name(), "AzureChinaCloud");
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn from_env(env: &Env) -> Result<Self> {
        match env.var("MIDENTITY_CLOUD") {
            None => Ok(Self::public()),
            Some(text) => Self::parse(text.trim()).map_err(|e| e.append(" (from the variable MIDENTITY_CLOUD)")),
        }
    }

    fn at(text: &str) -> Result<Self> {
        let refuse = |why: &str| {
            Error::argument(
                id::ARGUMENT_CLOUD,
                format!("the cloud's address {why}"),
                "give an https origin: scheme, host and port, without path, user or query",
            )
        };
        let url = Url::parse(text).map_err(|_| refuse("is not a URL"))?;
        if url.scheme() != "https" {
            return Err(refuse("is not https: a token is never sent in the clear"));
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(refuse("has no host"));
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("is more than an origin"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("holds a user name or password"));
        }
        let origin = url.origin().ascii_serialization();
        if let Some(known) =
            [Self::public(), Self::us_government(), Self::china()].into_iter().find(|c| c.arm_origin() == origin)
        {
            return Ok(known);
        }
        Ok(Self(Arc::new(Hosts {
            name: origin.clone(),
            // An audience of its own: a token for a known cloud must never go to another host.
            arm_audience: format!("{origin}/"),
            arm_origin: origin,
            services: None,
        })))
    }

    fn known(name: &str, arm_origin: &str, services: Services) -> Self {
        Self(Arc::new(Hosts {
            name: name.to_owned(),
            arm_origin: arm_origin.to_owned(),
            arm_audience: format!("{arm_origin}/"),
            services: Some(services),
        }))
    }

    /// The cloud with another audience of Resource Manager's tokens than its own origin: what an Azure Stack's
    /// administrator names, for one. Its short name is `arm` still.
    ///
    /// # Errors
    /// `argument.option` where it can't be an audience; `cloud.audience_refused` where it is that of another cloud: its
    /// token would be sent to a host that it is not for.
    ///
    /// ```
    /// let stack = midentity::Cloud::parse("https://management.local.stack.test")?;
    /// let stack = stack.with_audience("https://management.stack.test/4de154de")?;
    /// assert_eq!(stack.arm_audience(), "https://management.stack.test/4de154de");
    /// let error = stack.with_audience("https://management.azure.com/").unwrap_err();
    /// assert_eq!(error.id(), "cloud.audience_refused");
    /// # Ok::<(), midentity::Error>(())
    /// ```
    pub fn with_audience(&self, audience: &str) -> Result<Self> {
        if audience.is_empty() || audience.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Error::argument(
                id::ARGUMENT_OPTION,
                "the audience is empty or has white space in it",
                "give it as the cloud's administrator spells it, such as https://management.stack.test/<id>",
            ));
        }
        self.check_audience(audience)?;
        let Hosts { name, arm_origin, services, .. } = &*self.0;
        Ok(Self(Arc::new(Hosts {
            name: name.clone(),
            arm_origin: arm_origin.clone(),
            arm_audience: audience.to_owned(),
            services: *services,
        })))
    }

    /// # Errors
    /// `cloud.audience_refused` where the audience is a known cloud's and this is another one.
    pub(crate) fn check_audience(&self, audience: &str) -> Result<()> {
        match owner(audience) {
            Some(owner) if owner != self.name() => Err(Error::argument(
                id::CLOUD_AUDIENCE_REFUSED,
                format!("the audience {audience:?} is that of {owner}, and its tokens are not for {}", self.name()),
                format!("name the cloud {owner} if that is meant, or give an audience of this cloud's own"),
            )),
            _ => Ok(()),
        }
    }

    pub(crate) fn services(&self) -> Option<Services> {
        self.0.services
    }

    /// The cloud's name, or the origin of a private one.
    ///
    /// ```
    /// assert_eq!(midentity::Cloud::china().name(), "AzureChinaCloud");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Resource Manager's origin, without a trailing slash.
    ///
    /// ```
    /// assert_eq!(midentity::Cloud::public().arm_origin(), "https://management.azure.com");
    /// ```
    #[must_use]
    pub fn arm_origin(&self) -> &str {
        &self.0.arm_origin
    }

    /// The audience of Resource Manager's tokens, with its trailing slash.
    ///
    /// ```
    /// assert_eq!(midentity::Cloud::public().arm_audience(), "https://management.azure.com/");
    /// ```
    #[must_use]
    pub fn arm_audience(&self) -> &str {
        &self.0.arm_audience
    }

    /// `None` where only a private cloud's own page tells.
    pub(crate) fn resource_of(&self, name: ShortName) -> Option<&str> {
        let services = self.0.services.as_ref();
        match name {
            ShortName::Arm => Some(&self.0.arm_audience),
            ShortName::Graph => services.map(|s| s.graph),
            ShortName::KeyVault => services.map(|s| s.key_vault),
            ShortName::Storage => Some(STORAGE),
            ShortName::Sql => services.map(|s| s.sql),
            ShortName::AzureDevOps => Some(AZURE_DEVOPS),
        }
    }
}

/// The known cloud whose audience this is; any of them where it is the same in all.
fn owner(audience: &str) -> Option<&'static str> {
    let text = audience.trim_end_matches('/').to_ascii_lowercase();
    let bare = text.rsplit('/').next().unwrap_or(&text);
    if OWNED_IDS.contains(&bare) {
        return Some(NAMES[0]);
    }
    let url = Url::parse(&text).or_else(|_| Url::parse(&format!("https://{text}"))).ok()?;
    let host = url.host_str()?.trim_end_matches('.').to_owned();
    let within = |owned: &&str| host.strip_suffix(*owned).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    OWNED.iter().find(|(_, hosts)| hosts.iter().any(within)).map(|(name, _)| *name)
}

impl Default for Cloud {
    fn default() -> Self {
        Self::public()
    }
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cloud({})", self.0.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_origins_are_taken() {
        for bad in ["http://127.0.0.1", "https://", "https://a/b", "https://a?b", "https://u:p@a", "ftp://a", "Azure"] {
            assert_eq!(Cloud::parse(bad).unwrap_err().id(), id::ARGUMENT_CLOUD, "{bad}");
        }
        assert_eq!(Cloud::parse("https://A:443/").unwrap().arm_origin(), "https://a");
        assert_eq!(Cloud::parse("https://management.azure.com").unwrap().name(), "AzureCloud");
    }

    #[test]
    fn a_known_clouds_audience_is_for_that_cloud_only() {
        let private = Cloud::parse("https://arm.private.test").unwrap();
        for bad in [
            "https://management.azure.com",
            "https://MANAGEMENT.azure.com/",
            "https://management.azure.com./",
            "https://management.azure.com:443//",
            "https://x@management.core.windows.net/",
            "management.core.windows.net",
            "https://graph.microsoft.com/",
            "https://one.vault.azure.net",
            "https://management.core.usgovcloudapi.net/",
            "https://management.chinacloudapi.cn/x",
            "797F4846-ba00-4fd7-ba43-dac1f8f63013",
            "api://797f4846-ba00-4fd7-ba43-dac1f8f63013/",
        ] {
            let error = private.with_audience(bad).unwrap_err();
            assert_eq!(error.id(), id::CLOUD_AUDIENCE_REFUSED, "{bad}");
            assert!(error.hint().unwrap().contains("Azure"), "{error:?}");
        }
        for good in ["https://arm.private.test/", "https://notmanagement.azure.com.test/", "api://stack", "some-id"] {
            assert_eq!(private.with_audience(good).unwrap().arm_audience(), good);
        }
        for bad in ["", "a b"] {
            assert_eq!(private.with_audience(bad).unwrap_err().id(), id::ARGUMENT_OPTION);
        }
        // One cloud has several names for itself; another one's is refused there too.
        assert!(Cloud::public().with_audience("https://management.core.windows.net/").is_ok());
        assert!(Cloud::public().with_audience("https://management.chinacloudapi.cn/").is_err());
        assert!(Cloud::china().with_audience("https://management.azure.com/").is_err());
    }

    #[test]
    fn the_variable_is_named() {
        let error = Cloud::from_env(&Env::fixed([("MIDENTITY_CLOUD", "nowhere")])).unwrap_err();
        assert!(error.message().contains("MIDENTITY_CLOUD"));
        assert!(error.hint().unwrap().contains("AzureUSGovernment"));
    }
}
