//! Errors of the core as exceptions of `midentity.errors`, which are written in Python.

use std::time::Duration;

use midentity::{Error, ErrorKind, error::id};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

/// The exception for an error.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    // What a caller's own code raised comes through as it is.
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(theirs) = inner.downcast_ref::<PyErr>() {
            return theirs.clone_ref(py);
        }
        cause = inner.source();
    }
    exception(py, error).map_or_else(|other| other, PyErr::from_value)
}

fn exception<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = MAKE.import(py, "midentity.errors", "_make")?;
    let fields = PyDict::new(py);
    fields.set_item("id", error.id())?;
    fields.set_item("hint", error.hint())?;
    fields.set_item("http_status", error.http_status())?;
    fields.set_item("service_code", error.service_code())?;
    fields.set_item("request_id", error.request_id())?;
    fields.set_item("correlation_id", error.correlation_id())?;
    fields.set_item("retry_after", error.retry_after().map(|d| d.as_secs_f64()))?;
    fields.set_item("source", error.token_source())?;
    fields.set_item("attempts", error.attempts())?;
    make.call((error.kind().number(), error.message()), Some(&fields))
}

/// A time in seconds as a duration.
pub(crate) fn seconds(py: Python<'_>, name: &str, value: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(value).ok().filter(|d| !d.is_zero()).ok_or_else(|| {
        let error = Error::new(
            ErrorKind::InvalidArgument,
            id::ARGUMENT_OPTION,
            format!("{name} is {value}, which is no time above zero"),
        );
        raise(py, &error.with_hint("give seconds, such as 30 or 0.5"))
    })
}
