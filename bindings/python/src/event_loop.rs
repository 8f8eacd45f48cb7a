//! Futures of the core as asyncio futures, on the core's own runtime, which survives `fork`.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use midentity::runtime;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use pyo3_async_runtimes::generic::{ContextExt, JoinError, Runtime, future_into_py_with_locals};
use pyo3_async_runtimes::{TaskLocals, get_running_loop};
use tokio::task::JoinHandle;

use crate::error::raise;
use crate::{delivery, shutdown};

/// An asyncio future of a core future's outcome. Cancelling it drops the core's future, which ends its request.
///
/// The outcome becomes a Python object where the interpreter is attached anyway: no thread of the runtime waits for
/// the interpreter.
pub(crate) fn awaitable<'py, F, T>(py: Python<'py>, future: F) -> PyResult<Bound<'py, PyAny>>
where
    F: Future<Output = T> + Send + 'static,
    T: for<'a> IntoPyObject<'a> + Send + 'static,
{
    // Said here, where the caller hears it; a task that can't be spawned would never end.
    runtime::handle().map_err(|error| raise(py, &error))?;
    shutdown::prepare(py)?;
    let event_loop = Bound::new(py, EventLoop(get_running_loop(py)?.unbind()))?;
    let locals = TaskLocals::new(event_loop.into_any());
    future_into_py_with_locals::<Core, _, _>(py, locals, async move { Ok(future.await) })
}

/// The caller's event loop. One that was closed while a call ran has nobody left to tell the outcome.
#[pyclass(frozen)]
struct EventLoop(Py<PyAny>);

#[pymethods]
impl EventLoop {
    fn create_future<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.0.bind(py).call_method0("create_future")
    }

    #[pyo3(signature = (*args, **kwargs))]
    fn call_soon_threadsafe(
        &self,
        py: Python<'_>,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        match self.0.bind(py).call_method("call_soon_threadsafe", args, kwargs) {
            Ok(_) => Ok(()),
            Err(_) if self.0.bind(py).call_method0("is_closed")?.is_truthy()? => Ok(()),
            Err(error) => Err(error),
        }
    }
}

struct Core;

enum Task {
    Spawned(JoinHandle<()>),
    HandedOver,
    NotStarted,
}

enum Ended {
    NotStarted,
    Joined(tokio::task::JoinError),
}

impl Runtime for Core {
    type JoinError = Ended;
    type JoinHandle = Task;

    fn spawn<F>(future: F) -> Task
    where
        F: Future<Output = ()> + Send + 'static,
    {
        runtime::handle().map_or(Task::NotStarted, |handle| Task::Spawned(handle.spawn(future)))
    }

    /// Only asked for what hands an outcome over, and not waited for.
    fn spawn_blocking<F>(work: F) -> Task
    where
        F: FnOnce() + Send + 'static,
    {
        delivery::hand_over(work);
        Task::HandedOver
    }
}

impl ContextExt for Core {
    fn scope<F, R>(_: TaskLocals, future: F) -> Pin<Box<dyn Future<Output = R> + Send>>
    where
        F: Future<Output = R> + Send + 'static,
    {
        Box::pin(future)
    }

    fn get_task_locals() -> Option<TaskLocals> {
        None
    }
}

impl Future for Task {
    type Output = Result<(), Ended>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Spawned(handle) => Pin::new(handle).poll(context).map_err(Ended::Joined),
            Self::HandedOver => Poll::Ready(Ok(())),
            Self::NotStarted => Poll::Ready(Err(Ended::NotStarted)),
        }
    }
}

impl JoinError for Ended {
    fn is_panic(&self) -> bool {
        matches!(self, Self::Joined(error) if error.is_panic())
    }

    fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        match self {
            Self::Joined(error) => error.into_panic(),
            Self::NotStarted => Box::new("the task was not started"),
        }
    }
}
