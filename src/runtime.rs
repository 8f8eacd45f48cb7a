//! The runtimes behind calls that block, for the bindings and [`crate::blocking`].
//!
//! Two of them, both made on first use and both the process's own: an inherited runtime is a memory-safety fault, as
//! parent and child would share one event queue. After `fork` the child leaks what it inherited and makes its own.
//!
//! * A call that blocks runs on a small single-threaded runtime that its own thread drives: no other thread has to wake
//!   up, which is most of the cost of a request on the same machine. A connection that is kept waits on that runtime,
//!   and is taken up again with it.
//! * Everything that goes on after the call returns (background refresh, asyncio), and what a later call may take up
//!   again (long-running operations), runs on one runtime with two threads.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::error::{Error, ErrorKind, Result, id};
use crate::fork::PerProcess;
use crate::http::BoxFuture;

/// Idle runtimes beyond this are dropped: each holds an event queue, and the connections that were opened on it.
const IDLE: usize = 32;

static LOCAL: PerProcess<Locals> = PerProcess::new();
static SHARED: PerProcess<Shared> = PerProcess::new();

#[derive(Default)]
struct Locals(Mutex<Vec<Runtime>>);

#[derive(Default)]
struct Shared(Mutex<Option<&'static Runtime>>);

/// The process's shared runtime: two threads, never stopped.
///
/// # Errors
/// `runtime.start` where the system gives no threads or no event queue.
fn shared() -> Result<&'static Runtime> {
    let shared = SHARED.get();
    let mut slot = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = *slot {
        return Ok(runtime);
    }
    let make = || Builder::new_multi_thread().worker_threads(2).thread_name("midentity").enable_all().build();
    // A thread at its end (a destructor of something thread-local calls) can't make one: another does it.
    let ending = Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed());
    let made = if ending {
        let maker = std::thread::Builder::new().spawn(make);
        maker.and_then(|maker| maker.join().unwrap_or_else(|_| Err(std::io::Error::other("it panicked"))))
    } else {
        make()
    };
    let runtime = made.map_err(cannot_start)?;
    // Never stopped: at the process's end a stop could wait for a call that hangs.
    Ok(*slot.insert(Box::leak(Box::new(runtime))))
}

fn cannot_start(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Internal, id::RUNTIME_START, format!("the async runtime can't be started: {error}"))
        .with_hint("the system is short of threads or file descriptors")
        .with_cause(error)
}

/// Runs a future on the shared runtime, unobserved.
pub fn spawn(future: BoxFuture<'static, ()>) {
    match shared() {
        Ok(runtime) => {
            runtime.spawn(future);
        }
        Err(error) => tracing::warn!(id = error.id(), "background work was given up"),
    }
}

/// A handle to the shared runtime, for bindings that bring futures of their own.
///
/// # Errors
/// `runtime.start` where it can't be started.
pub fn handle() -> Result<Handle> {
    shared().map(|r| r.handle().clone())
}

/// Waits for a future that begins and ends with this call, on this thread.
///
/// # Errors
/// `runtime.nested` inside an async runtime, `runtime.start`, and what `interrupted` answers: it is asked every 50 ms.
pub fn wait_here<T: Send + 'static>(
    future: impl Future<Output = Result<T>> + Send + 'static,
    interrupted: impl FnMut() -> Result<()>,
) -> Result<T> {
    refuse_nested()?;
    let locals = LOCAL.get();
    let idle = locals.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let runtime = match idle {
        Some(runtime) => runtime,
        None => Builder::new_current_thread().enable_all().build().map_err(cannot_start)?,
    };
    let result = runtime.block_on(async {
        // As a task, because a task is woken by putting it into a queue; to wake what `block_on` itself waits for takes
        // two system calls, each time that something comes.
        let mut task = tokio::spawn(future);
        let ended = interruptible(async { Ok((&mut task).await) }, interrupted).await;
        match ended {
            Ok(Ok(result)) => result,
            Ok(Err(broken)) => match broken.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Error::cancelled()),
            },
            Err(interruption) => {
                task.abort();
                let _ = task.await;
                Err(interruption)
            }
        }
    });
    let mut idle = locals.0.lock().unwrap_or_else(PoisonError::into_inner);
    // Last in, first out: the runtime that holds the open connection is taken up again.
    if idle.len() < IDLE {
        idle.push(runtime);
    }
    result
}

/// Waits for a future that a later call may go on with: its timers and connections belong to the shared runtime.
///
/// # Errors
/// As [`wait_here`].
pub fn wait_shared<T>(future: impl Future<Output = Result<T>>, interrupted: impl FnMut() -> Result<()>) -> Result<T> {
    refuse_nested()?;
    shared()?.block_on(interruptible(future, interrupted))
}

fn refuse_nested() -> Result<()> {
    if Handle::try_current().is_err() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidArgument,
        id::RUNTIME_NESTED,
        "a blocking call was made inside an async runtime, which it would stop",
    )
    .with_hint("use the async type, or make the call on a thread that is no runtime's (std::thread)"))
}

async fn interruptible<T>(
    future: impl Future<Output = Result<T>>,
    mut interrupted: impl FnMut() -> Result<()>,
) -> Result<T> {
    let mut future = std::pin::pin!(future);
    loop {
        tokio::select! {
            biased;
            result = &mut future => return result,
            () = tokio::time::sleep(Duration::from_millis(50)) => interrupted()?,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Instant;

    use super::*;

    #[test]
    fn an_interrupt_ends_a_wait_soon() {
        let start = Instant::now();
        let result: Result<()> = wait_here(std::future::pending(), || Err(Error::cancelled()));
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Cancelled);
        assert!(start.elapsed() < Duration::from_secs(1));
    }

    #[test]
    fn what_was_interrupted_is_gone_when_the_call_returns() {
        struct Gone(Arc<AtomicBool>);
        impl Drop for Gone {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let gone = Arc::new(AtomicBool::new(false));
        let held = Gone(Arc::clone(&gone));
        let waits = async move {
            let _held = held;
            std::future::pending::<Result<()>>().await
        };
        let result = wait_here(waits, || Err(Error::cancelled()));
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Cancelled);
        assert!(gone.load(Ordering::Relaxed));
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_next_call_goes_on() {
        let panics = async { if true { panic!("as planned") } else { Ok(()) } };
        let caught = std::panic::catch_unwind(|| wait_here(panics, || Ok(())));
        assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"as planned"));
        assert_eq!(wait_here(async { Ok(7) }, || Ok(())).unwrap(), 7);
    }

    #[test]
    fn inside_a_runtime_is_an_error_and_no_panic() {
        let outer = Builder::new_current_thread().build().unwrap();
        let result: Result<()> = outer.block_on(async { wait_here(async { Ok(()) }, || Ok(())) });
        assert_eq!(result.unwrap_err().id(), id::RUNTIME_NESTED);
    }
}
