//! What the emulator is trusted by: the folder that keeps it, its certificate authority and its signing key.

pub(crate) mod authority;
pub(crate) mod folder;
pub(crate) mod signing_key;
