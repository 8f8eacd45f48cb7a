//! Tokens as Python objects: the tuple of azure-core's first protocol, and the object of its second.

use midentity::AccessToken;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyType};
use serde_json::Value;

use crate::json;

/// The tuple `midentity.AccessToken`, which is written in Python.
pub(crate) fn tuple(py: Python<'_>, token: &AccessToken) -> PyResult<Py<PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = CLASS.import(py, "midentity._token", "AccessToken")?;
    Ok(class.call1((token.secret().expose(), token.expires_on()))?.unbind())
}

/// A token with all that is known about it.
#[pyclass(frozen, subclass, module = "midentity")]
pub(crate) struct AccessTokenInfo {
    #[pyo3(get)]
    token: Py<PyString>,
    #[pyo3(get)]
    expires_on: i64,
    #[pyo3(get)]
    token_type: String,
    #[pyo3(get)]
    refresh_on: Option<i64>,
    #[pyo3(get)]
    source: Option<String>,
    #[pyo3(get)]
    identity_verified: bool,
    #[pyo3(get)]
    from_cache: bool,
    #[pyo3(get)]
    unchanged: bool,
}

impl AccessTokenInfo {
    pub(crate) fn make(py: Python<'_>, token: &AccessToken, from_cache: bool) -> PyResult<Py<Self>> {
        Py::new(
            py,
            Self {
                token: PyString::new(py, token.secret().expose()).unbind(),
                expires_on: token.expires_on(),
                token_type: token.token_type().to_owned(),
                refresh_on: token.refresh_on(),
                source: token.source().map(str::to_owned),
                identity_verified: token.identity_verified(),
                from_cache,
                unchanged: token.unchanged(),
            },
        )
    }
}

#[pymethods]
impl AccessTokenInfo {
    #[new]
    #[pyo3(signature = (token, expires_on, *, token_type = "Bearer", refresh_on = None))]
    fn new(token: Py<PyString>, expires_on: i64, token_type: &str, refresh_on: Option<i64>) -> Self {
        Self {
            token,
            expires_on,
            token_type: token_type.to_owned(),
            refresh_on,
            source: None,
            identity_verified: false,
            from_cache: false,
            unchanged: false,
        }
    }

    #[getter]
    fn expires_at<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        static READ: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        READ.import(py, "midentity._token", "moment")?.call1((self.expires_on,))
    }

    fn __repr__(&self) -> String {
        let source = self.source.as_deref().map_or_else(String::new, |s| format!(", source='{s}'"));
        format!("AccessTokenInfo(token='(redacted)', expires_on={}{source})", self.expires_on)
    }
}

/// What a readable token says, unverified; None where it can't be read.
#[pyfunction]
pub(crate) fn read_claims<'py>(py: Python<'py>, token: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    let claims = AccessToken::new(token.to_owned(), 0).claims();
    let value: Option<Value> = claims.and_then(|c| serde_json::from_str(&c.to_json()).ok());
    value.map(|v| json::to_python(py, &v)).transpose()
}
