//! Operations: every call that needs the network starts one and returns at once.

use std::ffi::{c_char, c_void};
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use midentity_core::{Error, Result, arm, runtime};
use tokio::sync::Notify;

use crate::boundary::{Handle, guard, out, panic_for_tests, panicked, quietly};
use crate::callback::Context;
use crate::error::midentity_error;
use crate::outcome::Outcome;
use crate::status::{MIDENTITY_OK, MIDENTITY_PENDING, midentity_status};
use crate::text::{Text, refused};
use crate::token::midentity_token;
use crate::value::midentity_value;

/// A call that goes on in the background. Free it with midentity_operation_free.
pub struct midentity_operation {
    state: Arc<State>,
    process: u32,
}

impl Handle for midentity_operation {
    const NAME: &'static str = "the operation";
}

/// Called once, when an operation has ended in whatever way, on a thread of midentity's that may be blocked as long as
/// the callback likes. Never called inside the function that starts the operation or registers the callback.
pub type midentity_done_callback =
    Option<unsafe extern "C" fn(context: *mut c_void, operation: *mut midentity_operation)>;

/// Called for every look at long-running work, one call at a time, on a thread of midentity's. What it is given lives
/// until it returns.
pub type midentity_progress_callback =
    Option<unsafe extern "C" fn(context: *mut c_void, progress: *const midentity_progress)>;

/// How long-running work goes on.
#[repr(C)]
pub struct midentity_progress {
    /// The size of this struct in the library's version: fields are only appended.
    pub struct_size: usize,
    /// What is being done, such as "changing the identities of vm1".
    pub what: *const c_char,
    /// The service's word for its state, such as "InProgress".
    pub status: *const c_char,
    /// Seconds since it began.
    pub elapsed_seconds: f64,
    /// Percent that are done; negative where the service does not say.
    pub percent: f64,
}

type Done = unsafe extern "C" fn(*mut c_void, *mut midentity_operation);
type Told = unsafe extern "C" fn(*mut c_void, *const midentity_progress);

pub(crate) struct State {
    id: u64,
    inner: Mutex<Inner>,
    changed: Condvar,
    cancelled: Notify,
}

#[derive(Default)]
struct Inner {
    /// `None` while it goes on.
    ended: Option<Result<()>>,
    outcome: Option<Outcome>,
    done: Option<(Done, Context, Address)>,
    /// Whether the one call of a done callback has been made or is being made.
    told_done: bool,
    progress: Option<(Told, Context)>,
    /// The threads that run a callback now.
    calling: Vec<ThreadId>,
}

/// The handle that a callback is given.
#[derive(Clone, Copy)]
struct Address(*mut midentity_operation);

// SAFETY: only handed to C, which owns what it points to; midentity_operation_free waits for the callback.
unsafe impl Send for Address {}

tokio::task_local! {
    /// Whose events a log line belongs to.
    static CURRENT: u64;
}

/// The operation on whose task this runs; 0 outside.
pub(crate) fn current() -> u64 {
    CURRENT.try_with(|id| *id).unwrap_or(0)
}

/// What an operation's work tells its progress to.
#[derive(Clone)]
pub(crate) struct Listener(Arc<State>);

impl Listener {
    /// Waits for long-running work and tells how it goes.
    pub(crate) async fn follow<T: Send + 'static>(self, work: arm::Operation<T>) -> Result<T> {
        work.on_progress(move |progress| self.0.tell(progress)).wait().await
    }
}

/// What an operation does. Boxed where it begins, so that all that surrounds it is compiled once and not for each of
/// the ABI's functions: that is a tenth of the library.
type Work = Pin<Box<dyn Future<Output = Result<Outcome>> + Send>>;

/// Starts work and hands its operation to C.
///
/// # Errors
/// `runtime.start` where no runtime can be started.
fn start(work: impl FnOnce(Listener) -> Work) -> Result<midentity_operation> {
    let state = Arc::new(State::new(Inner::default()));
    let work = CURRENT.scope(state.id, no_panic(work(Listener(Arc::clone(&state)))));
    let task = Arc::clone(&state);
    runtime::handle()?.spawn(async move {
        let ended = tokio::select! {
            biased;
            () = task.cancelled.notified() => Err(Error::cancelled()),
            ended = work => ended,
        };
        // Here the work has been dropped, with its connections.
        task.end(ended);
    });
    Ok(midentity_operation { state, process: std::process::id() })
}

/// A future whose panic is an error.
async fn no_panic(mut work: Work) -> Result<Outcome> {
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| {
            panic_for_tests("operation");
            work.as_mut().poll(context)
        }));
        polled.unwrap_or_else(|_| std::task::Poll::Ready(Err(panicked())))
    })
    .await
}

impl State {
    fn new(inner: Inner) -> Self {
        static IDS: AtomicU64 = AtomicU64::new(1);
        let id = IDS.fetch_add(1, Ordering::Relaxed);
        Self { id, inner: Mutex::new(inner), changed: Condvar::new(), cancelled: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(self: &Arc<Self>, ended: Result<Outcome>) {
        let mut inner = self.lock();
        inner.ended = Some(match ended {
            Ok(outcome) => {
                inner.outcome = Some(outcome);
                Ok(())
            }
            Err(error) => Err(error),
        });
        inner.progress = None;
        drop(inner);
        self.changed.notify_all();
        self.tell_done();
    }

    /// Makes the one call of the done callback, if there is one and it has not been made.
    fn tell_done(self: &Arc<Self>) {
        let mut inner = self.lock();
        if inner.told_done || inner.ended.is_none() {
            return;
        }
        let Some((callback, context, operation)) = inner.done.take() else { return };
        inner.told_done = true;
        // SAFETY: C gave the function for this call, and its context; the handle lives, as freeing it waits.
        let called = self.call(inner, move || unsafe { callback({ context }.0, { operation }.0) });
        if called.is_err() {
            self.lock().ended = Some(Err(panicked()));
        }
    }

    fn tell(self: &Arc<Self>, progress: &arm::Progress) {
        let inner = self.lock();
        let Some((callback, context)) = inner.progress else { return };
        let (what, status) = (Text::new(progress.what()), Text::new(progress.status()));
        // SAFETY: C gave the function for this call, and its context; the texts live until it returns.
        let called = self.call(inner, || unsafe {
            let told = midentity_progress {
                struct_size: size_of::<midentity_progress>(),
                what: what.lend(std::ptr::null_mut()),
                status: status.lend(std::ptr::null_mut()),
                elapsed_seconds: progress.elapsed().as_secs_f64(),
                percent: progress.percent().unwrap_or(-1.0),
            };
            callback({ context }.0, &raw const told);
        });
        if let Err(fault) = called {
            // Ends the work, as every panic in it does.
            resume_unwind(fault);
        }
    }

    /// Runs a callback of C's, which may block, outside the lock; who frees the operation waits for it.
    fn call(&self, mut inner: MutexGuard<'_, Inner>, callback: impl FnOnce()) -> thread::Result<()> {
        let this = thread::current().id();
        inner.calling.push(this);
        drop(inner);
        // A fault of ours on the way there must not leave the one who frees waiting.
        let called = catch_unwind(AssertUnwindSafe(|| {
            panic_for_tests("callback");
            tokio::task::block_in_place(callback);
        }));
        let mut inner = self.lock();
        if let Some(at) = inner.calling.iter().position(|thread| *thread == this) {
            inner.calling.swap_remove(at);
        }
        drop(inner);
        self.changed.notify_all();
        called
    }

    /// Waits until no other thread runs a callback.
    fn wait_for_callbacks(&self, mut inner: MutexGuard<'_, Inner>) {
        let this = thread::current().id();
        while inner.calling.iter().any(|thread| *thread != this) {
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until it has ended; `None` where the time ran out first.
    fn wait(&self, limit: Option<Duration>) -> Option<Result<()>> {
        // A limit beyond what the clock can say is none.
        let until = limit.and_then(|limit| Instant::now().checked_add(limit));
        let mut inner = self.lock();
        loop {
            if let Some(ended) = &inner.ended {
                return Some(ended.clone());
            }
            if limit != Some(Duration::ZERO) && inner.calling.contains(&thread::current().id()) {
                return Some(Err(refused(
                    "an operation was waited for inside its own progress callback, which it waits for".to_owned(),
                    "return first; a timeout of 0 may be asked for anywhere",
                )));
            }
            inner = match until {
                None => self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return None;
                    }
                    self.changed.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}

impl midentity_operation {
    /// Refuses to touch what another process made: its lock may be held for ever.
    fn state(&self) -> Result<&Arc<State>> {
        if self.process == std::process::id() {
            return Ok(&self.state);
        }
        Err(Error::closed("the operation, which was started before fork in the parent process,"))
    }

    /// The outcome, once, where `wanted` says that it is of the type that was asked for.
    fn take<T>(
        &self,
        what: &str,
        wanted: impl FnOnce(Outcome) -> std::result::Result<T, Outcome>,
    ) -> Result<Option<T>> {
        let mut inner = self.state()?.lock();
        match &inner.ended {
            None => return Ok(None),
            Some(ended) => ended.clone()?,
        }
        let Some(outcome) = inner.outcome.take() else {
            return Err(refused(
                "the operation's result was taken already".to_owned(),
                "keep what the first call gave",
            ));
        };
        wanted(outcome).map(Some).map_err(|other| {
            inner.outcome = Some(other);
            refused(format!("the operation's result is not {what}"), "use the other midentity_operation_take_ function")
        })
    }
}

/// Hands a started operation out.
///
/// # Safety
/// `operation` is NULL or may be written.
pub(crate) unsafe fn begin<F>(operation: *mut *mut midentity_operation, work: impl FnOnce(Listener) -> F) -> Result<()>
where
    F: Future<Output = Result<Outcome>> + Send + 'static,
{
    let operation = out("operation", operation)?;
    let started = start(|listener| Box::pin(work(listener)))?;
    // SAFETY: the caller's promise.
    unsafe { operation.write(started.into_raw()) };
    Ok(())
}

/// Hands out an operation that has ended already: what is known needs no task, whose two hand-overs between threads
/// would be most of its cost.
///
/// # Safety
/// `operation` is NULL or may be written.
pub(crate) unsafe fn ended(operation: *mut *mut midentity_operation, outcome: Outcome) -> Result<()> {
    let operation = out("operation", operation)?;
    let inner = Inner { ended: Some(Ok(())), outcome: Some(outcome), ..Inner::default() };
    let known = midentity_operation { state: Arc::new(State::new(inner)), process: std::process::id() };
    // SAFETY: the caller's promise.
    unsafe { operation.write(known.into_raw()) };
    Ok(())
}

/// Runs work to its end on the shared runtime while this thread waits: for callers that are on one of its threads
/// themselves, in a callback.
pub(crate) fn finish<F>(work: F) -> Result<Outcome>
where
    F: Future<Output = Result<Outcome>> + Send + 'static,
{
    let operation = start(|_| Box::pin(work))?;
    operation.state.wait(None);
    operation.take("", Ok).and_then(|outcome| outcome.ok_or_else(Error::cancelled))
}

/// Waits until the operation has ended: at most `timeout_ms` milliseconds, without limit where that is negative.
/// Returns MIDENTITY_PENDING, and no error, where it has not ended by then; else MIDENTITY_OK or the operation's own
/// status with its error. May be called any number of times, from any threads; inside the operation's own progress
/// callback, which it would wait for, only with 0: else MIDENTITY_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_operation_wait(
    operation: *const midentity_operation,
    timeout_ms: i64,
    error: *mut *mut midentity_error,
) -> midentity_status {
    let mut pending = false;
    // SAFETY: pointers are as the header says.
    let status = unsafe {
        guard(error, || {
            let state = midentity_operation::borrow(operation)?.state()?;
            match state.wait(u64::try_from(timeout_ms).ok().map(Duration::from_millis)) {
                Some(ended) => ended,
                None => {
                    pending = true;
                    Ok(())
                }
            }
        })
    };
    if pending { MIDENTITY_PENDING } else { status }
}

/// Has `callback` called once when the operation has ended, also where it has ended already. One callback for each
/// operation. NULL takes it back: when this returns, it has returned or will never be called.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_operation_on_done(
    operation: *mut midentity_operation,
    callback: midentity_done_callback,
    context: *mut c_void,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let state = midentity_operation::borrow(operation)?.state()?;
            let mut inner = state.lock();
            let Some(callback) = callback else {
                inner.done = None;
                state.wait_for_callbacks(inner);
                return Ok(());
            };
            if inner.done.is_some() || inner.told_done {
                return Err(refused("the operation has a done callback already".to_owned(), "take it back first"));
            }
            inner.done = Some((callback, Context(context), Address(operation)));
            let ended = inner.ended.is_some();
            drop(inner);
            if ended {
                let state = Arc::clone(state);
                runtime::handle()?.spawn(async move { state.tell_done() });
            }
            Ok(())
        })
    }
}

/// Has `callback` told how long-running work goes on, from now on. Another one takes its place, NULL takes it back: when
/// this returns, the one before runs no more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_operation_on_progress(
    operation: *mut midentity_operation,
    callback: midentity_progress_callback,
    context: *mut c_void,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let state = midentity_operation::borrow(operation)?.state()?;
            let mut inner = state.lock();
            inner.progress = callback.filter(|_| inner.ended.is_none()).map(|c| (c, Context(context)));
            state.wait_for_callbacks(inner);
            Ok(())
        })
    }
}

/// Cancels: the work is dropped, its connections with it, and the operation ends with MIDENTITY_CANCELLED soon after.
/// What the service has begun goes on there. Does nothing where the operation has ended. May be called from any
/// thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_operation_cancel(operation: *const midentity_operation) {
    quietly((), || {
        // SAFETY: NULL or a living operation, as the header says.
        if let Some(state) = unsafe { operation.as_ref() }.and_then(|o| o.state().ok()) {
            state.cancelled.notify_one();
        }
    });
}

/// The operation's number in this process, from 1: log records carry it. 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_operation_id(operation: *const midentity_operation) -> u64 {
    // SAFETY: NULL or a living operation, as the header says.
    unsafe { operation.as_ref() }.map_or(0, |o| o.state.id)
}

/// Takes the token that the operation gave, once. MIDENTITY_PENDING where it goes on, its own status where it failed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_operation_take_token(
    operation: *mut midentity_operation,
    token: *mut *mut midentity_token,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        take(operation, "token", token, error, "a token", |outcome| match outcome {
            Outcome::Token(token) => Ok(midentity_token::new(token)),
            other => Err(other),
        })
    }
}

/// Takes the value that the operation gave, once. MIDENTITY_PENDING where it goes on, its own status where it failed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_operation_take_value(
    operation: *mut midentity_operation,
    value: *mut *mut midentity_value,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        take(operation, "value", value, error, "a value", |outcome| match outcome {
            Outcome::Value(value) => Ok(midentity_value::new(value)),
            other => Err(other),
        })
    }
}

/// # Safety
/// The pointers are as the header says.
unsafe fn take<T: Handle>(
    operation: *mut midentity_operation,
    name: &str,
    place: *mut *mut T,
    error: *mut *mut midentity_error,
    what: &str,
    wanted: impl FnOnce(Outcome) -> std::result::Result<T, Outcome>,
) -> midentity_status {
    let mut status = MIDENTITY_OK;
    // SAFETY: the caller's promise.
    let failed = unsafe {
        guard(error, || {
            let place = out(name, place)?;
            match midentity_operation::borrow(operation)?.take(what, wanted)? {
                Some(taken) => place.write(taken.into_raw()),
                None => status = MIDENTITY_PENDING,
            }
            Ok(())
        })
    };
    if failed == MIDENTITY_OK { status } else { failed }
}

/// Frees an operation. One that goes on is cancelled, and its done callback is not called any more; a callback that
/// runs is waited for, unless this is called inside it. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_operation_free(operation: *mut midentity_operation) {
    // SAFETY: as the header says: from one of our functions, and not used any more.
    let Some(operation) = (unsafe { midentity_operation::take_back(operation) }) else { return };
    quietly((), || {
        let Ok(state) = operation.state() else {
            // The parent's: what it holds belongs to the parent's runtime.
            std::mem::forget(operation);
            return;
        };
        let mut inner = state.lock();
        inner.done = None;
        inner.progress = None;
        state.cancelled.notify_one();
        state.wait_for_callbacks(inner);
    });
}
