//! Futures of the core as asyncio futures, on the core's own runtime, which survives `fork`.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use midentity::runtime;
use pyo3::prelude::*;
use pyo3::types::PyAny as PyObject;
use pyo3_async_runtimes::TaskLocals;
use pyo3_async_runtimes::generic::{ContextExt, JoinError, Runtime, future_into_py};
use tokio::task::JoinHandle;

use crate::error::raise;

/// An asyncio future of a core future's outcome. Cancelling it drops the core's future, which ends its request.
///
/// The outcome becomes a Python object where the interpreter is attached anyway: no thread of the runtime waits for
/// the interpreter.
pub(crate) fn awaitable<'py, F, T>(py: Python<'py>, future: F) -> PyResult<Bound<'py, PyObject>>
where
    F: Future<Output = T> + Send + 'static,
    T: for<'a> IntoPyObject<'a> + Send + 'static,
{
    // Said here, where the caller hears it; a task that can't be spawned would never end.
    runtime::handle().map_err(|error| raise(py, &error))?;
    future_into_py::<Core, _, _>(py, async move { Ok(future.await) })
}

struct Core;

struct Task(Option<JoinHandle<()>>);

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
        Task(runtime::handle().ok().map(|handle| handle.spawn(future)))
    }

    fn spawn_blocking<F>(work: F) -> Task
    where
        F: FnOnce() + Send + 'static,
    {
        let guarded = move || {
            // At the interpreter's end nobody waits for the outcome, and attaching would not come back.
            if Python::try_attach(|_| ()).is_some() {
                work();
            }
        };
        Task(runtime::handle().ok().map(|handle| handle.spawn_blocking(guarded)))
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
        match &mut self.get_mut().0 {
            Some(handle) => Pin::new(handle).poll(context).map_err(Ended::Joined),
            None => Poll::Ready(Err(Ended::NotStarted)),
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
