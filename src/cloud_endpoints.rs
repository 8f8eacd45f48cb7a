//! Where a cloud's other services are: known for the known clouds, read from a private cloud's own page.
//!
//! Source: `GET {arm}/metadata/endpoints`, which needs no token: one object since 2022-09-01, a list of clouds before,
//! and an object of another shape in the oldest versions (Azure Stack). A page is not trusted with audiences: a token
//! is for the host that it will be sent to, and never for a known cloud's.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, Method};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;
use url::Url;

use crate::clock::Clock;
use crate::cloud::{Cloud, Services};
use crate::error::{Error, ErrorKind, Result, id};
use crate::http::cloud::{CloudRequest, CloudTransport};
use crate::http::redact::redact;
use crate::http::retry::{self, Decision, Outcome, Retries};
use crate::http::{LINK_LOCAL_BODY_LIMIT, Progress};
use crate::scope::ShortName;

/// The newest first: one that an older cloud does not know is refused by it.
const VERSIONS: [&str; 3] = ["2022-09-01", "2019-05-01", "2015-01-01"];
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// Where a cloud's services are. What a private cloud does not name is absent.
///
/// ```
/// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
/// # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
/// # use midentity::{AccessToken, Cloud, StaticToken, arm::ArmClient};
/// # let token = StaticToken::new(AccessToken::new("t".to_string(), 5));
/// # let arm = ArmClient::builder(token).cloud(Cloud::parse(emulator.cloud())?).ca_file(emulator.ca_file()).build()?;
/// let endpoints = arm.endpoints().await?;
/// assert_eq!(endpoints.login(), Some(emulator.cloud()));
/// # Ok::<(), midentity::Error>(()) }).unwrap();
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct CloudEndpoints {
    login: Option<String>,
    graph: Option<String>,
    key_vault: Option<String>,
    sql: Option<String>,
    storage_suffix: Option<String>,
}

impl CloudEndpoints {
    /// The sign-in service's origin, without a trailing slash.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let endpoints = arm.endpoints().await?;
    /// println!("{:?}", endpoints.login());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn login(&self) -> Option<&str> {
        self.login.as_deref()
    }

    /// Microsoft Graph's address, with its trailing slash: the audience of its tokens too.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let endpoints = arm.endpoints().await?;
    /// println!("{:?}", endpoints.graph());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn graph(&self) -> Option<&str> {
        self.graph.as_deref()
    }

    /// The audience of Key Vault's tokens: https and the suffix of the vaults' names.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let endpoints = arm.endpoints().await?;
    /// println!("{:?}", endpoints.key_vault());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn key_vault(&self) -> Option<&str> {
        self.key_vault.as_deref()
    }

    /// The audience of Azure SQL's tokens.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let endpoints = arm.endpoints().await?;
    /// println!("{:?}", endpoints.sql());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn sql(&self) -> Option<&str> {
        self.sql.as_deref()
    }

    /// What storage accounts' host names end in, without a leading dot.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let endpoints = arm.endpoints().await?;
    /// println!("{:?}", endpoints.storage_suffix());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn storage_suffix(&self) -> Option<&str> {
        self.storage_suffix.as_deref()
    }

    fn known(services: Services) -> Self {
        let own = |text: &str| Some(text.to_owned());
        Self {
            login: own(services.login),
            graph: own(services.graph),
            key_vault: own(services.key_vault),
            sql: own(services.sql),
            storage_suffix: own(services.storage_suffix),
        }
    }

    /// What a private cloud's page says, as far as it may be followed.
    fn read(page: &Value, cloud: &Cloud) -> Result<Self> {
        let page = entry(page, cloud)?;
        let text = |pointers: &[&str]| {
            let found = pointers.iter().find_map(|p| page.pointer(p)?.as_str());
            found.map(str::trim).filter(|t| !t.is_empty())
        };
        // The audiences that the page claims for Resource Manager are not followed: ours is the origin or the caller's.
        let login = text(&["/authentication/loginEndpoint"]).map(https).transpose()?;
        let graph = text(&["/microsoftGraphResourceId", "/graphAudience", "/graph", "/graphEndpoint"])
            .map(|address| audience(cloud, https(address)?))
            .transpose()?;
        let suffix = |name: &str| text(&[&format!("/suffixes/{name}")]).map(|s| s.trim_start_matches('.').to_owned());
        let host =
            |suffix: Option<String>| suffix.map(|s| audience(cloud, https(&format!("https://{s}"))?)).transpose();
        Ok(Self {
            login: login.map(|url| url.origin().ascii_serialization()),
            graph: graph.map(|url| format!("{}/", url.as_str().trim_end_matches('/'))),
            key_vault: host(suffix("keyVaultDns"))?.map(|url| url.as_str().trim_end_matches('/').to_owned()),
            sql: host(suffix("sqlServerHostname"))?.map(|url| url.as_str().to_owned()),
            storage_suffix: suffix("storage"),
        })
    }

    /// # Errors
    /// `cloud.no_service` where the cloud names none.
    pub(crate) fn resource(&self, name: ShortName, cloud: &Cloud) -> Result<&str> {
        let found = match name {
            ShortName::Graph => self.graph(),
            ShortName::KeyVault => self.key_vault(),
            ShortName::Sql => self.sql(),
            // The same everywhere.
            ShortName::Arm | ShortName::Storage | ShortName::AzureDevOps => None,
        };
        found.ok_or_else(|| {
            Error::argument(
                id::CLOUD_NO_SERVICE,
                format!("the cloud {} names no service for this short name", cloud.name()),
                "give the resource itself instead of the short name",
            )
        })
    }
}

impl Serialize for CloudEndpoints {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(5))?;
        object.serialize_entry("login", &self.login)?;
        object.serialize_entry("graph", &self.graph)?;
        object.serialize_entry("key_vault", &self.key_vault)?;
        object.serialize_entry("sql", &self.sql)?;
        object.serialize_entry("storage_suffix", &self.storage_suffix)?;
        object.end()
    }
}

impl fmt::Debug for CloudEndpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudEndpoints").field("login", &self.login).field("graph", &self.graph).finish_non_exhaustive()
    }
}

/// The cloud's own entry: of a list, the one with its Resource Manager.
fn entry<'a>(page: &'a Value, cloud: &Cloud) -> Result<&'a Value> {
    let origin_of = |entry: &Value| {
        let named = entry.get("resourceManager")?.as_str()?;
        Some(Url::parse(named).ok()?.origin().ascii_serialization())
    };
    match page {
        Value::Object(_) => Ok(page),
        Value::Array(clouds) => clouds
            .iter()
            .find(|entry| origin_of(entry).as_deref() == Some(cloud.arm_origin()))
            .ok_or_else(|| unreadable(cloud, "its list of clouds does not name this one")),
        _ => Err(unreadable(cloud, "it is neither an object nor a list")),
    }
}

fn https(address: &str) -> Result<Url> {
    let url = Url::parse(address).ok().filter(|u| u.scheme() == "https" && u.host_str().is_some_and(|h| !h.is_empty()));
    url.filter(|u| u.username().is_empty() && u.password().is_none() && u.query().is_none()).ok_or_else(|| {
        Error::new(
            ErrorKind::Protocol,
            id::CLOUD_ENDPOINTS,
            format!("the cloud's page of endpoints names {:?}, which is no https address", redact(address)),
        )
        .with_hint("the page is the cloud's own (/metadata/endpoints); its administrator can correct it")
    })
}

/// A service's address as the audience of its tokens: they are for the host that they are sent to.
fn audience(cloud: &Cloud, url: Url) -> Result<Url> {
    cloud.check_audience(url.as_str())?;
    Ok(url)
}

fn unreadable(cloud: &Cloud, why: &str) -> Error {
    Error::new(
        ErrorKind::Protocol,
        id::CLOUD_ENDPOINTS,
        format!("the page of endpoints of {} can't be understood: {why}", cloud.name()),
    )
    .with_hint("check that the address is that of a cloud's Resource Manager")
}

/// Reads the page once, when it is first needed.
pub(crate) struct Discovery {
    transport: Arc<CloudTransport>,
    found: Mutex<Option<Arc<CloudEndpoints>>>,
}

impl Discovery {
    pub(crate) fn new(transport: Arc<CloudTransport>) -> Self {
        Self { transport, found: Mutex::default() }
    }

    /// # Errors
    /// `cloud.endpoints` where the page can't be read, `cloud.audience_refused` where it claims a known cloud's
    /// audience, and those of the transport.
    pub(crate) async fn endpoints(&self, cloud: &Cloud, clock: &Clock, limit: Duration) -> Result<Arc<CloudEndpoints>> {
        if let Some(services) = cloud.services() {
            return Ok(Arc::new(CloudEndpoints::known(services)));
        }
        let kept = || self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = &*kept() {
            return Ok(Arc::clone(found));
        }
        let page = self.page(cloud, clock, limit).await?;
        let found = Arc::new(CloudEndpoints::read(&page, cloud)?);
        *kept() = Some(Arc::clone(&found));
        Ok(found)
    }

    async fn page(&self, cloud: &Cloud, clock: &Clock, limit: Duration) -> Result<Value> {
        let transport = self.transport.ready()?;
        let deadline = clock.monotonic() + limit;
        let (mut versions, mut retries) = (VERSIONS.into_iter(), Retries::default());
        let Some(mut version) = versions.next() else { return Err(unreadable(cloud, "no version is known")) };
        loop {
            let url = format!("{}/metadata/endpoints?api-version={version}", cloud.arm_origin());
            let url = Url::parse(&url).map_err(|_| unreadable(cloud, "its address can't be used"))?;
            let request = CloudRequest {
                method: Method::GET,
                url: &url,
                headers: HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]),
                body: Bytes::new(),
                body_limit: LINK_LOCAL_BODY_LIMIT,
            };
            let left = deadline.saturating_sub(clock.monotonic());
            let progress = Progress::default();
            let tried = clock.timeout(ATTEMPT_TIMEOUT.min(left), transport.send(request, &progress)).await;
            let (outcome, why) = match tried.map(|answer| answer.map(|a| (a.status.as_u16(), a.body))) {
                Some(Ok((200, body))) => {
                    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body);
                    return serde_json::from_slice(body).map_err(|_| unreadable(cloud, "it is not JSON"));
                }
                Some(Ok((400..=404, _))) if let Some(older) = versions.next() => {
                    version = older;
                    continue;
                }
                Some(Ok((status, _))) => (Outcome::Status(status, None), format!("status {status}")),
                Some(Err(failure)) => (Outcome::Refused, failure.to_string()),
                None => (Outcome::Silent, "no answer in the time allowed".to_owned()),
            };
            let left = deadline.saturating_sub(clock.monotonic());
            match retries.after(&retry::ARM, outcome, clock.monotonic(), left, clock.jitter()) {
                Decision::Again(wait) => clock.sleep(wait).await,
                Decision::Stop | Decision::NoTimeLeft(_) => {
                    let message = format!("the page of endpoints of {} can't be read: {why}", cloud.name());
                    return Err(Error::new(ErrorKind::Transport, id::CLOUD_ENDPOINTS, message).with_hint(
                        "check the cloud's address, and name its certificate authority with ca_file (MIDENTITY_CA_FILE); \
                         or give the resource itself instead of its short name",
                    ));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::Env;
    use serde_json::json;

    fn cloud() -> Cloud {
        Cloud::parse("https://arm.stack.test").unwrap()
    }

    fn object() -> Value {
        json!({
            "name": "Stack",
            "resourceManager": "https://arm.stack.test/",
            "authentication": {"loginEndpoint": "https://login.stack.test/adfs", "audiences": ["https://management.azure.com/"]},
            "microsoftGraphResourceId": "https://graph.stack.test",
            "suffixes": {"keyVaultDns": ".vault.stack.test", "sqlServerHostname": "sql.stack.test", "storage": "stack.test"},
        })
    }

    #[test]
    fn every_shape_says_the_same() {
        let other = json!({"resourceManager": "https://management.azure.com/", "suffixes": {"storage": "other"}});
        let list = json!([other, object()]);
        for page in [object(), list] {
            let found = CloudEndpoints::read(&page, &cloud()).unwrap();
            assert_eq!(found.login(), Some("https://login.stack.test"));
            assert_eq!(found.graph(), Some("https://graph.stack.test/"));
            assert_eq!(found.key_vault(), Some("https://vault.stack.test"));
            assert_eq!(found.sql(), Some("https://sql.stack.test/"));
            assert_eq!(found.storage_suffix(), Some("stack.test"));
        }
        let old = json!({"graphEndpoint": "https://graph.stack.test/x/", "authentication": {}, "cloudEndpoint": {}});
        let found = CloudEndpoints::read(&old, &cloud()).unwrap();
        assert_eq!((found.graph(), found.login(), found.sql()), (Some("https://graph.stack.test/x/"), None, None));
        let error = found.resource(ShortName::Sql, &cloud()).unwrap_err();
        assert_eq!((error.id(), error.kind()), (id::CLOUD_NO_SERVICE, ErrorKind::InvalidArgument));
    }

    #[test]
    fn a_known_clouds_audience_is_not_a_private_clouds() {
        for (pointer, claimed) in [
            ("/microsoftGraphResourceId", "https://graph.microsoft.com/"),
            ("/microsoftGraphResourceId", "https://management.azure.com"),
            ("/suffixes/keyVaultDns", ".vault.azure.net"),
            ("/suffixes/sqlServerHostname", "database.windows.net"),
        ] {
            let mut page = object();
            *page.pointer_mut(pointer).unwrap() = json!(claimed);
            let error = CloudEndpoints::read(&page, &cloud()).unwrap_err();
            assert_eq!(error.id(), id::CLOUD_AUDIENCE_REFUSED, "{claimed}");
            assert!(error.hint().is_some_and(|h| h.contains("AzureCloud")), "{error:?}");
        }
    }

    #[test]
    fn pages_that_make_no_sense() {
        for page in [json!("x"), json!([]), json!([{"resourceManager": "https://elsewhere.test"}]), json!(null)] {
            assert_eq!(CloudEndpoints::read(&page, &cloud()).unwrap_err().id(), id::CLOUD_ENDPOINTS, "{page}");
        }
        for bad in ["http://graph.stack.test", "graph", "https://u:p@graph.stack.test", "https://"] {
            let mut page = object();
            page["microsoftGraphResourceId"] = json!(bad);
            assert_eq!(CloudEndpoints::read(&page, &cloud()).unwrap_err().id(), id::CLOUD_ENDPOINTS, "{bad}");
        }
    }

    #[tokio::test]
    async fn known_clouds_need_no_page() {
        let found = Discovery::new(Arc::new(CloudTransport::new(None, Env::fixed([]))))
            .endpoints(&Cloud::china(), &Clock::system(), Duration::ZERO)
            .await
            .unwrap();
        assert_eq!(found.graph(), Some("https://microsoftgraph.chinacloudapi.cn/"));
        assert_eq!(found.storage_suffix(), Some("core.chinacloudapi.cn"));
    }
}
