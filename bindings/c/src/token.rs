//! Tokens, and how to ask for them.

use std::ffi::c_char;
use std::mem::offset_of;
use std::sync::OnceLock;

use midentity_core::{AccessToken, Result, Source, TokenOptions};
use serde_json::Value;

use crate::boundary::{Handle, guard, out, quietly};
use crate::error::midentity_error;
use crate::options::{Options, check_flags, check_reserved, milliseconds};
use crate::status::{MIDENTITY_SOURCE_AUTO, MIDENTITY_SOURCE_IMDS, midentity_status};
use crate::text::{self, Text};
use crate::value::midentity_value;

/// Flag of midentity_token_options: take a new token even if one is kept.
pub const MIDENTITY_TOKEN_FORCE_REFRESH: u32 = 1;
/// Flag of midentity_token_options: say that the caller can meet claims challenges.
pub const MIDENTITY_TOKEN_ENABLE_CAE: u32 = 2;

/// How to ask for a token. Set it to zero, then struct_size to its size.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct midentity_token_options {
    /// sizeof(midentity_token_options).
    pub struct_size: usize,
    /// MIDENTITY_TOKEN_ flags, joined by |.
    pub flags: u32,
    /// Leave at zero.
    pub reserved: u32,
    /// The longest that the call may take, in milliseconds: 0 for the credential's own limit, -1 for none.
    pub timeout_ms: i64,
    /// The claims challenge that the token must meet, as the service sent it; NULL for none.
    pub claims: *const c_char,
    /// The length of claims, or MIDENTITY_NTS.
    pub claims_len: usize,
    /// The tenant that the caller expects; NULL for none.
    pub tenant_id: *const c_char,
    /// The length of tenant_id, or MIDENTITY_NTS.
    pub tenant_id_len: usize,
}

// SAFETY: integers and pointers, the size first.
unsafe impl Options for midentity_token_options {
    const NAME: &'static str = "midentity_token_options";
    const FIRST: usize = offset_of!(Self, tenant_id_len) + size_of::<usize>();
}

impl midentity_token_options {
    /// Whether any token for the scope will do, a kept one too.
    pub(crate) fn takes_any(&self) -> bool {
        self.flags == 0 && self.claims.is_null() && self.tenant_id.is_null()
    }

    /// The core's options.
    ///
    /// # Safety
    /// The texts are as the header says.
    pub(crate) unsafe fn read(&self) -> Result<TokenOptions> {
        check_flags(self.flags, MIDENTITY_TOKEN_FORCE_REFRESH | MIDENTITY_TOKEN_ENABLE_CAE)?;
        check_reserved(self.reserved)?;
        let mut options = TokenOptions::new()
            .force_refresh(self.flags & MIDENTITY_TOKEN_FORCE_REFRESH != 0)
            .enable_cae(self.flags & MIDENTITY_TOKEN_ENABLE_CAE != 0);
        if let Some(limit) = milliseconds("timeout_ms", self.timeout_ms)? {
            options = options.timeout(limit);
        }
        // SAFETY: the caller's promise.
        let (claims, tenant) = unsafe {
            (
                text::optional("claims", self.claims, self.claims_len)?,
                text::optional("tenant_id", self.tenant_id, self.tenant_id_len)?,
            )
        };
        if let Some(claims) = claims {
            options = options.claims(claims);
        }
        if let Some(tenant) = tenant {
            options = options.tenant_id(tenant);
        }
        Ok(options)
    }
}

/// An access token with what is known about it. Its memory is wiped when the last holder (you, the cache) lets go.
/// Free it with midentity_token_free.
pub struct midentity_token {
    token: AccessToken,
    token_type: OnceLock<Text>,
}

impl Handle for midentity_token {
    const NAME: &'static str = "the token";
}

impl midentity_token {
    pub(crate) fn new(token: AccessToken) -> Self {
        Self { token, token_type: OnceLock::new() }
    }
}

/// The token itself: put it into an Authorization header and nowhere else. Borrowed from `token`; `length` may be
/// NULL. NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_token_secret(token: *const midentity_token, length: *mut usize) -> *const c_char {
    // SAFETY: pointers are as the header says.
    unsafe {
        match token.as_ref() {
            Some(token) => text::lend(token.token.secret().expose_with_nul(), length),
            None => text::nothing(length),
        }
    }
}

/// When it expires, in seconds since 1970 UTC; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_token_expires_on(token: *const midentity_token) -> i64 {
    // SAFETY: NULL or a living token, as the header says.
    unsafe { token.as_ref() }.map_or(0, |t| t.token.expires_on())
}

/// When it will be taken anew, in seconds since 1970 UTC; 0 where that is not known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_token_refresh_on(token: *const midentity_token) -> i64 {
    // SAFETY: NULL or a living token, as the header says.
    unsafe { token.as_ref() }.and_then(|t| t.token.refresh_on()).unwrap_or(0)
}

/// The token's type, "Bearer". Borrowed from `token`; `length` may be NULL. NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_token_type(token: *const midentity_token, length: *mut usize) -> *const c_char {
    // SAFETY: pointers are as the header says.
    unsafe {
        let Some(token) = token.as_ref() else { return text::nothing(length) };
        let made = quietly(None, || Some(token.token_type.get_or_init(|| Text::new(token.token.token_type()))));
        match made {
            Some(text) => text.lend(length),
            None => text::nothing(length),
        }
    }
}

/// Where it came from: a MIDENTITY_SOURCE_ constant; MIDENTITY_SOURCE_AUTO where that is not known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_token_source(token: *const midentity_token) -> i32 {
    // SAFETY: NULL or a living token, as the header says.
    let source = unsafe { token.as_ref() }.and_then(|t| t.token.source());
    if source == Some(Source::Imds.name()) { MIDENTITY_SOURCE_IMDS } else { MIDENTITY_SOURCE_AUTO }
}

/// Whether the answer showed that the token is for the identity that was asked for.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_token_identity_verified(token: *const midentity_token) -> bool {
    // SAFETY: NULL or a living token, as the header says.
    unsafe { token.as_ref() }.is_some_and(|t| t.token.identity_verified())
}

/// Whether it came from the cache, without a request.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_token_from_cache(token: *const midentity_token) -> bool {
    // SAFETY: NULL or a living token, as the header says.
    unsafe { token.as_ref() }.is_some_and(|t| t.token.from_cache())
}

/// Whether a refresh was asked for and the service handed the same token back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_token_unchanged(token: *const midentity_token) -> bool {
    // SAFETY: NULL or a living token, as the header says.
    unsafe { token.as_ref() }.is_some_and(|t| t.token.unchanged())
}

/// What the token says of itself, decoded and not verified: an object such as {"aud": …, "oid": …, "tid": …}; null for
/// a token that can't be read, as some are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_token_claims(
    token: *const midentity_token,
    claims: *mut *mut midentity_value,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let (token, claims) = (midentity_token::borrow(token)?, out("claims", claims)?);
            let read = token.token.claims().and_then(|c| serde_json::from_str::<Value>(&c.to_json()).ok());
            claims.write(midentity_value::new(read.unwrap_or(Value::Null)).into_raw());
            Ok(())
        })
    }
}

/// Frees a token. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_token_free(token: *mut midentity_token) {
    // SAFETY: as the header says: from one of our functions, and not used any more.
    let token = unsafe { midentity_token::take_back(token) };
    quietly((), || drop(token));
}
