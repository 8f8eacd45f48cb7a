//! Credentials: one that waits and one that is awaited, over the same core.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use midentity::error::id;
use midentity::{AccessToken, Cloud, Env, Error, ErrorKind, Identity, Scope, TokenOptions, blocking};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PyString, PyTuple};

use crate::cache::TokenCache;
use crate::error::{raise, seconds};
use crate::event_loop::awaitable;
use crate::held::Holder;
use crate::token::AccessTokenInfo;
use crate::wait::wait;

/// The constructor's arguments, which the Python class has checked for their types.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Settings {
    client_id: Option<String>,
    object_id: Option<String>,
    resource_id: Option<String>,
    system_assigned: bool,
    imds_endpoint: Option<String>,
    cloud: Option<String>,
    ca_file: Option<PathBuf>,
    cache: Option<Py<TokenCache>>,
    timeout: f64,
    connection_timeout: f64,
    retry_total: u32,
    probe: bool,
    extra: BTreeMap<String, String>,
}

fn build(settings: &Bound<'_, PyDict>) -> PyResult<Arc<Holder>> {
    let py = settings.py();
    let settings: Settings = settings.extract()?;
    let identity = match (settings.client_id, settings.object_id, settings.resource_id) {
        (Some(v), _, _) => Identity::ClientId(v),
        (_, Some(v), _) => Identity::ObjectId(v),
        (_, _, Some(v)) => Identity::ResourceId(v),
        _ if settings.system_assigned => Identity::SystemAssigned,
        _ => Identity::Default,
    };
    let mut builder = midentity::Credential::builder()
        .identity(identity)
        .timeout(seconds(py, "timeout", settings.timeout)?)
        .connect_timeout(seconds(py, "connection_timeout", settings.connection_timeout)?)
        .retries(settings.retry_total)
        .probe(settings.probe);
    if let Some(address) = settings.imds_endpoint {
        builder = builder.imds_endpoint(address);
    }
    if let Some(cloud) = settings.cloud {
        builder = builder.cloud(Cloud::parse(&cloud).map_err(|error| raise(py, &error))?);
    }
    if let Some(path) = settings.ca_file {
        builder = builder.ca_file(path);
    }
    if let Some(cache) = settings.cache {
        builder = builder.cache(cache.get().0.clone());
    }
    for (name, value) in settings.extra {
        builder = builder.extra_query(name, value);
    }
    builder.build().map(Holder::new).map_err(|error| raise(py, &error))
}

/// Filled by the Python class's `__init__`, so that subclasses may have constructors of their own.
#[derive(Default)]
pub(crate) struct Later(OnceLock<Arc<Holder>>);

impl Later {
    fn fill(&self, settings: &Bound<'_, PyDict>) -> PyResult<()> {
        let again = |_| PyRuntimeError::new_err("a credential's __init__ can't be called twice");
        self.0.set(build(settings)?).map_err(again)
    }

    pub(crate) fn get(&self, _: Python<'_>) -> PyResult<&Arc<Holder>> {
        self.0.get().ok_or_else(|| PyRuntimeError::new_err("the credential's __init__ was not called"))
    }

    fn close(&self) {
        if let Some(holder) = self.0.get() {
            holder.core.close();
            holder.forget();
        }
    }
}

/// One call: its scope, as given and as read, and its options.
struct Call {
    name: Py<PyString>,
    scope: Scope,
    cae: bool,
    options: TokenOptions,
}

#[derive(Default)]
struct Wishes {
    claims: Option<String>,
    tenant_id: Option<String>,
    enable_cae: bool,
    force_refresh: bool,
    timeout: Option<f64>,
}

impl Wishes {
    /// From azure-core's dictionary of options; keys that it does not know are passed over, as azure-core asks.
    fn read(options: Option<&Bound<'_, PyAny>>) -> PyResult<Self> {
        let Some(options) = options else { return Ok(Self::default()) };
        let options = match options.cast::<PyDict>() {
            Ok(options) if options.is_empty() => return Ok(Self::default()),
            Ok(options) => options.clone(),
            Err(_) => {
                let copy = PyDict::new(options.py());
                copy.update(options.cast::<PyMapping>()?)?;
                copy
            }
        };
        let get = |name: &str| Ok::<_, PyErr>(options.get_item(name)?.filter(|v| !v.is_none()));
        let text = |name| get(name)?.map(|v| v.extract()).transpose();
        let truth = |name| get(name)?.map_or(Ok(false), |v| v.is_truthy());
        Ok(Self {
            claims: text("claims")?,
            tenant_id: text("tenant_id")?,
            enable_cae: truth("enable_cae")?,
            force_refresh: truth("force_refresh")?,
            timeout: get("timeout")?.map(|v| v.extract()).transpose()?,
        })
    }

    fn allow_cache(&self) -> bool {
        !self.force_refresh && self.claims.as_ref().is_none_or(String::is_empty)
    }

    fn call(self, scopes: &Bound<'_, PyTuple>) -> PyResult<Call> {
        let py = scopes.py();
        let mut options = TokenOptions::new().enable_cae(self.enable_cae).force_refresh(self.force_refresh);
        if let Some(claims) = self.claims {
            options = options.claims(claims);
        }
        if let Some(tenant) = self.tenant_id {
            options = options.tenant_id(tenant);
        }
        if let Some(limit) = self.timeout {
            options = options.timeout(seconds(py, "timeout", limit)?);
        }
        let mut names = Vec::with_capacity(1);
        for scope in scopes {
            let name = scope.cast_into::<PyString>().map_err(|refused| not_text(py, &refused.into_inner()))?;
            names.push(name.to_str()?.to_owned());
        }
        let scope = Scope::one_of(names.iter().map(String::as_str)).map_err(|error| raise(py, &error))?;
        let name = scopes.get_item(0)?.cast_into::<PyString>()?.unbind();
        Ok(Call { name, scope, cae: self.enable_cae, options })
    }
}

fn not_text(py: Python<'_>, given: &Bound<'_, PyAny>) -> PyErr {
    let kind = given.get_type().name().map_or_else(|_| "something else".to_owned(), |name| name.to_string());
    let error = Error::new(ErrorKind::InvalidArgument, id::ARGUMENT_SCOPE, format!("a scope is a str, not {kind}"));
    raise(py, &error.with_hint("give one scope, such as \"https://management.azure.com/.default\""))
}

fn fetch(py: Python<'_>, holder: &Holder, call: &Call) -> PyResult<AccessToken> {
    let credential = blocking::Credential::from(holder.core.clone());
    wait(py, |stop| credential.get_token_interruptible(&call.scope, &call.options, stop))
}

/// The credential that waits.
#[pyclass(frozen, subclass, weakref, module = "midentity._native")]
pub(crate) struct Credential(Later);

#[pymethods]
impl Credential {
    #[new]
    #[pyo3(signature = (*args, **kwargs))]
    fn new(args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        let _ = (args, kwargs);
        Self(Later::default())
    }

    #[pyo3(signature = (settings, /))]
    fn _open(&self, settings: &Bound<'_, PyDict>) -> PyResult<()> {
        self.0.fill(settings)
    }

    #[pyo3(signature = (*scopes, claims = None, tenant_id = None, enable_cae = false, force_refresh = false,
                        timeout = None, **kwargs))]
    #[allow(clippy::too_many_arguments)]
    fn get_token(
        &self,
        py: Python<'_>,
        scopes: &Bound<'_, PyTuple>,
        claims: Option<String>,
        tenant_id: Option<String>,
        enable_cae: bool,
        force_refresh: bool,
        timeout: Option<f64>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<PyAny>> {
        // azure-core lets callers pass whatever other credentials take.
        let _ = kwargs;
        let wishes = Wishes { claims, tenant_id, enable_cae, force_refresh, timeout };
        if wishes.allow_cache()
            && let Some(tuple) = self.0.get(py)?.hit(py, scopes, enable_cae, |held| Ok(held.tuple(py)))?
        {
            return Ok(tuple);
        }
        let call = wishes.call(scopes)?;
        let token = fetch(py, self.0.get(py)?, &call)?;
        Ok(self.0.get(py)?.hold(py, call.name, call.scope, call.cae, token)?.tuple(py))
    }

    #[pyo3(signature = (*scopes, options = None))]
    fn get_token_info(
        &self,
        py: Python<'_>,
        scopes: &Bound<'_, PyTuple>,
        options: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<AccessTokenInfo>> {
        let wishes = Wishes::read(options)?;
        if wishes.allow_cache()
            && let Some(info) = self.0.get(py)?.hit(py, scopes, wishes.enable_cae, |held| held.info(py))?
        {
            return Ok(info);
        }
        let call = wishes.call(scopes)?;
        let token = fetch(py, self.0.get(py)?, &call)?;
        let info = AccessTokenInfo::make(py, &token, token.from_cache())?;
        self.0.get(py)?.hold(py, call.name, call.scope, call.cae, token)?;
        Ok(info)
    }

    fn close(&self) {
        self.0.close();
    }

    fn __enter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (exc_type = None, exc_value = None, traceback = None))]
    fn __exit__(
        &self,
        exc_type: Option<&Bound<'_, PyAny>>,
        exc_value: Option<&Bound<'_, PyAny>>,
        traceback: Option<&Bound<'_, PyAny>>,
    ) {
        let _ = (exc_type, exc_value, traceback);
        self.close();
    }
}

/// The credential that is awaited.
#[pyclass(frozen, subclass, weakref, module = "midentity._native")]
pub(crate) struct AsyncCredential(Later);

#[pymethods]
impl AsyncCredential {
    #[new]
    #[pyo3(signature = (*args, **kwargs))]
    fn new(args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        let _ = (args, kwargs);
        Self(Later::default())
    }

    #[pyo3(signature = (settings, /))]
    fn _open(&self, settings: &Bound<'_, PyDict>) -> PyResult<()> {
        self.0.fill(settings)
    }

    /// The cached token, or None: then `_fetch` has work to do.
    #[pyo3(signature = (scopes, enable_cae, /))]
    fn _cached(&self, py: Python<'_>, scopes: &Bound<'_, PyTuple>, enable_cae: bool) -> PyResult<Option<Py<PyAny>>> {
        self.0.get(py)?.hit(py, scopes, enable_cae, |held| Ok(held.tuple(py)))
    }

    #[pyo3(signature = (scopes, options, /))]
    fn _cached_info(
        &self,
        py: Python<'_>,
        scopes: &Bound<'_, PyTuple>,
        options: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Option<Py<AccessTokenInfo>>> {
        let wishes = Wishes::read(options)?;
        if wishes.allow_cache() {
            return self.0.get(py)?.hit(py, scopes, wishes.enable_cae, |held| held.info(py));
        }
        Ok(None)
    }

    #[pyo3(signature = (scopes, options, /))]
    fn _fetch<'py>(
        &self,
        py: Python<'py>,
        scopes: &Bound<'py, PyTuple>,
        options: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.start(py, scopes, options, false)
    }

    #[pyo3(signature = (scopes, options, /))]
    fn _fetch_info<'py>(
        &self,
        py: Python<'py>,
        scopes: &Bound<'py, PyTuple>,
        options: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.start(py, scopes, options, true)
    }

    fn _close(&self) {
        self.0.close();
    }
}

impl AsyncCredential {
    fn start<'py>(
        &self,
        py: Python<'py>,
        scopes: &Bound<'py, PyTuple>,
        options: Option<&Bound<'py, PyAny>>,
        info: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let call = Wishes::read(options)?.call(scopes)?;
        let holder = Arc::clone(self.0.get(py)?);
        awaitable(py, async move {
            let token = holder.core.get_token_with(&call.scope, &call.options).await;
            Fetched { holder, call, token, info }
        })
    }
}

/// The core's credential behind an object of ours, where it is one.
pub(crate) fn core_of(credential: &Bound<'_, PyAny>) -> PyResult<Option<midentity::Credential>> {
    let py = credential.py();
    if let Ok(ours) = credential.cast::<Credential>() {
        return Ok(Some(ours.get().0.get(py)?.core.clone()));
    }
    match credential.cast::<AsyncCredential>() {
        Ok(ours) => Ok(Some(ours.get().0.get(py)?.core.clone())),
        Err(_) => Ok(None),
    }
}

/// The outcome of an awaited call on its way to Python.
struct Fetched {
    holder: Arc<Holder>,
    call: Call,
    token: Result<AccessToken, Error>,
    info: bool,
}

impl<'py> IntoPyObject<'py> for Fetched {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        let token = self.token.map_err(|error| raise(py, &error))?;
        let info = if self.info { Some(AccessTokenInfo::make(py, &token, token.from_cache())?) } else { None };
        let held = self.holder.hold(py, self.call.name, self.call.scope, self.call.cae, token)?;
        Ok(info.map_or_else(|| held.tuple(py), Py::into_any).into_bound(py))
    }
}

/// A number that changes with the variables that a credential reads when it is made.
#[pyfunction]
pub(crate) fn environment_key() -> u64 {
    let mut hasher = DefaultHasher::new();
    let env = Env::process();
    for name in ["AZURE_POD_IDENTITY_AUTHORITY_HOST", "MIDENTITY_CLOUD", "AZURE_TOKEN_CREDENTIALS"] {
        env.var(name).hash(&mut hasher);
    }
    hasher.finish()
}
