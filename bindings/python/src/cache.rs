//! The token cache, as an object to give to credentials.

use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

/// A cache of tokens.
#[pyclass(frozen, module = "midentity")]
pub(crate) struct TokenCache(pub(crate) midentity::TokenCache);

#[pymethods]
impl TokenCache {
    #[new]
    fn new() -> Self {
        Self(midentity::TokenCache::new())
    }

    /// The process's own, which credentials share.
    #[staticmethod]
    fn process() -> Self {
        Self(midentity::TokenCache::process())
    }

    fn clear(&self) {
        self.0.clear();
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    /// A cache is a cache while it is empty, too.
    #[allow(clippy::unused_self)]
    fn __bool__(&self) -> bool {
        true
    }

    fn __repr__(&self) -> String {
        format!("<midentity.TokenCache of {} tokens>", self.0.len())
    }

    /// Pickled, it is an empty cache: tokens belong to the machine.
    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyType>, Bound<'py, PyTuple>) {
        (slf.get_type(), PyTuple::empty(slf.py()))
    }
}
