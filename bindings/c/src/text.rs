//! Texts in both directions: UTF-8 with a length coming in, UTF-8 with a NUL behind it going out.

use std::ffi::{CStr, c_char};
use std::slice;

use midentity_core::error::id;
use midentity_core::{Error, ErrorKind, Result};

/// As the length of a text: it ends at its first NUL. The header has it from cbindgen.toml, as C's `SIZE_MAX`.
pub const MIDENTITY_NTS: usize = usize::MAX;

/// A text of our own with a NUL behind it, which C reads as long as its owner lives.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text(Box<str>);

impl Text {
    pub(crate) fn new(text: &str) -> Self {
        let mut owned = String::with_capacity(text.len() + 1);
        owned.push_str(text);
        owned.push('\0');
        Self(owned.into_boxed_str())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0[..self.0.len().saturating_sub(1)]
    }

    /// The text for C, and its length where C wants it.
    ///
    /// # Safety
    /// `length` is NULL or may be written.
    pub(crate) unsafe fn lend(&self, length: *mut usize) -> *const c_char {
        // SAFETY: the caller's promise.
        unsafe { lend(&self.0, length) }
    }
}

/// Lends a text that has a NUL behind it.
///
/// # Safety
/// `length` is NULL or may be written.
pub(crate) unsafe fn lend(with_nul: &str, length: *mut usize) -> *const c_char {
    if !length.is_null() {
        // SAFETY: not NULL, and the caller says that it may be written.
        unsafe { *length = with_nul.len().saturating_sub(1) };
    }
    with_nul.as_ptr().cast()
}

/// What an accessor gives where there is nothing: NULL, of length 0.
///
/// # Safety
/// `length` is NULL or may be written.
pub(crate) unsafe fn nothing(length: *mut usize) -> *const c_char {
    if !length.is_null() {
        // SAFETY: not NULL, and the caller says that it may be written.
        unsafe { *length = 0 };
    }
    std::ptr::null()
}

/// A text that lives as long as the process; its last character is a NUL.
pub(crate) const fn constant(with_nul: &'static str) -> *const c_char {
    with_nul.as_ptr().cast()
}

/// A text that must be given.
///
/// # Safety
/// `data` is NULL, or points to `length` bytes that stay as they are while `'a` lasts, or to a NUL-terminated text
/// where `length` is [`MIDENTITY_NTS`].
pub(crate) unsafe fn required<'a>(name: &str, data: *const c_char, length: usize) -> Result<&'a str> {
    // SAFETY: the caller's promise.
    match unsafe { optional(name, data, length) }? {
        Some(text) => Ok(text),
        None => Err(refused(format!("{name} is NULL"), "give a text, or its address with its length")),
    }
}

/// A text that may be absent: NULL. An empty text is not absent.
///
/// # Safety
/// As [`required`].
pub(crate) unsafe fn optional<'a>(name: &str, data: *const c_char, length: usize) -> Result<Option<&'a str>> {
    if data.is_null() {
        return Ok(None);
    }
    let bytes = if length == MIDENTITY_NTS {
        // SAFETY: the caller says that it ends with a NUL.
        unsafe { CStr::from_ptr(data) }.to_bytes()
    } else if isize::try_from(length).is_err() {
        return Err(refused(format!("the length of {name} is no length"), "give bytes, or MIDENTITY_NTS"));
    } else {
        // SAFETY: the caller says that this many bytes are there.
        unsafe { slice::from_raw_parts(data.cast::<u8>(), length) }
    };
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(refused(format!("{name} is not UTF-8"), "convert it to UTF-8 first")),
    }
}

/// A list of NUL-terminated texts; NULL is an empty list where `count` is 0.
///
/// # Safety
/// `items` is NULL or points to `count` texts as [`required`] has them.
pub(crate) unsafe fn list(name: &str, items: *const *const c_char, count: usize) -> Result<Vec<String>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    if items.is_null() {
        return Err(refused(format!("{name} is NULL and is said to have {count} items"), "give the list, or 0"));
    }
    if count > isize::MAX as usize / size_of::<*const c_char>() {
        return Err(refused(format!("the count of {name} is no count"), "give the number of items"));
    }
    // SAFETY: the caller says that this many are there.
    let items = unsafe { slice::from_raw_parts(items, count) };
    let one = |item: &*const c_char| {
        // SAFETY: the caller says that each is NULL or NUL-terminated.
        unsafe { required(&format!("an item of {name}"), *item, MIDENTITY_NTS) }.map(str::to_owned)
    };
    items.iter().map(one).collect()
}

/// An argument that can't be used.
pub(crate) fn refused(message: String, hint: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, id::ARGUMENT_OPTION, message).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_by_length_and_to_the_nul() {
        let bytes = b"abc\0def\0";
        // SAFETY: both live in the program.
        unsafe {
            assert_eq!(required("x", bytes.as_ptr().cast(), MIDENTITY_NTS).unwrap(), "abc");
            assert_eq!(required("x", bytes.as_ptr().cast(), 7).unwrap(), "abc\0def");
            assert_eq!(optional("x", std::ptr::null(), 5).unwrap(), None);
            assert_eq!(optional("x", bytes.as_ptr().cast(), 0).unwrap(), Some(""));
        }
    }

    #[test]
    fn what_is_no_text_is_refused_by_name() {
        // SAFETY: the bytes live in the program, and the absurd length is refused before anything is read.
        unsafe {
            let null = required("the scope", std::ptr::null(), 3).unwrap_err();
            assert!(null.message().contains("the scope is NULL"));
            assert!(required("x", b"\xff\xfe".as_ptr().cast(), 2).unwrap_err().message().contains("UTF-8"));
            assert!(required("x", b"a".as_ptr().cast(), usize::MAX - 1).is_err());
            assert!(list("ids", std::ptr::null(), 2).is_err());
            assert!(list("ids", std::ptr::null(), 0).unwrap().is_empty());
        }
    }

    #[test]
    fn what_goes_out_ends_with_a_nul() {
        let text = Text::new("größe");
        let mut length = 0;
        // SAFETY: `length` is a local variable, and the text outlives the reading.
        let read = unsafe { CStr::from_ptr(text.lend(&raw mut length)) };
        assert_eq!(read.to_str().unwrap(), "größe");
        assert_eq!(length, 7);
    }
}
