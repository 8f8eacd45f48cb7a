//! Resource Manager's answers.

use std::fmt;

use http::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::client::{answered, bad_answer, header};
use super::members::members;
use crate::error::Result;

/// Resource Manager's answer.
///
/// ```
/// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
/// # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
/// # use midentity::{Cloud, Credential, arm::{ArmClient, ArmResponse}};
/// # let credential = Credential::builder().imds_endpoint(emulator.imds_endpoint()).build()?;
/// # let arm = ArmClient::builder(credential).cloud(Cloud::parse(emulator.cloud())?).ca_file(emulator.ca_file()).build()?;
/// let answer: ArmResponse = arm.get("/subscriptions", "2022-12-01").await?;
/// assert!(answer.request_id().is_some());
/// # Ok::<(), midentity::Error>(()) }).unwrap();
/// ```
pub struct ArmResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    /// What was asked, for operations whose result is read from the same place again.
    pub(crate) url: Url,
    /// How many times.
    pub(crate) attempts: u32,
}

members!(ArmResponse: status, request_id, correlation_id, remaining_requests, body);

impl ArmResponse {
    /// The HTTP status, 200 to 299.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let answer = arm.get("/subscriptions", "2022-12-01").await?;
    /// assert!(answer.status() < 300);
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body; `Null` where there is none.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let answer = arm.get("/subscriptions", "2022-12-01").await?;
    /// println!("{}", answer.body()["name"]);
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn body(&self) -> &Value {
        &self.body
    }

    /// The body, taken out.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let answer = arm.get("/subscriptions", "2022-12-01").await?;
    /// let body: serde_json::Value = answer.into_body();
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn into_body(self) -> Value {
        self.body
    }

    /// A header of the answer, where it is text.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let answer = arm.get("/subscriptions", "2022-12-01").await?;
    /// println!("{:?}", answer.header("x-ms-ratelimit-remaining-subscription-reads"));
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Reads the body as a type.
    pub(crate) fn read<T: DeserializeOwned>(self) -> Result<T> {
        let Self { headers, body, attempts, .. } = self;
        serde_json::from_value(body).map_err(|_| {
            let error = bad_answer("a field is missing or has another type than expected");
            answered(error, &headers).with_attempts(attempts)
        })
    }

    /// How many more requests of this kind the service takes from this caller just now, by the smallest of its
    /// `x-ms-ratelimit-remaining-*` headers; `None` where it says nothing.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let answer = arm.get("/subscriptions", "2022-12-01").await?;
    /// println!("{:?}", answer.remaining_requests());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn remaining_requests(&self) -> Option<u64> {
        let named = self.headers.iter().filter(|(name, _)| name.as_str().starts_with("x-ms-ratelimit-remaining-"));
        named
            .filter_map(|(_, value)| value.to_str().ok())
            // A count, or `Provider/Policy;count` several times.
            .flat_map(|text| text.split(',').filter_map(|part| part.rsplit(';').next()?.trim().parse().ok()))
            .min()
    }

    /// The request id to give to Azure's support.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let answer = arm.get("/subscriptions", "2022-12-01").await?;
    /// println!("{:?}", answer.request_id());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.header("x-ms-request-id")
    }

    /// The id that ties this client's requests together in the service's logs.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let answer = arm.get("/subscriptions", "2022-12-01").await?;
    /// println!("{:?}", answer.correlation_id());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.header("x-ms-correlation-request-id")
    }
}

impl fmt::Debug for ArmResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Bodies can hold keys (listKeys): status only.
        f.debug_struct("ArmResponse").field("status", &self.status).finish_non_exhaustive()
    }
}
