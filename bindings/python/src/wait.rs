//! Waiting without the interpreter, and ending when a signal arrives.

use std::panic::{AssertUnwindSafe, catch_unwind};

use midentity::error::id;
use midentity::{Error, ErrorKind, Result};
use pyo3::prelude::*;

use crate::error::raise;

/// What a blocking call asks every 50 ms: whether to stop.
pub(crate) type Interrupted<'a> = &'a mut dyn FnMut() -> Result<()>;

/// Runs a blocking call detached from the interpreter. A signal whose handler raises (Ctrl-C) ends it with that
/// exception; only the main thread sees signals.
pub(crate) fn wait<T: Send>(py: Python<'_>, work: impl FnOnce(Interrupted<'_>) -> Result<T> + Send) -> PyResult<T> {
    let mut raised: Option<PyErr> = None;
    let result = py.detach(|| {
        let mut interrupted = || match Python::try_attach(|py| py.check_signals()) {
            Some(Ok(())) => Ok(()),
            // The interpreter ends.
            None => Err(Error::cancelled()),
            Some(Err(exception)) => {
                raised = Some(exception);
                Err(Error::cancelled())
            }
        };
        catch_unwind(AssertUnwindSafe(|| work(&mut interrupted))).unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Internal, id::INTERNAL, "a fault inside midentity ended the call")
                .with_hint("please report it, with what was written to stderr"))
        })
    });
    match (raised, result) {
        (Some(exception), _) => Err(exception),
        (None, result) => result.map_err(|error| raise(py, &error)),
    }
}
