//! Instance metadata.

use std::time::Duration;

use midentity::{Error, InstanceMetadata};
use pyo3::prelude::*;
use serde_json::Value;

use crate::error::{raise, seconds};
use crate::event_loop::awaitable;
use crate::json;
use crate::wait::wait;

fn client(py: Python<'_>, imds_endpoint: Option<String>, timeout: f64) -> PyResult<InstanceMetadata> {
    let timeout: Duration = seconds(py, "timeout", timeout)?;
    let mut builder = InstanceMetadata::builder().timeout(timeout);
    if let Some(address) = imds_endpoint {
        builder = builder.imds_endpoint(address);
    }
    builder.build().map_err(|error| raise(py, &error))
}

async fn ask(client: InstanceMetadata, path: String, api_version: Option<String>) -> midentity::Result<Value> {
    match api_version {
        None => client.get(&path).await,
        Some(version) => client.get_version(&path, &version).await,
    }
}

#[pyfunction]
pub(crate) fn instance_metadata<'py>(
    py: Python<'py>,
    path: String,
    api_version: Option<String>,
    imds_endpoint: Option<String>,
    timeout: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let client = client(py, imds_endpoint, timeout)?;
    let asked = ask(client, path, api_version);
    let value = wait(py, |stop| midentity::runtime::wait_here(asked, stop))?;
    json::to_python(py, &value)
}

#[pyfunction]
pub(crate) fn instance_metadata_async<'py>(
    py: Python<'py>,
    path: String,
    api_version: Option<String>,
    imds_endpoint: Option<String>,
    timeout: f64,
) -> PyResult<Bound<'py, PyAny>> {
    let client = client(py, imds_endpoint, timeout)?;
    awaitable(py, async move { Answer(ask(client, path, api_version).await) })
}

/// The tenant of the machine's identity.
#[pyfunction]
pub(crate) fn identity_info(py: Python<'_>, imds_endpoint: Option<String>, timeout: f64) -> PyResult<String> {
    let client = client(py, imds_endpoint, timeout)?;
    let info = wait(py, |stop| midentity::runtime::wait_here(async move { client.identity_info().await }, stop))?;
    Ok(info.tenant_id().to_owned())
}

struct Answer(Result<Value, Error>);

impl<'py> IntoPyObject<'py> for Answer {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        match self.0 {
            Ok(value) => json::to_python(py, &value),
            Err(error) => Err(raise(py, &error)),
        }
    }
}
