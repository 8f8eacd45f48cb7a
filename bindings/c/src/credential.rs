//! Credentials: tokens of one of the machine's identities.

use std::cell::RefCell;
use std::ffi::c_char;
use std::mem::offset_of;

use midentity_core::{Cloud, Credential, Identity, Result, Scope, TokenCache, TokenOptions, blocking};

use crate::boundary::{Handle, guard, out, quietly};
use crate::error::midentity_error;
use crate::operation::{self, midentity_operation};
use crate::options::{self, Options, check_flags, milliseconds};
use crate::outcome::Outcome;
use crate::status::{
    MIDENTITY_IDENTITY_CLIENT_ID, MIDENTITY_IDENTITY_DEFAULT, MIDENTITY_IDENTITY_OBJECT_ID,
    MIDENTITY_IDENTITY_RESOURCE_ID, MIDENTITY_IDENTITY_SYSTEM_ASSIGNED, MIDENTITY_SOURCE_AUTO, MIDENTITY_SOURCE_IMDS,
    midentity_status,
};
use crate::text::{self, refused};
use crate::token::{midentity_token, midentity_token_options};

/// Flag of midentity_credential_options: a short first request (1 s) finds out whether the service is there at all.
pub const MIDENTITY_CREDENTIAL_PROBE: u32 = 1;
/// Flag of midentity_credential_options: a cache of its own, instead of the process's.
pub const MIDENTITY_CREDENTIAL_PRIVATE_CACHE: u32 = 2;
/// Flag of midentity_credential_options: keep to the metadata service's published limits at another address too.
pub const MIDENTITY_CREDENTIAL_LIMIT_REQUESTS: u32 = 4;
/// Flag of midentity_credential_options: do not keep to them even at 169.254.169.254.
pub const MIDENTITY_CREDENTIAL_NO_LIMIT_REQUESTS: u32 = 8;

/// How to make a credential. Set it to zero, then struct_size to its size.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct midentity_credential_options {
    /// sizeof(midentity_credential_options).
    pub struct_size: usize,
    /// Which identity: a MIDENTITY_IDENTITY_ constant.
    pub identity_kind: i32,
    /// Where tokens come from: a MIDENTITY_SOURCE_ constant.
    pub source: i32,
    /// The client, object or resource id that identity_kind asks for; else NULL.
    pub identity: *const c_char,
    /// The length of identity, or MIDENTITY_NTS.
    pub identity_len: usize,
    /// Where the metadata service answers, such as "http://127.0.0.1:8080"; NULL for the variable
    /// AZURE_POD_IDENTITY_AUTHORITY_HOST, else 169.254.169.254.
    pub imds_endpoint: *const c_char,
    /// The length of imds_endpoint, or MIDENTITY_NTS.
    pub imds_endpoint_len: usize,
    /// AzureCloud, AzureUSGovernment, AzureChinaCloud or an https origin, where short names of scopes are looked up;
    /// NULL for the variable MIDENTITY_CLOUD, else AzureCloud.
    pub cloud: *const c_char,
    /// The length of cloud, or MIDENTITY_NTS.
    pub cloud_len: usize,
    /// Query parameters to send with every token request, as "name=value&name=value", percent-encoded; NULL for none.
    pub extra_query: *const c_char,
    /// The length of extra_query, or MIDENTITY_NTS.
    pub extra_query_len: usize,
    /// The longest that a call may take, tries and waits included, in milliseconds: 0 for 90 s, -1 for no limit.
    pub timeout_ms: i64,
    /// The longest that connecting may take, in milliseconds: 0 for 1 s, -1 for no limit.
    pub connect_timeout_ms: i64,
    /// The longest that one request may take, in milliseconds: 0 for 10 s, -1 for no limit.
    pub attempt_timeout_ms: i64,
    /// How often a request is repeated after 404, 429 and 5xx: 0 for 5 times, -1 for never.
    pub retries: i32,
    /// MIDENTITY_CREDENTIAL_ flags, joined by |.
    pub flags: u32,
    /// A PEM file of the root certificates to trust, and no others, where a private cloud has to say what a short name
    /// means; NULL for the variable MIDENTITY_CA_FILE, else the system's.
    pub ca_file: *const c_char,
    /// The length of ca_file, or MIDENTITY_NTS.
    pub ca_file_len: usize,
}

// SAFETY: integers and pointers, the size first.
unsafe impl Options for midentity_credential_options {
    const NAME: &'static str = "midentity_credential_options";
    const FIRST: usize = offset_of!(Self, ca_file_len) + size_of::<usize>();
}

/// Takes tokens for one of the machine's identities, and keeps them. Free it with midentity_credential_free.
pub struct midentity_credential(pub(crate) blocking::Credential);

impl Handle for midentity_credential {
    const NAME: &'static str = "the credential";
}

impl midentity_credential_options {
    /// # Safety
    /// The texts are as the header says.
    unsafe fn build(&self) -> Result<Credential> {
        check_flags(self.flags, 15)?;
        if ![MIDENTITY_SOURCE_AUTO, MIDENTITY_SOURCE_IMDS].contains(&self.source) {
            return Err(refused(format!("{} is no source of tokens", self.source), "use a MIDENTITY_SOURCE_ constant"));
        }
        // SAFETY: the caller's promise.
        let (identity, endpoint, cloud, extra, ca_file) = unsafe {
            (
                identity(self.identity_kind, text::optional("identity", self.identity, self.identity_len)?)?,
                text::optional("imds_endpoint", self.imds_endpoint, self.imds_endpoint_len)?,
                text::optional("cloud", self.cloud, self.cloud_len)?,
                text::optional("extra_query", self.extra_query, self.extra_query_len)?,
                text::optional("ca_file", self.ca_file, self.ca_file_len)?,
            )
        };
        let flag = |flag: u32| self.flags & flag != 0;
        let mut builder = Credential::builder().identity(identity).probe(flag(MIDENTITY_CREDENTIAL_PROBE));
        if let Some(endpoint) = endpoint {
            builder = builder.imds_endpoint(endpoint);
        }
        if let Some(cloud) = cloud {
            builder = builder.cloud(Cloud::parse(cloud)?);
        }
        if let Some(file) = ca_file {
            builder = builder.ca_file(file);
        }
        for (name, value) in url::form_urlencoded::parse(extra.unwrap_or_default().as_bytes()) {
            builder = builder.extra_query(name, value);
        }
        if let Some(limit) = milliseconds("timeout_ms", self.timeout_ms)? {
            builder = builder.timeout(limit);
        }
        if let Some(limit) = milliseconds("connect_timeout_ms", self.connect_timeout_ms)? {
            builder = builder.connect_timeout(limit);
        }
        if let Some(limit) = milliseconds("attempt_timeout_ms", self.attempt_timeout_ms)? {
            builder = builder.attempt_timeout(limit);
        }
        if let Some(count) = options::retries(self.retries)? {
            builder = builder.retries(count);
        }
        if flag(MIDENTITY_CREDENTIAL_PRIVATE_CACHE) {
            builder = builder.cache(TokenCache::new());
        }
        match (flag(MIDENTITY_CREDENTIAL_LIMIT_REQUESTS), flag(MIDENTITY_CREDENTIAL_NO_LIMIT_REQUESTS)) {
            (true, true) => {
                return Err(refused("the flags say to limit requests and not to".to_owned(), "use one of the two"));
            }
            (true, false) => builder = builder.limit_requests(true),
            (false, true) => builder = builder.limit_requests(false),
            (false, false) => {}
        }
        builder.build()
    }
}

fn identity(kind: i32, id: Option<&str>) -> Result<Identity> {
    let make: fn(String) -> Identity = match kind {
        MIDENTITY_IDENTITY_DEFAULT | MIDENTITY_IDENTITY_SYSTEM_ASSIGNED if id.is_some() => {
            return Err(refused(
                "an id is given, and identity_kind asks for none".to_owned(),
                "set identity_kind to what the id is: MIDENTITY_IDENTITY_CLIENT_ID, _OBJECT_ID or _RESOURCE_ID",
            ));
        }
        MIDENTITY_IDENTITY_DEFAULT => return Ok(Identity::Default),
        MIDENTITY_IDENTITY_SYSTEM_ASSIGNED => return Ok(Identity::SystemAssigned),
        MIDENTITY_IDENTITY_CLIENT_ID => Identity::ClientId,
        MIDENTITY_IDENTITY_OBJECT_ID => Identity::ObjectId,
        MIDENTITY_IDENTITY_RESOURCE_ID => Identity::ResourceId,
        _ => return Err(refused(format!("{kind} is no kind of identity"), "use a MIDENTITY_IDENTITY_ constant")),
    };
    match id {
        Some(id) => Ok(make(id.to_owned())),
        None => Err(refused("identity is NULL, and identity_kind asks for an id".to_owned(), "give the id")),
    }
}

/// Makes a credential; NULL options mean the defaults. Touches neither network nor files.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_credential_new(
    options: *const midentity_credential_options,
    credential: *mut *mut midentity_credential,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let credential = out("credential", credential)?;
            let made = options::read(options)?.build()?;
            credential.write(midentity_credential(made.into()).into_raw());
            Ok(())
        })
    }
}

/// Takes a token for a scope ("https://vault.azure.net/.default"), a resource as the service spells it, or a short
/// name (arm, graph, keyvault, storage, sql, azure-devops). Waits where none is kept; a kept one costs no more than a
/// look-up. NULL options mean the defaults. This call can't be cancelled: midentity_credential_get_token_start can.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_credential_get_token(
    credential: *const midentity_credential,
    scope: *const c_char,
    scope_len: usize,
    options: *const midentity_token_options,
    token: *mut *mut midentity_token,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let token = out("token", token)?;
            let credential = &midentity_credential::borrow(credential)?.0;
            let scope = scope_of(scope, scope_len)?;
            let taken = if options.is_null()
                && let Some(kept) = credential.as_async().cached_token(&scope)
            {
                kept
            } else {
                let options = options::read(options)?.read()?;
                let here = tokio::runtime::Handle::try_current();
                if here.is_ok() || here.is_err_and(|error| error.is_thread_local_destroyed()) {
                    // Inside a callback, on a thread that must not be a runtime's and wait; or at a thread's end,
                    // where no runtime can be entered any more.
                    match operation::finish(token_of(credential.as_async().clone(), scope, options))? {
                        Outcome::Token(token) => token,
                        Outcome::Value(_) => return Err(crate::boundary::panicked()),
                    }
                } else {
                    credential.get_token_interruptible(&scope, &options, || Ok(()))?
                }
            };
            token.write(midentity_token::new(taken).into_raw());
            Ok(())
        })
    }
}

/// As midentity_credential_get_token, as an operation: midentity_operation_take_token gives the token.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_credential_get_token_start(
    credential: *const midentity_credential,
    scope: *const c_char,
    scope_len: usize,
    options: *const midentity_token_options,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let credential = midentity_credential::borrow(credential)?.0.as_async().clone();
            let scope = scope_of(scope, scope_len)?;
            let given = options::read(options)?;
            let options = given.read()?;
            if given.takes_any()
                && let Some(kept) = credential.cached_token(&scope)
            {
                return operation::ended(operation, Outcome::Token(kept));
            }
            operation::begin(operation, |_| token_of(credential, scope, options))
        })
    }
}

async fn token_of(credential: Credential, scope: Scope, options: TokenOptions) -> Result<Outcome> {
    credential.get_token_with(&scope, &options).await.map(Outcome::Token)
}

/// The scope that C names. The last one of each thread is remembered: reading it anew would be a third of a cached
/// token's cost.
///
/// # Safety
/// The text is as the header says.
pub(crate) unsafe fn scope_of(scope: *const c_char, length: usize) -> Result<Scope> {
    thread_local! {
        static LAST: RefCell<Option<(Box<str>, Scope)>> = const { RefCell::new(None) };
    }
    // SAFETY: the caller's promise.
    let text = unsafe { text::required("scope", scope, length) }?;
    // At a thread's end, when what was kept for it has gone, the scope is read anew.
    let known = LAST.try_with(|last| {
        let last = last.borrow();
        last.as_ref().filter(|(known, _)| **known == *text).map(|(_, scope)| scope.clone())
    });
    if let Ok(Some(scope)) = known {
        return Ok(scope);
    }
    let scope = Scope::parse(text)?;
    let _ = LAST.try_with(|last| *last.borrow_mut() = Some((text.into(), scope.clone())));
    Ok(scope)
}

/// Closes a credential: calls after this answer MIDENTITY_CLOSED. It must still be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_credential_close(credential: *const midentity_credential) {
    // SAFETY: NULL or a living credential, as the header says.
    if let Some(credential) = unsafe { credential.as_ref() } {
        credential.0.as_async().close();
    }
}

/// Forgets the tokens that are kept for a credential's identity, for every credential of the same cache that asks the
/// same place for the same identity. Calls under way go on and their tokens are not kept. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_credential_clear_tokens(credential: *const midentity_credential) {
    quietly((), || {
        // SAFETY: NULL or a living credential, as the header says.
        if let Some(credential) = unsafe { credential.as_ref() } {
            credential.0.as_async().clear_tokens();
        }
    });
}

/// Frees a credential. Operations that it started go on. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_credential_free(credential: *mut midentity_credential) {
    // SAFETY: as the header says: from one of our functions, and not used any more.
    let credential = unsafe { midentity_credential::take_back(credential) };
    quietly((), || drop(credential));
}

/// Forgets every token in the process's cache; credentials with a cache of their own keep theirs.
#[unsafe(no_mangle)]
pub extern "C" fn midentity_token_cache_clear() {
    quietly((), || TokenCache::process().clear());
}
