//! The core's events as records of Python's `logging`, for those who ask for them.

use std::sync::OnceLock;

use midentity::log_line;
use pyo3::prelude::*;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::shutdown;

/// Sends the core's events to the logger `midentity`, from now on and for the whole process. False where another
/// library in the process has taken tracing's one place.
#[pyfunction]
pub(crate) fn enable_logging(py: Python<'_>) -> PyResult<bool> {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    shutdown::prepare(py)?;
    Ok(*INSTALLED.get_or_init(|| tracing::subscriber::set_global_default(Bridge).is_ok()))
}

struct Bridge;

impl Subscriber for Bridge {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= Level::DEBUG && metadata.target().starts_with("midentity")
    }

    fn event(&self, event: &Event<'_>) {
        let level = match *event.metadata().level() {
            Level::ERROR => 40,
            Level::WARN => 30,
            Level::INFO => 20,
            _ => 10,
        };
        let text = log_line::of(event);
        // Never an error for the one whose call is logged.
        shutdown::unless_ending(|| {
            let _ = Python::try_attach(|py| log(py, level, &text));
        });
    }

    // Spans are not used: events carry all that is said.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn log(py: Python<'_>, level: u8, text: &str) -> PyResult<()> {
    let logger = py.import("logging")?.call_method1("getLogger", ("midentity",))?;
    if logger.call_method1("isEnabledFor", (level,))?.is_truthy()? {
        logger.call_method1("log", (level, "%s", text))?;
    }
    Ok(())
}
