//! Credentials: one that waits and one that is awaited, over one core credential each.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use arc_swap::ArcSwap;
use midentity::error::id;
use midentity::{AccessToken, Cloud, Env, Error, ErrorKind, Identity, Scope, TokenOptions, blocking};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyTuple};

use crate::cache::TokenCache;
use crate::error::{raise, seconds};
use crate::event_loop::awaitable;
use crate::token::{self, AccessTokenInfo};
use crate::wait::wait;

/// So many scopes have their Python objects held: few programs use more.
const HELD: usize = 8;

/// The constructor's arguments, checked for their types by the Python class.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Settings {
    client_id: Option<String>,
    object_id: Option<String>,
    resource_id: Option<String>,
    system_assigned: bool,
    imds_endpoint: Option<String>,
    cloud: Option<String>,
    cache: Option<Py<TokenCache>>,
    timeout: f64,
    connection_timeout: f64,
    retry_total: u32,
    probe: bool,
    extra: BTreeMap<String, String>,
}

impl Settings {
    fn build(self, py: Python<'_>) -> PyResult<midentity::Credential> {
        let identity = match (self.client_id, self.object_id, self.resource_id) {
            (Some(v), _, _) => Identity::ClientId(v),
            (_, Some(v), _) => Identity::ObjectId(v),
            (_, _, Some(v)) => Identity::ResourceId(v),
            _ if self.system_assigned => Identity::SystemAssigned,
            _ => Identity::Default,
        };
        let mut builder = midentity::Credential::builder()
            .identity(identity)
            .timeout(seconds(py, "timeout", self.timeout)?)
            .connect_timeout(seconds(py, "connection_timeout", self.connection_timeout)?)
            .retries(self.retry_total)
            .probe(self.probe);
        if let Some(address) = self.imds_endpoint {
            builder = builder.imds_endpoint(address);
        }
        if let Some(cloud) = self.cloud {
            builder = builder.cloud(Cloud::parse(&cloud).map_err(|error| raise(py, &error))?);
        }
        if let Some(cache) = self.cache {
            builder = builder.cache(cache.get().0.clone());
        }
        for (name, value) in self.extra {
            builder = builder.extra_query(name, value);
        }
        builder.build().map_err(|error| raise(py, &error))
    }
}

/// A token's Python objects, made once: a hit hands the same ones out again.
struct Held {
    name: Py<PyString>,
    text: Box<str>,
    scope: Scope,
    cae: bool,
    token: AccessToken,
    tuple: Py<PyAny>,
    info: PyOnceLock<Py<AccessTokenInfo>>,
}

pub(crate) struct Shared {
    pub(crate) core: midentity::Credential,
    held: ArcSwap<Vec<Arc<Held>>>,
}

impl Shared {
    fn new(settings: &Bound<'_, PyDict>) -> PyResult<Arc<Self>> {
        let settings: Settings = settings.extract()?;
        let py_token = settings.cache.as_ref().map_or(0, |_| 0);
        let _ = py_token;
        Err(pyo3::exceptions::PyNotImplementedError::new_err(()))
    }
}
