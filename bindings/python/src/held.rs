//! The Python objects of tokens, made once: a hit hands the same ones out again.

use std::sync::Arc;

use arc_swap::ArcSwap;
use midentity::{AccessToken, Credential, Scope};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyTuple};

use crate::token::{self, AccessTokenInfo};

/// So many scopes have their objects held: few programs use more.
const HELD: usize = 8;

/// A credential of the core with the objects of its tokens.
pub(crate) struct Holder {
    pub(crate) core: Credential,
    held: ArcSwap<Vec<Arc<Held>>>,
}

pub(crate) struct Held {
    name: Py<PyString>,
    text: Box<str>,
    scope: Scope,
    cae: bool,
    token: AccessToken,
    tuple: Py<PyAny>,
    info: PyOnceLock<Py<AccessTokenInfo>>,
}

impl Holder {
    pub(crate) fn new(core: Credential) -> Arc<Self> {
        Arc::new(Self { core, held: ArcSwap::default() })
    }

    /// What is made of the cached token of this scope, where there is one that needs no refresh. The core decides
    /// that anew each time; only the objects are held.
    pub(crate) fn hit<T>(
        &self,
        py: Python<'_>,
        scopes: &Bound<'_, PyTuple>,
        cae: bool,
        make: impl FnOnce(&Held) -> PyResult<T>,
    ) -> PyResult<Option<T>> {
        if scopes.len() != 1 {
            return Ok(None);
        }
        let name = scopes.get_borrowed_item(0)?;
        let held = self.held.load();
        let same = |h: &&Arc<Held>| h.cae == cae && h.name.as_ptr() == name.as_ptr();
        let equal = |h: &&Arc<Held>| {
            h.cae == cae && name.cast::<PyString>().is_ok_and(|n| n.to_str().is_ok_and(|text| *text == *h.text))
        };
        let Some(found) = held.iter().find(same).or_else(|| held.iter().find(equal)) else { return Ok(None) };
        let Some(token) = self.core.cached_token_with(&found.scope, cae) else { return Ok(None) };
        if token.same_as(&found.token) {
            return make(found).map(Some);
        }
        // Refreshed in the background.
        make(&*self.hold(py, found.name.clone_ref(py), found.scope.clone(), cae, token)?).map(Some)
    }

    /// Makes the objects of a token and keeps them.
    pub(crate) fn hold(
        &self,
        py: Python<'_>,
        name: Py<PyString>,
        scope: Scope,
        cae: bool,
        token: AccessToken,
    ) -> PyResult<Arc<Held>> {
        let text = name.to_str(py)?.into();
        let tuple = token::tuple(py, &token)?;
        let new = Arc::new(Held { name, text, scope, cae, token, tuple, info: PyOnceLock::new() });
        self.held.rcu(|held| {
            let others = held.iter().filter(|h| h.cae != cae || h.text != new.text);
            std::iter::once(&new).chain(others).take(HELD).map(Arc::clone).collect::<Vec<_>>()
        });
        Ok(new)
    }

    pub(crate) fn forget(&self) {
        self.held.store(Arc::default());
    }
}

impl Held {
    pub(crate) fn tuple(&self, py: Python<'_>) -> Py<PyAny> {
        self.tuple.clone_ref(py)
    }

    /// The token as an object, as a hit: `from_cache` is true whichever call fetched it.
    pub(crate) fn info(&self, py: Python<'_>) -> PyResult<Py<AccessTokenInfo>> {
        let make = || AccessTokenInfo::make(py, &self.token, true);
        self.info.get_or_try_init(py, make).map(|info| info.clone_ref(py))
    }
}
