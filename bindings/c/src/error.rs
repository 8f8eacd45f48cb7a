//! Errors: what a status alone can't say.

use std::ffi::c_char;

use midentity_core::Error;

use crate::boundary::{Handle, quietly};
use crate::status::midentity_status;
use crate::text::{self, Text};

/// Why a call failed. Every text in it is free of tokens, keys and headers. Free it with midentity_error_free.
pub struct midentity_error {
    pub(crate) error: Error,
    id: Text,
    message: Text,
    hint: Option<Text>,
    service_code: Option<Text>,
    request_id: Option<Text>,
    correlation_id: Option<Text>,
    source: Option<Text>,
}

impl Handle for midentity_error {
    const NAME: &'static str = "the error";
}

impl midentity_error {
    pub(crate) fn new(error: Error) -> Self {
        Self {
            id: Text::new(error.id()),
            message: Text::new(error.message()),
            hint: error.hint().map(Text::new),
            service_code: error.service_code().map(Text::new),
            request_id: error.request_id().map(Text::new),
            correlation_id: error.correlation_id().map(Text::new),
            source: error.token_source().map(Text::new),
            error,
        }
    }
}

/// One of an error's texts; NULL where there is no error or no such text.
///
/// # Safety
/// `error` is NULL or a living error, `length` NULL or to be written.
unsafe fn lent(
    error: *const midentity_error,
    length: *mut usize,
    pick: impl FnOnce(&midentity_error) -> Option<&Text>,
) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe {
        match error.as_ref().and_then(pick) {
            Some(text) => text.lend(length),
            None => text::nothing(length),
        }
    }
}

/// The error's kind, the status that the call returned; MIDENTITY_OK for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_error_status(error: *const midentity_error) -> midentity_status {
    // SAFETY: NULL or a living error, as the header says.
    unsafe { error.as_ref() }.map_or(0, |e| e.error.kind().number())
}

/// The error's stable id, such as "imds.unreachable": docs/errors.md has one heading for each. Borrowed from the error;
/// `length` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_error_id(error: *const midentity_error, length: *mut usize) -> *const c_char {
    // SAFETY: as the header says.
    unsafe { lent(error, length, |e| Some(&e.id)) }
}

/// What failed and why, for people. Borrowed from the error; `length` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_error_message(error: *const midentity_error, length: *mut usize) -> *const c_char {
    // SAFETY: as the header says.
    unsafe { lent(error, length, |e| Some(&e.message)) }
}

/// What to do about it; NULL where nothing is known. Borrowed from the error; `length` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_error_hint(error: *const midentity_error, length: *mut usize) -> *const c_char {
    // SAFETY: as the header says.
    unsafe { lent(error, length, |e| e.hint.as_ref()) }
}

/// The HTTP status that the service answered with; 0 where it did not answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_error_http_status(error: *const midentity_error) -> i32 {
    // SAFETY: NULL or a living error, as the header says.
    unsafe { error.as_ref() }.and_then(|e| e.error.http_status()).map_or(0, i32::from)
}

/// The service's own code, such as "AuthorizationFailed"; NULL where it gave none. Borrowed from the error; `length`
/// may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_error_service_code(
    error: *const midentity_error,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: as the header says.
    unsafe { lent(error, length, |e| e.service_code.as_ref()) }
}

/// The service's id for the request, for its support; NULL where it gave none. Borrowed from the error; `length` may
/// be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_error_request_id(
    error: *const midentity_error,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: as the header says.
    unsafe { lent(error, length, |e| e.request_id.as_ref()) }
}

/// The id that ties the service's logs of one call together; NULL where it gave none. Borrowed from the error;
/// `length` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_error_correlation_id(
    error: *const midentity_error,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: as the header says.
    unsafe { lent(error, length, |e| e.correlation_id.as_ref()) }
}

/// The source of tokens that failed, such as "Imds"; NULL where the error is not a source's. Borrowed from the error;
/// `length` may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_error_source(error: *const midentity_error, length: *mut usize) -> *const c_char {
    // SAFETY: as the header says.
    unsafe { lent(error, length, |e| e.source.as_ref()) }
}

/// How long the service wants to be left alone, in milliseconds; -1 where it does not say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_error_retry_after_ms(error: *const midentity_error) -> i64 {
    // SAFETY: NULL or a living error, as the header says.
    let wait = unsafe { error.as_ref() }.and_then(|e| e.error.retry_after());
    wait.map_or(-1, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// How many requests were sent before the call gave up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_error_attempts(error: *const midentity_error) -> u32 {
    // SAFETY: NULL or a living error, as the header says.
    unsafe { error.as_ref() }.map_or(0, |e| e.error.attempts())
}

/// Frees an error. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_error_free(error: *mut midentity_error) {
    // SAFETY: as the header says: from one of our functions, and not used any more.
    let error = unsafe { midentity_error::take_back(error) };
    quietly((), || drop(error));
}
