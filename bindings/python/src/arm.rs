//! Resource Manager's client.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use midentity::error::id;
use midentity::{
    AccessToken, Cloud, Env, Error, ErrorKind, Scope, TokenFuture, TokenOptions, TokenProvider, arm, blocking,
};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::credential::core_of;
use crate::error::{raise, seconds};
use crate::event_loop::awaitable;
use crate::json;
use crate::wait::wait;

/// The token of a credential that is not ours: Python asks it before each request, and puts the token here.
#[derive(Default)]
struct Foreign(ArcSwapOption<AccessToken>);

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Foreign")
    }
}

struct Given(Arc<Foreign>);

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TokenProvider for Given {
    fn token<'a>(&'a self, _: &'a Scope, _: &'a TokenOptions) -> TokenFuture<'a> {
        Box::pin(async {
            let token = self.0.0.load();
            token.as_deref().cloned().ok_or_else(|| {
                Error::new(ErrorKind::Internal, id::INTERNAL, "a request was sent without the credential's token")
            })
        })
    }
}

/// The client, blocking and awaited.
#[pyclass(frozen, module = "midentity._native")]
pub(crate) struct ArmClient {
    client: arm::ArmClient,
    foreign: Option<Arc<Foreign>>,
    /// The scope to ask a credential that is not ours for.
    #[pyo3(get)]
    scope: String,
}

#[pymethods]
impl ArmClient {
    #[new]
    fn new(
        py: Python<'_>,
        credential: &Bound<'_, PyAny>,
        cloud: Option<&str>,
        ca_file: Option<PathBuf>,
        timeout: f64,
    ) -> PyResult<Self> {
        let cloud = match cloud {
            Some(text) => Cloud::parse(text),
            None => Cloud::from_env(&Env::process()),
        };
        let cloud = cloud.map_err(|error| raise(py, &error))?;
        let scope = format!("{}/.default", cloud.arm_audience());
        let (builder, foreign) = match core_of(credential)? {
            Some(ours) => (arm::ArmClient::builder(ours), None),
            None => {
                let foreign = Arc::new(Foreign::default());
                (arm::ArmClient::builder(Given(Arc::clone(&foreign))), Some(foreign))
            }
        };
        let mut builder = builder.cloud(cloud).timeout(seconds(py, "timeout", timeout)?);
        if let Some(path) = ca_file {
            builder = builder.ca_file(path);
        }
        let client = builder.build().map_err(|error| raise(py, &error))?;
        Ok(Self { client, foreign, scope })
    }

    /// Whether the credential is not ours: then each request needs its token.
    #[getter]
    fn needs_token(&self) -> bool {
        self.foreign.is_some()
    }

    fn give_token(&self, token: String, expires_on: i64) {
        if let Some(foreign) = &self.foreign {
            foreign.0.store(Some(Arc::new(AccessToken::new(token, expires_on))));
        }
    }

    fn request(&self, py: Python<'_>, method: &str, path: &str, api_version: &str) -> PyResult<ArmResponse> {
        let client = blocking::ArmClient::from(self.client.clone());
        let answer = wait(py, |stop| client.request_interruptible(method, path, api_version, None, stop))?;
        Ok(ArmResponse::new(answer))
    }

    fn request_async<'py>(
        &self,
        py: Python<'py>,
        method: String,
        path: String,
        api_version: String,
    ) -> PyResult<Bound<'py, PyAny>> {
        let client = self.client.clone();
        awaitable(py, async move { Answer(client.request(&method, &path, &api_version, None).await) })
    }
}

struct Answer(Result<arm::ArmResponse, Error>);

impl<'py> IntoPyObject<'py> for Answer {
    type Target = ArmResponse;
    type Output = Bound<'py, ArmResponse>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        Bound::new(py, ArmResponse::new(self.0.map_err(|error| raise(py, &error))?))
    }
}

/// Resource Manager's answer.
#[pyclass(frozen, module = "midentity.arm")]
pub(crate) struct ArmResponse {
    answer: arm::ArmResponse,
    body: PyOnceLock<Py<PyAny>>,
}

impl ArmResponse {
    fn new(answer: arm::ArmResponse) -> Self {
        Self { answer, body: PyOnceLock::new() }
    }
}

#[pymethods]
impl ArmResponse {
    #[getter]
    fn status(&self) -> u16 {
        self.answer.status()
    }

    #[getter]
    fn body(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let make = || json::to_python(py, self.answer.body()).map(Bound::unbind);
        self.body.get_or_try_init(py, make).map(|body| body.clone_ref(py))
    }

    #[getter]
    fn request_id(&self) -> Option<&str> {
        self.answer.request_id()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.answer.header(name)
    }

    fn __repr__(&self) -> String {
        format!("<midentity.arm.ArmResponse {}>", self.answer.status())
    }
}
