//! Lists, page by page.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;

use reqwest::Method;
use serde::de::DeserializeOwned;
use url::Url;

use super::client::{ArmClient, Call, bad_answer, parse};
use crate::error::Result;

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
            if response.body.is_empty() { Page { value: Vec::new(), next_link: None } } else { parse(&response.body)? };
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
