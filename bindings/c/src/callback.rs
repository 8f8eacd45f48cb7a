//! What C wants to be called with: a function and its context.

use std::ffi::c_void;

/// The context that C gives for its callback. It crosses threads as C says that it may.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context(pub(crate) *mut c_void);

// SAFETY: only handed back to C, whose callbacks the header says may come on another thread.
unsafe impl Send for Context {}
// SAFETY: as above; the pointer is never followed here.
unsafe impl Sync for Context {}
