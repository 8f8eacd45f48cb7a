//! Options structs: they begin with their size, zero means default, and only grow at their end.

use std::time::Duration;

use midentity_core::Result;

use crate::text::refused;

/// An options struct: plain data, of which all zeros is valid and means the defaults.
///
/// # Safety
/// `repr(C)`, begins with `struct_size: usize`, and holds nothing but integers and pointers.
pub(crate) unsafe trait Options: Copy {
    /// What messages call it.
    const NAME: &'static str;
    /// Where the struct of ABI 1.0 ends: its last field's offset and size. No program was built with a shorter one.
    const FIRST: usize;
}

/// Reads the options that C gives; NULL is the defaults. A struct of an older header is shorter; one of a newer header
/// is taken where what this library does not know is zero.
///
/// # Errors
/// InvalidArgument for a size that can't be, or for an option that this library does not know.
///
/// # Safety
/// `pointer` is NULL or points to as many readable bytes as its first field says.
pub(crate) unsafe fn read<T: Options>(pointer: *const T) -> Result<T> {
    // SAFETY: integers and pointers, for which zero is a value: the trait's promise.
    let mut options: T = unsafe { std::mem::zeroed() };
    if pointer.is_null() {
        return Ok(options);
    }
    // SAFETY: the first field is the size, and can be read.
    let given = unsafe { pointer.cast::<usize>().read_unaligned() };
    // A size that no struct has: what its last field holds would be half a field, or an address without its length.
    if given < T::FIRST || given > 64 * 1024 || given % align_of::<T>() != 0 {
        return Err(refused(
            format!("struct_size of {} is {given}", T::NAME),
            "set it to sizeof the struct, and the struct to zero before that",
        ));
    }
    let known = size_of::<T>();
    if given > known {
        // SAFETY: the caller says that `given` bytes are there.
        let tail = unsafe { std::slice::from_raw_parts(pointer.cast::<u8>().add(known), given - known) };
        if tail.iter().any(|byte| *byte != 0) {
            return Err(refused(
                format!("{} uses an option that this version of the library does not know", T::NAME),
                "load a newer library, or leave that option at zero",
            ));
        }
    }
    // SAFETY: both have at least this many bytes; the rest stays zero.
    unsafe {
        std::ptr::copy_nonoverlapping(pointer.cast::<u8>(), (&raw mut options).cast::<u8>(), given.min(known));
    }
    Ok(options)
}

/// Longer than any wait that is meant: what "no limit" becomes.
const NO_LIMIT: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// A time in milliseconds: 0 is the default (`None`), -1 no limit.
pub(crate) fn milliseconds(name: &str, value: i64) -> Result<Option<Duration>> {
    match value {
        0 => Ok(None),
        -1 => Ok(Some(NO_LIMIT)),
        _ => match u64::try_from(value) {
            Ok(value) => Ok(Some(Duration::from_millis(value).min(NO_LIMIT))),
            Err(_) => {
                Err(refused(format!("{name} is {value}"), "give milliseconds, 0 for the default, -1 for no limit"))
            }
        },
    }
}

/// A number of retries: 0 is the default (`None`), -1 none.
pub(crate) fn retries(value: i32) -> Result<Option<u32>> {
    match value {
        0 => Ok(None),
        -1 => Ok(Some(0)),
        _ => match u32::try_from(value) {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(refused(format!("retries is {value}"), "give a number, 0 for the default, -1 for none")),
        },
    }
}

/// Refuses a reserved field that is not zero: a later version may give it a meaning.
pub(crate) fn check_reserved(given: u32) -> Result<()> {
    if given == 0 {
        return Ok(());
    }
    Err(refused(format!("reserved is {given}"), "leave it at zero"))
}

/// Refuses flags that this version does not know.
pub(crate) fn check_flags(given: u32, known: u32) -> Result<()> {
    if given & !known == 0 {
        return Ok(());
    }
    Err(refused(format!("flags holds unknown bits: {:#x}", given & !known), "use the header's flags, joined by |"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(C)]
    #[derive(Clone, Copy)]
    struct Old {
        struct_size: usize,
        number: i64,
        added: i64,
    }
    // SAFETY: integers only, the size first.
    unsafe impl Options for Old {
        const NAME: &'static str = "the options";
        const FIRST: usize = 16;
    }

    #[repr(C)]
    struct Newer {
        known: Old,
        unknown: i64,
    }

    #[test]
    fn shorter_and_longer_structs_are_read() {
        let mut options = Old { struct_size: 16, number: 7, added: 9 };
        // SAFETY: the struct is longer than it says.
        let read_short = unsafe { read(&raw const options) }.unwrap();
        assert_eq!((read_short.number, read_short.added), (7, 0));
        options.struct_size = size_of::<Newer>();
        let mut newer = Newer { known: options, unknown: 0 };
        // SAFETY: the struct is as long as it says.
        assert_eq!(unsafe { read((&raw const newer).cast::<Old>()) }.unwrap().added, 9);
        newer.unknown = 1;
        // SAFETY: as before.
        assert!(unsafe { read((&raw const newer).cast::<Old>()) }.is_err());
        // SAFETY: NULL is allowed.
        assert_eq!(unsafe { read(std::ptr::null::<Old>()) }.unwrap().number, 0);
    }

    #[test]
    fn sizes_and_numbers_that_cannot_be_are_refused() {
        for size in [0, 7, 8, 15, 17, usize::MAX] {
            let options = Old { struct_size: size, number: 0, added: 0 };
            // SAFETY: the size is refused before more than the first field is read.
            assert!(unsafe { read(&raw const options) }.is_err(), "{size}");
        }
        assert!(milliseconds("timeout_ms", -2).is_err());
        assert_eq!(milliseconds("timeout_ms", 0).unwrap(), None);
        assert!(retries(-2).is_err());
        assert_eq!(retries(-1).unwrap(), Some(0));
        assert!(check_flags(4, 3).is_err());
    }
}
