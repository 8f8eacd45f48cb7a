//! The boundary between C and Rust: handles, out-parameters, errors, and the place where panics end.

use std::panic::{AssertUnwindSafe, catch_unwind};

use midentity_core::{Error, ErrorKind, Result, error::id};

use crate::error::midentity_error;
use crate::status::{MIDENTITY_OK, midentity_status};
use crate::text::refused;

/// What C holds by a pointer and frees: a box. The trait is the one place that says so; a type without it can't be
/// given to C, nor taken back.
pub trait Handle: Sized {
    /// What messages call it.
    const NAME: &'static str;

    /// Hands the object to C, which owns it from now on.
    fn into_raw(self) -> *mut Self {
        Box::into_raw(Box::new(self))
    }

    /// The object that C lends for this call.
    ///
    /// # Errors
    /// InvalidArgument for NULL.
    ///
    /// # Safety
    /// The pointer is NULL or from [`Handle::into_raw`] and not freed while `'a` lasts.
    unsafe fn borrow<'a>(pointer: *const Self) -> Result<&'a Self> {
        // SAFETY: the caller's promise.
        unsafe { pointer.as_ref() }
            .ok_or_else(|| refused(format!("{} is NULL", Self::NAME), "give what the function that makes it wrote"))
    }

    /// Takes the object back from C; `None` for NULL.
    ///
    /// # Safety
    /// The pointer is NULL or from [`Handle::into_raw`], and nobody uses it after this.
    unsafe fn take_back(pointer: *mut Self) -> Option<Box<Self>> {
        if pointer.is_null() {
            return None;
        }
        // SAFETY: not NULL, and the caller's promise.
        Some(unsafe { Box::from_raw(pointer) })
    }
}

/// Runs a function's body, turns its error and its panic into a status, and hands the error out where C wants it.
///
/// # Safety
/// `error` is NULL or may be written.
pub(crate) unsafe fn guard(error: *mut *mut midentity_error, body: impl FnOnce() -> Result<()>) -> midentity_status {
    let result = catch_unwind(AssertUnwindSafe(|| {
        #[cfg(windows)]
        crate::pinned::stay();
        panic_for_tests("call");
        body()
    }));
    match result.unwrap_or_else(|_| Err(panicked())) {
        Ok(()) => MIDENTITY_OK,
        Err(failure) => {
            let status = failure.kind().number();
            if !error.is_null() {
                let handle = midentity_error::new(failure).into_raw();
                // SAFETY: not NULL, and the caller says that it may be written.
                unsafe { *error = handle };
            }
            status
        }
    }
}

/// Runs what can't fail, such as freeing: a panic ends here and gives `otherwise`.
pub(crate) fn quietly<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(otherwise)
}

/// The error that a caught panic becomes. The panic's own text may hold anything and is not handed on.
pub(crate) fn panicked() -> Error {
    Error::new(ErrorKind::Internal, id::INTERNAL, "midentity came upon a fault of its own")
        .with_hint("the process can go on; please report what led to it")
}

/// Where results go.
///
/// # Errors
/// InvalidArgument for NULL.
pub(crate) fn out<T>(name: &str, pointer: *mut T) -> Result<Out<T>> {
    if pointer.is_null() {
        return Err(refused(format!("{name} is NULL: there is no place for the result"), "give an address"));
    }
    Ok(Out(pointer))
}

/// A place for a result that is not NULL. It is written only when the call succeeds.
pub(crate) struct Out<T>(*mut T);

impl<T> Out<T> {
    /// # Safety
    /// The caller of the C function says that the place may be written.
    pub(crate) unsafe fn write(self, value: T) {
        // SAFETY: not NULL, and the caller's promise.
        unsafe { self.0.write(value) };
    }
}

/// In a debug build, panics where `MIDENTITY_TEST_PANIC` names this place (`call`, `operation` or `callback`): the
/// tests see that a panic becomes INTERNAL everywhere. A release build holds none of this.
#[cfg(debug_assertions)]
pub(crate) fn panic_for_tests(place: &str) {
    if std::env::var_os("MIDENTITY_TEST_PANIC").is_some_and(|wanted| wanted == place) {
        std::panic::resume_unwind(Box::new("a test asked for this"));
    }
}

#[cfg(not(debug_assertions))]
pub(crate) fn panic_for_tests(_: &str) {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::{MIDENTITY_INTERNAL, MIDENTITY_INVALID_ARGUMENT};

    #[test]
    fn a_panic_becomes_a_status_and_an_error() {
        let mut error = std::ptr::null_mut();
        // SAFETY: `error` is a local variable.
        let status = unsafe { guard(&raw mut error, || std::panic::resume_unwind(Box::new("secret"))) };
        assert_eq!(status, MIDENTITY_INTERNAL);
        // SAFETY: written by guard, freed once.
        let error = unsafe { midentity_error::take_back(error) }.unwrap();
        assert!(!format!("{:?}", error.error).contains("secret"));
    }

    #[test]
    fn errors_go_out_only_where_they_are_wanted() {
        // SAFETY: NULL is allowed.
        let status = unsafe { guard(std::ptr::null_mut(), || Err(refused("x".into(), "y"))) };
        assert_eq!(status, MIDENTITY_INVALID_ARGUMENT);
    }
}
