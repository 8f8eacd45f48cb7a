//! Keeps the library in a process that has used it: on Windows, where a host may unload a DLL while its threads run.
//! Elsewhere the linker is told so (build.rs).

use std::ffi::c_void;
use std::sync::Once;

/// The module is never unloaded, whatever is freed.
const PIN: u32 = 1;
/// The module is told by an address in it, which also holds where the library is a part of another.
const FROM_ADDRESS: u32 = 4;

#[link(name = "kernel32")]
unsafe extern "system" {
    fn GetModuleHandleExW(flags: u32, address: *const c_void, module: *mut *mut c_void) -> i32;
}

/// Before anything that starts a thread; what follows the first time costs nothing.
pub(crate) fn stay() {
    static STAYS: Once = Once::new();
    STAYS.call_once(|| {
        let mut module = std::ptr::null_mut();
        // SAFETY: the address is a function's of this module, which is loaded, and `module` is a local variable.
        unsafe { GetModuleHandleExW(PIN | FROM_ADDRESS, stay as *const c_void, &raw mut module) };
    });
}
