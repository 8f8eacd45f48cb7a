//! Long-running work: told about, waited for, awaited.

use std::sync::{Arc, Mutex, PoisonError};

use midentity::{Error, Result, arm, runtime};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use pyo3_async_runtimes::get_running_loop;
use tokio::sync::Notify;

use crate::arm_outcome::{BoxFuture, Mode, Outcome, on_the_loop};
use crate::delivery;
use crate::error::raise;
use crate::wait::wait;

/// How long-running work goes on.
#[pyclass(frozen, module = "midentity.arm")]
pub(crate) struct Progress(arm::Progress);

#[pymethods]
impl Progress {
    #[getter]
    fn what(&self) -> &str {
        self.0.what()
    }

    #[getter]
    fn status(&self) -> &str {
        self.0.status()
    }

    #[getter]
    fn elapsed(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }

    #[getter]
    fn percent(&self) -> Option<f64> {
        self.0.percent()
    }

    fn __repr__(&self) -> String {
        format!("<midentity.arm.Progress {}: {} ({:.0} s)>", self.what(), self.status(), self.elapsed())
    }
}

/// Who is told, and what came of it.
#[derive(Default)]
struct Listener {
    callback: Mutex<Option<Py<PyAny>>>,
    /// Where the callback runs, for those who await.
    event_loop: Mutex<Option<Py<PyAny>>>,
    raised: Mutex<Option<PyErr>>,
    failed: Notify,
}

fn held<T>(slot: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Listener {
    fn tell(self: &Arc<Self>, progress: &arm::Progress) {
        if held(&self.callback).is_none() {
            return;
        }
        let (this, progress) = (Arc::clone(self), Progress(progress.clone()));
        if held(&self.event_loop).is_some() {
            // No thread of the runtime waits for the interpreter.
            delivery::hand_over(move || {
                let _ = Python::try_attach(|py| this.call_on_the_loop(py, progress));
            });
        } else {
            // The thread that waits drives the work: it is the caller's own.
            let _ = Python::try_attach(|py| this.call(py, progress));
        }
    }

    fn call(&self, py: Python<'_>, progress: Progress) {
        let Some(callback) = held(&self.callback).as_ref().map(|c| c.clone_ref(py)) else { return };
        if let Err(raised) = callback.call1(py, (progress,)) {
            *held(&self.raised) = Some(raised);
            self.failed.notify_one();
        }
    }

    fn call_on_the_loop(&self, py: Python<'_>, progress: Progress) -> PyResult<()> {
        let callback = held(&self.callback).as_ref().map(|c| c.clone_ref(py));
        let event_loop = held(&self.event_loop).as_ref().map(|l| l.clone_ref(py));
        if let (Some(callback), Some(event_loop)) = (callback, event_loop) {
            event_loop.call_method1(py, "call_soon_threadsafe", (callback, progress))?;
        }
        Ok(())
    }
}

enum State {
    Going(BoxFuture<Result<Outcome>>),
    Ended,
}

/// An operation of the core, whatever it gives. A wait that is given up can be taken up again.
pub(crate) struct Work {
    what: String,
    changes: bool,
    state: tokio::sync::Mutex<State>,
    result: Mutex<Option<Result<Outcome>>>,
    object: PyOnceLock<Result<Py<PyAny>>>,
    listener: Arc<Listener>,
}

impl Work {
    pub(crate) fn new<T: Into<Outcome> + Send + 'static>(operation: arm::Operation<T>) -> Self {
        let (what, changes) = (operation.what().to_owned(), operation.changes());
        let listener = Arc::new(Listener::default());
        let told = Arc::clone(&listener);
        let operation = operation.on_progress(move |progress| told.tell(progress));
        let finish: BoxFuture<Result<Outcome>> = Box::pin(async move { operation.wait().await.map(Into::into) });
        let (state, result) = (tokio::sync::Mutex::new(State::Going(finish)), Mutex::default());
        Self { what, changes, state, result, object: PyOnceLock::new(), listener }
    }

    async fn finish(&self) -> Result<()> {
        let mut state = self.state.lock().await;
        let State::Going(going) = &mut *state else { return Ok(()) };
        tokio::select! {
            biased;
            () = self.listener.failed.notified() => {
                let error = Error::cancelled();
                return Err(match held(&self.listener.raised).take() {
                    Some(raised) => error.with_cause(raised),
                    None => error,
                });
            }
            result = going => {
                *held(&self.result) = Some(result);
                *state = State::Ended;
            }
        }
        Ok(())
    }

    /// The result's object, once the work has ended.
    fn object(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let made = self.object.get_or_init(py, || {
            let result = held(&self.result).take().unwrap_or_else(|| Err(Error::cancelled()));
            result.map(|outcome| outcome.into_python(py, Mode::Awaiting)).and_then(|object| match object {
                Ok(object) => Ok(object.unbind()),
                Err(raised) => Err(Error::cancelled().with_cause(raised)),
            })
        });
        match made {
            Ok(object) => Ok(object.clone_ref(py)),
            Err(error) => Err(raise(py, error)),
        }
    }

    fn shown(&self) -> String {
        format!("of {}{}", self.what, if self.changes { "" } else { ", nothing to do" })
    }
}

struct Finished(Arc<Work>, Result<()>);

impl<'py> IntoPyObject<'py> for Finished {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        self.1.map_err(|error| raise(py, &error))?;
        Ok(self.0.object(py)?.into_bound(py))
    }
}

/// Work that is waited for.
#[pyclass(frozen, module = "midentity.arm")]
pub(crate) struct Operation(Arc<Work>);

impl Operation {
    pub(crate) fn of(work: Work) -> Self {
        Self(Arc::new(work))
    }
}

#[pymethods]
impl Operation {
    #[getter]
    fn what(&self) -> &str {
        &self.0.what
    }

    #[getter]
    fn changes(&self) -> bool {
        self.0.changes
    }

    #[pyo3(signature = (callback, /))]
    fn on_progress(slf: Bound<'_, Self>, callback: Py<PyAny>) -> Bound<'_, Self> {
        *held(&slf.get().0.listener.callback) = Some(callback);
        slf
    }

    fn wait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        wait(py, |stop| runtime::wait_shared(self.0.finish(), stop))?;
        self.0.object(py)
    }

    #[classmethod]
    fn __class_getitem__(cls: &Bound<'_, PyType>, item: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        alias(cls, item)
    }

    fn __repr__(&self) -> String {
        format!("<midentity.arm.Operation {}>", self.0.shown())
    }
}

/// Work that is awaited.
#[pyclass(frozen, module = "midentity.aio")]
pub(crate) struct AsyncOperation(Arc<Work>);

impl AsyncOperation {
    pub(crate) fn of(work: Work) -> Self {
        Self(Arc::new(work))
    }
}

#[pymethods]
impl AsyncOperation {
    #[getter]
    fn what(&self) -> &str {
        &self.0.what
    }

    #[getter]
    fn changes(&self) -> bool {
        self.0.changes
    }

    #[pyo3(signature = (callback, /))]
    fn on_progress(slf: Bound<'_, Self>, callback: Py<PyAny>) -> PyResult<Bound<'_, Self>> {
        let listener = &slf.get().0.listener;
        *held(&listener.event_loop) = Some(get_running_loop(slf.py())?.unbind());
        *held(&listener.callback) = Some(callback);
        Ok(slf)
    }

    /// A coroutine, which asyncio.create_task and asyncio.run take.
    fn wait(slf: Bound<'_, Self>) -> PyResult<Bound<'_, PyAny>> {
        static COROUTINE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        COROUTINE.import(slf.py(), "midentity._foreign", "coroutine")?.call1((slf,))
    }

    fn __await__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let work = Arc::clone(&self.0);
        let future = on_the_loop(py, async move {
            let ended = work.finish().await;
            Finished(work, ended)
        })?;
        future.call_method0("__await__")
    }

    #[classmethod]
    fn __class_getitem__(cls: &Bound<'_, PyType>, item: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        alias(cls, item)
    }

    fn __repr__(&self) -> String {
        format!("<midentity.aio.AsyncOperation {}>", self.0.shown())
    }
}

/// `Operation[UserIdentity]`, for annotations.
pub(crate) fn alias(cls: &Bound<'_, PyType>, item: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    static ALIAS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = cls.py();
    Ok(ALIAS.import(py, "types", "GenericAlias")?.call1((cls, item))?.unbind())
}
