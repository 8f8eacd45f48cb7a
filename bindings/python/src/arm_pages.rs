//! Lists that stream: a page at a time is held, whatever the list's length.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use midentity::{Result, arm, runtime};
use pyo3::exceptions::{PyRuntimeError, PyStopAsyncIteration, PyStopIteration};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyType};
use serde::de::DeserializeOwned;

use crate::arm_operation::alias;
use crate::arm_outcome::{Mode, Outcome, on_the_loop};
use crate::error::raise;
use crate::wait::wait;

type NextPage<'a> = Pin<Box<dyn Future<Output = Result<Option<Vec<Outcome>>>> + Send + 'a>>;

/// A list of the core, whatever is in it.
trait Core: Send {
    fn next_page(&mut self) -> NextPage<'_>;
    fn continuation(&self) -> Option<String>;
    fn seek(&mut self, continuation: &str) -> Result<()>;
}

impl<T: Into<Outcome> + DeserializeOwned + Send> Core for arm::Pages<T> {
    fn next_page(&mut self) -> NextPage<'_> {
        Box::pin(async {
            let page = Self::next_page(self).await?;
            Ok(page.map(|items| items.into_iter().map(Into::into).collect()))
        })
    }

    fn continuation(&self) -> Option<String> {
        Self::continuation(self)
    }

    fn seek(&mut self, continuation: &str) -> Result<()> {
        Self::seek(self, continuation)
    }
}

struct Source {
    list: tokio::sync::Mutex<Box<dyn Core>>,
    items: Mutex<VecDeque<Outcome>>,
}

impl Source {
    fn pop(&self) -> Option<Outcome> {
        self.items.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// What is left of the page at hand, else the next one; None after the last.
    async fn page(&self) -> Result<Option<Vec<Outcome>>> {
        let mut list = self.list.lock().await;
        let left: Vec<Outcome> = self.items.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect();
        if left.is_empty() { list.next_page().await } else { Ok(Some(left)) }
    }

    async fn item(&self) -> Result<Option<Outcome>> {
        let mut list = self.list.lock().await;
        loop {
            if let Some(item) = self.pop() {
                return Ok(Some(item));
            }
            match list.next_page().await? {
                Some(page) => *self.items.lock().unwrap_or_else(PoisonError::into_inner) = page.into(),
                None => return Ok(None),
            }
        }
    }
}

impl Source {
    /// The list, for a moment: nobody waits for it here, where the interpreter is held.
    fn now(&self) -> PyResult<tokio::sync::MutexGuard<'_, Box<dyn Core>>> {
        self.list.try_lock().map_err(|_| PyRuntimeError::new_err("a page of this list is being read"))
    }

    fn continuation(&self) -> PyResult<Option<String>> {
        Ok(self.now()?.continuation())
    }

    fn resume(&self, py: Python<'_>, continuation: &str) -> PyResult<()> {
        self.now()?.seek(continuation).map_err(|error| raise(py, &error))?;
        self.items.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }
}

fn list(py: Python<'_>, page: Vec<Outcome>) -> PyResult<Bound<'_, PyList>> {
    let objects: Vec<_> = page.into_iter().map(|item| item.into_python(py, Mode::Blocking)).collect::<PyResult<_>>()?;
    PyList::new(py, objects)
}

/// A list to go through with `for`.
#[pyclass(frozen, module = "midentity.arm")]
pub(crate) struct Pages {
    source: Arc<Source>,
    by_page: bool,
}

impl Pages {
    /// The object of a list of the core.
    pub(crate) fn of<T>(py: Python<'_>, list: Result<arm::Pages<T>>) -> PyResult<Self>
    where
        T: Into<Outcome> + DeserializeOwned + Send + 'static,
    {
        let list: Box<dyn Core> = Box::new(list.map_err(|error| raise(py, &error))?);
        let source = Source { list: tokio::sync::Mutex::new(list), items: Mutex::default() };
        Ok(Self { source: Arc::new(source), by_page: false })
    }
}

#[pymethods]
impl Pages {
    fn by_page(&self) -> Self {
        Self { source: Arc::clone(&self.source), by_page: true }
    }

    #[getter]
    fn continuation(&self) -> PyResult<Option<String>> {
        self.source.continuation()
    }

    fn resume<'py>(slf: Bound<'py, Self>, continuation: &str) -> PyResult<Bound<'py, Self>> {
        slf.get().source.resume(slf.py(), continuation)?;
        Ok(slf)
    }

    /// The same list, for asyncio.
    fn _awaited(&self) -> AsyncPages {
        AsyncPages { source: Arc::clone(&self.source), by_page: self.by_page }
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let source = Arc::clone(&self.source);
        if self.by_page {
            let page = wait(py, |stop| runtime::wait_here(async move { source.page().await }, stop))?;
            return page.map(|items| list(py, items).map(Bound::into_any)).transpose();
        }
        let item = match self.source.pop() {
            Some(item) => Some(item),
            None => wait(py, |stop| runtime::wait_here(async move { source.item().await }, stop))?,
        };
        item.map(|item| item.into_python(py, Mode::Blocking)).transpose()
    }

    #[classmethod]
    fn __class_getitem__(cls: &Bound<'_, PyType>, item: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        alias(cls, item)
    }

    #[allow(clippy::unused_self)]
    fn __repr__(&self) -> &'static str {
        "<midentity.arm.Pages>"
    }
}

/// A list to go through with `async for`.
#[pyclass(frozen, module = "midentity.aio")]
pub(crate) struct AsyncPages {
    source: Arc<Source>,
    by_page: bool,
}

#[pymethods]
impl AsyncPages {
    fn by_page(&self) -> Self {
        Self { source: Arc::clone(&self.source), by_page: true }
    }

    #[getter]
    fn continuation(&self) -> PyResult<Option<String>> {
        self.source.continuation()
    }

    fn resume<'py>(slf: Bound<'py, Self>, continuation: &str) -> PyResult<Bound<'py, Self>> {
        slf.get().source.resume(slf.py(), continuation)?;
        Ok(slf)
    }

    fn __aiter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __anext__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let source = Arc::clone(&self.source);
        if self.by_page {
            return on_the_loop(py, async move { NextList(source.page().await) });
        }
        match source.pop() {
            Some(item) => Ok(Bound::new(py, Ready(item.into_python(py, Mode::Awaiting)?.unbind()))?.into_any()),
            None => on_the_loop(py, async move { NextItem(source.item().await) }),
        }
    }

    #[classmethod]
    fn __class_getitem__(cls: &Bound<'_, PyType>, item: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        alias(cls, item)
    }

    #[allow(clippy::unused_self)]
    fn __repr__(&self) -> &'static str {
        "<midentity.aio.AsyncPages>"
    }
}

/// An item that is there: awaiting it takes no turn of the event loop.
#[pyclass(frozen)]
struct Ready(Py<PyAny>);

#[pymethods]
impl Ready {
    fn __await__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Err(PyStopIteration::new_err((self.0.clone_ref(py),)))
    }
}

struct NextItem(Result<Option<Outcome>>);

impl<'py> IntoPyObject<'py> for NextItem {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        match self.0.map_err(|error| raise(py, &error))? {
            Some(item) => item.into_python(py, Mode::Awaiting),
            None => Err(PyStopAsyncIteration::new_err(())),
        }
    }
}

struct NextList(Result<Option<Vec<Outcome>>>);

impl<'py> IntoPyObject<'py> for NextList {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        match self.0.map_err(|error| raise(py, &error))? {
            Some(page) => Ok(list(py, page)?.into_any()),
            None => Err(PyStopAsyncIteration::new_err(())),
        }
    }
}
