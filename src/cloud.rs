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
    graph: &'static str,
    key_vault: &'static str,
    sql: &'static str,
}

const NAMES: [&str; 3] = ["AzureCloud", "AzureUSGovernment", "AzureChinaCloud"];
const STORAGE: &str = "https://storage.azure.com/";
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
            "https://graph.microsoft.com/",
            "https://vault.azure.net",
            "https://database.windows.net/",
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
            "https://graph.microsoft.us/",
            "https://vault.usgovcloudapi.net",
            "https://database.usgovcloudapi.net/",
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
            "https://microsoftgraph.chinacloudapi.cn/",
            "https://vault.azure.cn",
            "https://database.chinacloudapi.cn/",
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
        let public = Self::public();
        Ok(Self(Arc::new(Hosts {
            name: origin.clone(),
            // An audience of its own: a token for a known cloud must never go to another host.
            arm_audience: format!("{origin}/"),
            arm_origin: origin,
            graph: public.0.graph,
            key_vault: public.0.key_vault,
            sql: public.0.sql,
        })))
    }

    fn known(name: &str, arm_origin: &str, graph: &'static str, key_vault: &'static str, sql: &'static str) -> Self {
        Self(Arc::new(Hosts {
            name: name.to_owned(),
            arm_origin: arm_origin.to_owned(),
            arm_audience: format!("{arm_origin}/"),
            graph,
            key_vault,
            sql,
        }))
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

    pub(crate) fn resource_of(&self, name: ShortName) -> &str {
        match name {
            ShortName::Arm => &self.0.arm_audience,
            ShortName::Graph => self.0.graph,
            ShortName::KeyVault => self.0.key_vault,
            ShortName::Storage => STORAGE,
            ShortName::Sql => self.0.sql,
            ShortName::AzureDevOps => AZURE_DEVOPS,
        }
    }
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
    fn the_variable_is_named() {
        let error = Cloud::from_env(&Env::fixed([("MIDENTITY_CLOUD", "nowhere")])).unwrap_err();
        assert!(error.message().contains("MIDENTITY_CLOUD"));
        assert!(error.hint().unwrap().contains("AzureUSGovernment"));
    }
}
