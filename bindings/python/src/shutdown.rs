//! The interpreter's end. A thread of the runtime that is attached then, or waits for it, ends the process with a crash:
//! so the end waits for those that are at it, and later ones don't begin.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use pyo3::prelude::*;

static ENDING: AtomicBool = AtomicBool::new(false);
static BUSY: AtomicI64 = AtomicI64::new(0);
static PROCESS: AtomicU32 = AtomicU32::new(0);

/// What is attached is short: it hands over an outcome, or a line for the log.
const PATIENCE: Duration = Duration::from_secs(2);

/// To be called before anything is handed to a thread that will attach.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    let process = std::process::id();
    if PROCESS.load(Ordering::Acquire) != process {
        // After a fork the parent's threads are not here, and nobody will count them off.
        BUSY.store(0, Ordering::SeqCst);
        PROCESS.store(process, Ordering::Release);
        let ended = pyo3::wrap_pyfunction!(wait_for_threads, py)?;
        py.import("atexit")?.call_method1("register", (ended,))?;
    }
    Ok(())
}

/// Runs what attaches, unless the interpreter ends.
pub(crate) fn unless_ending(work: impl FnOnce()) {
    // Counted first: the end looks at the count after it has said so.
    BUSY.fetch_add(1, Ordering::SeqCst);
    if ENDING.load(Ordering::SeqCst) {
        // Its Python objects can't be given back any more.
        std::mem::forget(work);
    } else {
        work();
    }
    BUSY.fetch_sub(1, Ordering::SeqCst);
}

#[pyfunction]
fn wait_for_threads(py: Python<'_>) {
    ENDING.store(true, Ordering::SeqCst);
    py.detach(|| {
        let start = Instant::now();
        while BUSY.load(Ordering::SeqCst) > 0 && start.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(1));
        }
    });
}
