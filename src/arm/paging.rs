//! Lists, page by page.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;

use http::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::client::{ArmClient, Call, bad_answer};
use crate::error::{Error, Result, id};

/// A list that is read page by page: memory holds one page, however long the list is.
///
/// ```
/// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
/// # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
/// # use midentity::{Cloud, Credential, arm::ArmClient};
/// # let credential = Credential::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
/// # let arm = ArmClient::builder(credential).cloud(Cloud::parse(emulator.cloud())?).ca_file(emulator.ca_file()).build()?;
/// let mut subscriptions = arm.subscriptions().list()?;
/// while let Some(subscription) = subscriptions.next().await? {
///     println!("{}", subscription.subscription_id());
/// }
/// # Ok::<(), midentity::Error>(()) }).unwrap();
/// ```
pub struct Pages<T> {
    client: ArmClient,
    next: Option<Url>,
    page: VecDeque<T>,
    kind: PhantomData<fn() -> T>,
}

impl ArmClient {
    /// Any list of Resource Manager's (`{"value": […], "nextLink"?}`), by its path; its items as JSON.
    ///
    /// # Errors
    /// `argument.path` and `argument.option` as [`ArmClient::request`]; the rest with the pages.
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
    /// # use midentity::{Cloud, Credential, arm::ArmClient};
    /// # let credential = Credential::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// # let arm = ArmClient::builder(credential).cloud(Cloud::parse(emulator.cloud())?).ca_file(emulator.ca_file()).build()?;
    /// let mut subscriptions = arm.list("/subscriptions", "2022-12-01")?;
    /// while let Some(subscription) = subscriptions.next().await? {
    ///     println!("{}", subscription["displayName"]);
    /// }
    /// # Ok::<(), midentity::Error>(()) }).unwrap();
    /// ```
    pub fn list(&self, path: &str, api_version: &str) -> Result<Pages<Value>> {
        Ok(Pages::new(self.clone(), self.url(path, api_version)?))
    }
}

#[derive(serde::Deserialize)]
struct Page<T> {
    #[serde(default = "Vec::new")]
    value: Vec<T>,
    #[serde(rename = "nextLink")]
    next_link: Option<String>,
}

impl<T: DeserializeOwned> Pages<T> {
    pub(super) fn new(client: ArmClient, first: Url) -> Self {
        Self { client, next: Some(first), page: VecDeque::new(), kind: PhantomData }
    }

    /// Where the next page is, as a text to hand to [`Pages::resume`] of the same list, now or in another process;
    /// `None` at the end. What is in it is the service's matter: it may be long and signed, and is no text for logs.
    ///
    /// It counts by pages: items of the page at hand that [`Pages::next`] has not given yet are not on the next one.
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
    /// # use midentity::{Cloud, Credential, arm::ArmClient};
    /// # let credential = Credential::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// # let arm = ArmClient::builder(credential).cloud(Cloud::parse(emulator.cloud())?).ca_file(emulator.ca_file()).build()?;
    /// let mut pages = arm.subscriptions().list()?;
    /// pages.next_page().await?;
    /// assert_eq!(pages.continuation(), None);
    /// # Ok::<(), midentity::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn continuation(&self) -> Option<String> {
        self.next.as_ref().map(|url| url.as_str().to_owned())
    }

    /// The list from where a [`Pages::continuation`] of it points.
    ///
    /// # Errors
    /// `argument.option` where the text is no continuation; `arm.host_refused` where it leads to another host than the
    /// client's cloud.
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
    /// # use midentity::{Cloud, Credential, arm::ArmClient};
    /// # let credential = Credential::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// # let arm = ArmClient::builder(credential).cloud(Cloud::parse(emulator.cloud())?).ca_file(emulator.ca_file()).build()?;
    /// let from = arm.subscriptions().list()?.continuation().unwrap_or_default();
    /// let page = arm.subscriptions().list()?.resume(&from)?.next_page().await?;
    /// assert_eq!(page.map(|p| p.len()), Some(1));
    /// # Ok::<(), midentity::Error>(()) }).unwrap();
    /// ```
    pub fn resume(mut self, continuation: &str) -> Result<Self> {
        self.seek(continuation)?;
        Ok(self)
    }

    /// As [`Pages::resume`], for bindings that share the list: where the text is refused, the list is as it was.
    #[doc(hidden)]
    pub fn seek(&mut self, continuation: &str) -> Result<()> {
        if Url::parse(continuation).map_or(true, |url| url.cannot_be_a_base()) {
            return Err(Error::argument(
                id::ARGUMENT_OPTION,
                "the text is not where a list goes on",
                "give what continuation() of the same list gave, as it was",
            ));
        }
        self.next = Some(self.client.link(continuation)?);
        self.page.clear();
        Ok(())
    }

    /// The next page; `None` after the last. A page can be empty and still have another behind it.
    ///
    /// # Errors
    /// As [`ArmClient::request`]; `arm.host_refused` where the link to the next page leads elsewhere. After an error
    /// the same page can be asked for again.
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
    /// # use midentity::{Cloud, Credential, arm::ArmClient};
    /// # let credential = Credential::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// # let arm = ArmClient::builder(credential).cloud(Cloud::parse(emulator.cloud())?).ca_file(emulator.ca_file()).build()?;
    /// let first = arm.subscriptions().list()?.next_page().await?;
    /// assert!(first.is_some());
    /// # Ok::<(), midentity::Error>(()) }).unwrap();
    /// ```
    pub async fn next_page(&mut self) -> Result<Option<Vec<T>>> {
        if !self.page.is_empty() {
            return Ok(Some(self.page.drain(..).collect()));
        }
        let Some(url) = self.next.clone() else { return Ok(None) };
        let call = Call { method: Method::GET, url: url.clone(), body: None, if_match: None };
        let response = self.client.call_raw(call).await?;
        // Some providers answer a list of none with no body.
        let page: Page<T> =
            if response.body.is_empty() { Page { value: Vec::new(), next_link: None } } else { response.read()? };
        self.next = match page.next_link.filter(|l| !l.is_empty()) {
            Some(link) => match self.client.link(&link)? {
                next if next == url => return Err(bad_answer("a page names itself as the next one")),
                next => Some(next),
            },
            None => None,
        };
        Ok(Some(page.value))
    }

    /// The next item; `None` after the last.
    ///
    /// # Errors
    /// As [`Pages::next_page`].
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
    /// # use midentity::{Cloud, Credential, arm::ArmClient};
    /// # let credential = Credential::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// # let arm = ArmClient::builder(credential).cloud(Cloud::parse(emulator.cloud())?).ca_file(emulator.ca_file()).build()?;
    /// let first = arm.subscriptions().list()?.next().await?;
    /// assert!(first.is_some());
    /// # Ok::<(), midentity::Error>(()) }).unwrap();
    /// ```
    pub async fn next(&mut self) -> Result<Option<T>> {
        loop {
            if let Some(item) = self.page.pop_front() {
                return Ok(Some(item));
            }
            match self.next_page().await? {
                Some(page) => self.page = page.into(),
                None => return Ok(None),
            }
        }
    }

    /// All items at once.
    ///
    /// # Errors
    /// As [`Pages::next_page`].
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
    /// # use midentity::{Cloud, Credential, arm::ArmClient};
    /// # let credential = Credential::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
    /// # let arm = ArmClient::builder(credential).cloud(Cloud::parse(emulator.cloud())?).ca_file(emulator.ca_file()).build()?;
    /// assert_eq!(arm.subscriptions().list()?.collect().await?.len(), 1);
    /// # Ok::<(), midentity::Error>(()) }).unwrap();
    /// ```
    pub async fn collect(mut self) -> Result<Vec<T>> {
        let mut all = Vec::new();
        while let Some(page) = self.next_page().await? {
            all.extend(page);
        }
        Ok(all)
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("more", &(self.next.is_some() || !self.page.is_empty())).finish_non_exhaustive()
    }
}
