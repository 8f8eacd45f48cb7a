//! Versions: of the package, and of the ABI.

use std::ffi::c_char;

use crate::text;

/// The ABI's major version: it changes when something is taken away or means something else. Part of the library's
/// name for the loader (`libmidentity.so.1`).
pub const MIDENTITY_ABI_VERSION_MAJOR: u32 = 1;

/// The ABI's minor version: it grows when functions, options or constants are added.
pub const MIDENTITY_ABI_VERSION_MINOR: u32 = 0;

/// The version of the ABI that the loaded library has: major << 16 | minor. Compare it with
/// MIDENTITY_ABI_VERSION_MAJOR and MIDENTITY_ABI_VERSION_MINOR, which are the header's: the majors must be the same,
/// the library's minor at least the header's.
#[unsafe(no_mangle)]
pub extern "C" fn midentity_abi_version() -> u32 {
    (MIDENTITY_ABI_VERSION_MAJOR << 16) | MIDENTITY_ABI_VERSION_MINOR
}

/// The package's version, such as "0.1.0". Lives as long as the process.
#[unsafe(no_mangle)]
pub extern "C" fn midentity_version() -> *const c_char {
    text::constant(concat!(env!("CARGO_PKG_VERSION"), "\0"))
}
