//! The thread that hands outcomes to Python. One is enough, since only one thread can be attached at a time; as many as
//! there are outcomes would all wait for the interpreter at once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use arc_swap::ArcSwapOption;
use pyo3::prelude::*;

use crate::shutdown;

type Work = Box<dyn FnOnce() + Send>;

/// So many outcomes are handed over in one go: other threads want the interpreter, too.
const BATCH: usize = 64;

/// The thread of this process: a forked child has none of its parent's.
struct Deliverer {
    process: u32,
    queue: Sender<Work>,
}

static CURRENT: ArcSwapOption<Deliverer> = ArcSwapOption::const_empty();

/// Has the work done on the delivering thread.
pub(crate) fn hand_over(work: impl FnOnce() + Send + 'static) {
    let process = std::process::id();
    let current = CURRENT.load();
    let deliverer = match &*current {
        Some(deliverer) if deliverer.process == process => Some(Arc::clone(deliverer)),
        seen => start(process, seen),
    };
    match deliverer {
        Some(deliverer) => {
            let _ = deliverer.queue.send(Box::new(work));
        }
        // No thread is to be had: this one does it, and its other tasks wait.
        None => shutdown::unless_ending(|| {
            Python::try_attach(|_| work());
        }),
    }
}

fn start(process: u32, seen: &Option<Arc<Deliverer>>) -> Option<Arc<Deliverer>> {
    let (queue, waiting) = channel();
    let fresh = Arc::new(Deliverer { process, queue });
    thread::Builder::new().name("midentity-python".into()).spawn(move || deliver(&waiting)).ok()?;
    let before = CURRENT.compare_and_swap(seen, Some(Arc::clone(&fresh)));
    match &*before {
        // Another thread was first; the one made here ends with its queue.
        Some(first) if first.process == process => Some(Arc::clone(first)),
        inherited => {
            if let Some(inherited) = inherited {
                // A thread that is not here may have been at the parent's queue: it is left as it is.
                std::mem::forget(Arc::clone(inherited));
            }
            Some(fresh)
        }
    }
}

fn deliver(waiting: &Receiver<Work>) {
    while let Ok(first) = waiting.recv() {
        shutdown::unless_ending(|| {
            Python::try_attach(|_| {
                let more = std::iter::from_fn(|| waiting.try_recv().ok());
                for work in std::iter::once(first).chain(more.take(BATCH)) {
                    // What panics has been reported by the hook; the others' outcomes wait.
                    let _ = catch_unwind(AssertUnwindSafe(work));
                }
            });
        });
    }
}
