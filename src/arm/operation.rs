//! Long-running work: how it goes on, how it is waited for.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::Method;
use serde_json::Value;

use super::client::{ArmClient, method_of};
use super::polling;
use super::response::ArmResponse;
use crate::error::Result;
use crate::http::BoxFuture;

/// How far long-running work is.
///
/// ```
/// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
/// # example(async |arm| {
/// # let operation = arm.resource_groups(SUBSCRIPTION).delete("old-group").await?;
/// let operation = operation.on_progress(|progress| {
///     eprintln!("{}: {} after {} s", progress.what(), progress.status(), progress.elapsed().as_secs());
/// });
/// # operation.wait().await
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct Progress {
    what: String,
    status: String,
    elapsed: Duration,
    percent: Option<f64>,
}

impl Progress {
    /// What is being done, such as `changing the identity of vm1`.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let operation = arm.resource_groups(SUBSCRIPTION).delete("old-group").await?;
    /// let operation = operation.on_progress(|progress| eprintln!("{}", progress.what()));
    /// # operation.wait().await
    /// # });
    /// ```
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What the service says of it, such as `InProgress`.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let operation = arm.resource_groups(SUBSCRIPTION).delete("old-group").await?;
    /// let operation = operation.on_progress(|progress| eprintln!("{}", progress.status()));
    /// # operation.wait().await
    /// # });
    /// ```
    #[must_use]
    pub fn status(&self) -> &str {
        &self.status
    }

    /// How long it has been waited for.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let operation = arm.resource_groups(SUBSCRIPTION).delete("old-group").await?;
    /// let operation = operation.on_progress(|progress| eprintln!("{:?}", progress.elapsed()));
    /// # operation.wait().await
    /// # });
    /// ```
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// How much is done, from 0 to 100, where the service says it.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let operation = arm.resource_groups(SUBSCRIPTION).delete("old-group").await?;
    /// let operation = operation.on_progress(|progress| eprintln!("{:?}", progress.percent()));
    /// # operation.wait().await
    /// # });
    /// ```
    #[must_use]
    pub fn percent(&self) -> Option<f64> {
        self.percent
    }
}

type Callback = Box<dyn FnMut(&Progress) + Send>;

/// Where progress is told: nowhere until [`Operation::on_progress`] names a listener.
#[derive(Clone)]
pub(super) struct Reporter {
    what: Arc<str>,
    callback: Arc<Mutex<Option<Callback>>>,
}

impl Reporter {
    pub(super) fn new(what: String) -> Self {
        Self { what: what.into(), callback: Arc::default() }
    }

    pub(super) fn what(&self) -> &str {
        &self.what
    }

    pub(super) fn tell(&self, status: &str, elapsed: Duration, percent: Option<f64>) {
        tracing::debug!(what = &*self.what, status, elapsed_seconds = elapsed.as_secs(), "long-running work goes on");
        if let Some(callback) = &mut *self.callback.lock().unwrap_or_else(PoisonError::into_inner) {
            callback(&Progress { what: self.what.to_string(), status: status.to_owned(), elapsed, percent });
        }
    }
}

impl ArmClient {
    /// Sends any request, as [`ArmClient::request`]; what is given waits for the long-running operation that it starts,
    /// where it starts one, and gives the final answer. Where it starts none, the answer is there already.
    ///
    /// The final answer to PUT and PATCH is the resource as it is then, read from the path that was written to; to
    /// others it is what the operation's `Location` gives, else the last look at the operation.
    ///
    /// # Errors
    /// As [`ArmClient::request`]; waiting, those of [`Operation::wait`].
    ///
    /// ```
    /// # let emulator = midentity_emulator::Emulator::start(Default::default()).unwrap();
    /// # tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
    /// # use midentity::{Cloud, arm::ArmClient};
    /// # let token = emulator.issue_token("admin", &format!("{}/", emulator.cloud())).unwrap();
    /// # let token = midentity::StaticToken::new(midentity::AccessToken::new(token, 4_102_444_800));
    /// # let arm = ArmClient::builder(token).cloud(Cloud::parse(emulator.cloud())?).ca_file(emulator.ca_file()).build()?;
    /// # let group = format!("/subscriptions/{}/resourceGroups/rg2", emulator.facts().subscription_id);
    /// let deleting = arm.start("DELETE", &group, "2021-04-01", None).await?;
    /// let answer = deleting.on_progress(|p| eprintln!("{}", p.status())).wait().await?;
    /// assert_eq!(answer.status(), 200);
    /// # Ok::<(), midentity::Error>(()) }).unwrap();
    /// ```
    pub async fn start(
        &self,
        method: &str,
        path: &str,
        api_version: &str,
        body: Option<&Value>,
    ) -> Result<Operation<ArmResponse>> {
        let method = method_of(method)?;
        let changes = method != Method::GET && method != Method::HEAD;
        let reporter = Reporter::new(format!("{method} {}", path.split('?').next().unwrap_or(path)));
        let first = self.send(method.clone(), path, api_version, body).await?;
        let (client, told) = (self.clone(), reporter.clone());
        let finish = Box::pin(async move { polling::outcome(&client, first, &method, &told).await });
        Ok(Operation { finish, reporter, changes })
    }
}

/// Work that has been started and may take a while. Dropping it stops waiting; the service goes on.
///
/// ```
/// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
/// # example(async |arm| {
/// let operation = arm.resource_groups("8d1c0000-0000-0000-0000-000000000000").delete("old-group").await?;
/// operation.on_progress(|progress| eprintln!("{}", progress.status())).wait().await?;
/// # Ok(()) });
/// ```
#[must_use = "the work has been started; wait for it to know how it ends"]
pub struct Operation<T> {
    finish: BoxFuture<'static, Result<T>>,
    reporter: Reporter,
    changes: bool,
}

impl<T: Send + 'static> Operation<T> {
    pub(super) fn running(reporter: Reporter, finish: BoxFuture<'static, Result<T>>) -> Self {
        Self { finish, reporter, changes: true }
    }

    /// Nothing had to be done.
    pub(super) fn done(what: String, result: T) -> Self {
        Self { finish: Box::pin(async { Ok(result) }), reporter: Reporter::new(what), changes: false }
    }

    /// Has `callback` told about every look at the work: on the task or thread that waits.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let operation = arm.resource_groups(SUBSCRIPTION).delete("old-group").await?;
    /// operation.on_progress(|p| eprintln!("{}", p.status())).wait().await
    /// # });
    /// ```
    pub fn on_progress(self, callback: impl FnMut(&Progress) + Send + 'static) -> Self {
        *self.reporter.callback.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(callback));
        self
    }

    /// Whether a change was sent to the service; `false` where everything was as wanted already.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let operation = arm.resource_groups(SUBSCRIPTION).delete("old-group").await?;
    /// if !operation.changes() { eprintln!("nothing to do") }
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn changes(&self) -> bool {
        self.changes
    }

    /// What is being done.
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let operation = arm.resource_groups(SUBSCRIPTION).delete("old-group").await?;
    /// eprintln!("{}", operation.what());
    /// # Ok(()) });
    /// ```
    #[must_use]
    pub fn what(&self) -> &str {
        self.reporter.what()
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// `arm.operation_failed` where the work failed or was cancelled, with the service's reason;
    /// `arm.operation_timeout` where it did not end in the time allowed; and those of
    /// [`super::ArmClient::request`].
    ///
    /// ```
    /// # mod documented { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/documented/arm.rs")); } use documented::*;
    /// # example(async |arm| {
    /// # let operation = arm.resource_groups(SUBSCRIPTION).delete("old-group").await?;
    /// operation.wait().await
    /// # });
    /// ```
    pub async fn wait(self) -> Result<T> {
        self.finish.await
    }
}

impl<T> fmt::Debug for Operation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation").field("what", &self.reporter.what).finish_non_exhaustive()
    }
}
