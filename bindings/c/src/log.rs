//! The core's events, handed to a callback of the program's.

use std::cell::Cell;
use std::ffi::{c_char, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};

use arc_swap::ArcSwapOption;
use midentity_core::{Error, ErrorKind, error::id, log_line};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::boundary::{guard, quietly};
use crate::callback::Context;
use crate::error::midentity_error;
use crate::operation;
use crate::status::{
    MIDENTITY_LOG_DEBUG, MIDENTITY_LOG_ERROR, MIDENTITY_LOG_INFO, MIDENTITY_LOG_WARNING, midentity_status,
};
use crate::text::{Text, refused};

/// One line of the log. It never holds a token, key or header.
#[repr(C)]
pub struct midentity_log_record {
    /// The size of this struct in the library's version: fields are only appended.
    pub struct_size: usize,
    /// MIDENTITY_LOG_ERROR, _WARNING, _INFO or _DEBUG.
    pub level: i32,
    /// Leave alone.
    pub reserved: i32,
    /// The operation that it belongs to, as midentity_operation_id gives it; 0 for none.
    pub operation: u64,
    /// The line, without an end of line.
    pub message: *const c_char,
    /// Its length.
    pub message_len: usize,
}

/// Called for every line of the log, on the thread where the thing happens: one of midentity's or one that calls it;
/// several at once. What it is given lives until it returns. It should be quick, and may call any function but those
/// that wait.
pub type midentity_log_callback =
    Option<unsafe extern "C" fn(context: *mut c_void, record: *const midentity_log_record)>;

type Callback = unsafe extern "C" fn(*mut c_void, *const midentity_log_record);

struct Logger {
    level: i32,
    callback: Callback,
    context: Context,
    process: u32,
    running: AtomicUsize,
    idle: (Mutex<()>, Condvar),
}

static LOGGER: ArcSwapOption<Logger> = ArcSwapOption::const_empty();

thread_local! {
    /// Whether this thread is inside a log callback.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Has `callback` told what midentity does: lines up to `level` (a MIDENTITY_LOG_ constant). One callback for the
/// process; another takes its place, NULL takes it back. When this returns, the one before runs no more. A Conflict
/// where the program is written in Rust and has taken the one place for log subscribers itself.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_log_set_callback(
    level: i32,
    callback: midentity_log_callback,
    context: *mut c_void,
    error: *mut *mut midentity_error,
) -> midentity_status {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            if INSIDE.get() {
                return Err(refused(
                    "the log callback was changed inside a log callback, which it would wait for".to_owned(),
                    "change it elsewhere",
                ));
            }
            let logger = match callback {
                None => None,
                Some(_) if !(MIDENTITY_LOG_ERROR..=MIDENTITY_LOG_DEBUG).contains(&level) => {
                    return Err(refused(format!("{level} is no log level"), "use a MIDENTITY_LOG_ constant"));
                }
                Some(callback) => Some(Arc::new(Logger {
                    level,
                    callback,
                    context: Context(context),
                    process: std::process::id(),
                    running: AtomicUsize::new(0),
                    idle: (Mutex::default(), Condvar::new()),
                })),
            };
            if logger.is_some() && !*INSTALLED.get_or_init(|| tracing::subscriber::set_global_default(Bridge).is_ok()) {
                return Err(Error::new(
                    ErrorKind::Conflict,
                    id::ARGUMENT_OPTION,
                    "another library of this process has taken the place for log subscribers",
                )
                .with_hint("take midentity's events from there: their targets begin with midentity"));
            }
            if let Some(before) = LOGGER.swap(logger) {
                before.wait();
            }
            Ok(())
        })
    }
}

impl Logger {
    /// Waits until no thread runs the callback.
    fn wait(&self) {
        if self.process != std::process::id() {
            // The parent's threads, which do not exist here.
            return;
        }
        let mut lock = self.idle.0.lock().unwrap_or_else(PoisonError::into_inner);
        while self.running.load(Ordering::SeqCst) > 0 {
            lock = self.idle.1.wait(lock).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn leave(&self) {
        if self.running.fetch_sub(1, Ordering::SeqCst) == 1 && self.process == std::process::id() {
            let _lock = self.idle.0.lock().unwrap_or_else(PoisonError::into_inner);
            self.idle.1.notify_all();
        }
    }
}

/// The logger, entered: whoever takes it back waits from here on.
fn enter() -> Option<Arc<Logger>> {
    loop {
        let logger = LOGGER.load_full()?;
        logger.running.fetch_add(1, Ordering::SeqCst);
        // It may have been taken back between the two lines, by somebody who saw nobody running.
        if LOGGER.load().as_ref().is_some_and(|now| Arc::ptr_eq(now, &logger)) {
            return Some(logger);
        }
        logger.leave();
    }
}

struct Bridge;

fn number(level: &Level) -> i32 {
    match *level {
        Level::ERROR => MIDENTITY_LOG_ERROR,
        Level::WARN => MIDENTITY_LOG_WARNING,
        Level::INFO => MIDENTITY_LOG_INFO,
        _ => MIDENTITY_LOG_DEBUG,
    }
}

impl Subscriber for Bridge {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= Level::DEBUG && metadata.target().starts_with("midentity")
    }

    fn event(&self, event: &Event<'_>) {
        if INSIDE.get() {
            return;
        }
        let level = number(event.metadata().level());
        let Some(logger) = enter() else { return };
        quietly((), || {
            if level <= logger.level {
                let line = Text::new(&log_line::of(event));
                let record = midentity_log_record {
                    struct_size: size_of::<midentity_log_record>(),
                    level,
                    reserved: 0,
                    operation: operation::current(),
                    // SAFETY: no length is asked for.
                    message: unsafe { line.lend(std::ptr::null_mut()) },
                    message_len: line.as_str().len(),
                };
                INSIDE.set(true);
                // SAFETY: C gave the function for this call, and its context; the record lives until it returns.
                unsafe { (logger.callback)(logger.context.0, &raw const record) };
                INSIDE.set(false);
            }
        });
        logger.leave();
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
