//! Who signs in to Resource Manager: a credential, a token from elsewhere, the Azure CLI's login, or the program itself.

use std::ffi::{c_char, c_void};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use midentity_core::error::id;
use midentity_core::{
    AccessToken, AzureCli, Cloud, Error, ErrorKind, Result, Scope, StaticToken, TokenFuture, TokenOptions,
    TokenProvider,
};

use crate::boundary::{Handle, guard, out, quietly};
use crate::callback::Context;
use crate::credential::{midentity_credential, scope_of};
use crate::error::midentity_error;
use crate::operation::{self, midentity_operation};
use crate::options;
use crate::outcome::Outcome;
use crate::status::midentity_status;
use crate::text::{self, Text, refused};
use crate::token::midentity_token_options;

/// Who signs in. Free it with midentity_token_provider_free; clients that were made with it keep it alive.
pub struct midentity_token_provider(pub(crate) Shared);

impl Handle for midentity_token_provider {
    const NAME: &'static str = "the token provider";
}

/// A provider that several clients share.
#[derive(Clone, Debug)]
pub(crate) struct Shared(Arc<dyn TokenProvider>);

impl TokenProvider for Shared {
    fn token<'a>(&'a self, scope: &'a Scope, options: &'a TokenOptions) -> TokenFuture<'a> {
        self.0.token(scope, options)
    }
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX))
}

/// A token's own word on when it expires, else an hour from now: it is used as long as it is taken.
fn expiry(token: &str, given: i64) -> Result<i64> {
    if given > 0 {
        return Ok(given);
    }
    if given < 0 {
        return Err(refused(format!("expires_on is {given}"), "give seconds since 1970 UTC, or 0"));
    }
    let claims = AccessToken::new(token.to_owned(), 0).claims();
    let claims = claims.and_then(|c| serde_json::from_str::<serde_json::Value>(&c.to_json()).ok());
    Ok(claims.and_then(|c| c.get("exp")?.as_i64()).unwrap_or_else(|| now() + 3600))
}

/// # Safety
/// `provider` may be written: it is not NULL, as [`out`] has seen.
unsafe fn give(
    provider: *mut *mut midentity_token_provider,
    error: *mut *mut midentity_error,
    make: impl FnOnce() -> Result<Arc<dyn TokenProvider>>,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let provider = out("provider", provider)?;
            provider.write(midentity_token_provider(Shared(make()?)).into_raw());
            Ok(())
        })
    }
}

/// The machine's identity signs in. The credential may be freed afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_token_provider_from_credential(
    credential: *const midentity_credential,
    provider: *mut *mut midentity_token_provider,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe { give(provider, error, || Ok(Arc::new(midentity_credential::borrow(credential)?.0.as_async().clone()))) }
}

/// A token that the program has from elsewhere; it must be for Resource Manager. `expires_on` is in seconds since 1970
/// UTC; 0 where the token is to say it itself. Yours to wipe afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_token_provider_new_static(
    token: *const c_char,
    token_len: usize,
    expires_on: i64,
    provider: *mut *mut midentity_token_provider,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        give(provider, error, || {
            let token = text::required("token", token, token_len)?;
            if token.is_empty() {
                return Err(refused("the token is empty".to_owned(), "give the access token itself"));
            }
            let token = AccessToken::new(token.to_owned(), expiry(token, expires_on)?);
            Ok(Arc::new(StaticToken::new(token)))
        })
    }
}

/// Whoever has signed in with the Azure CLI (az login). `tenant` and `program` (where az is) may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_token_provider_new_azure_cli(
    tenant: *const c_char,
    tenant_len: usize,
    program: *const c_char,
    program_len: usize,
    provider: *mut *mut midentity_token_provider,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        give(provider, error, || {
            let mut az = AzureCli::new();
            if let Some(program) = text::optional("program", program, program_len)? {
                az = az.program(program);
            }
            if let Some(tenant) = text::optional("tenant", tenant, tenant_len)? {
                az = az.for_tenant(tenant)?;
            }
            Ok(Arc::new(az))
        })
    }
}

/// What a token callback is asked for. It lives until the callback returns.
#[repr(C)]
pub struct midentity_token_request {
    /// The size of this struct in the library's version: fields are only appended.
    pub struct_size: usize,
    /// The resource (audience), such as "https://management.azure.com/".
    pub resource: *const c_char,
    /// The claims challenge that the token must meet; NULL for none.
    pub claims: *const c_char,
    /// Whether a token that is kept is not wanted, because the service refused it.
    pub fresh: bool,
}

/// Where a token callback puts its answer. It lives until the callback returns.
pub struct midentity_token_answer {
    given: Option<AccessToken>,
    failed: Option<Error>,
}

/// Gives a token: calls midentity_token_answer_give or midentity_token_answer_fail before it returns. Called on a
/// thread of midentity's, and may block. Tokens are kept until five minutes before they expire.
pub type midentity_token_callback = Option<
    unsafe extern "C" fn(
        context: *mut c_void,
        request: *const midentity_token_request,
        answer: *mut midentity_token_answer,
    ),
>;

/// Called once when nobody needs a context any more.
pub type midentity_release_callback = Option<unsafe extern "C" fn(context: *mut c_void)>;

/// Answers a token callback; of several tokens the last one counts. `expires_on` is in seconds since 1970 UTC; 0 where
/// the token is to say it itself. Yours to wipe afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_token_answer_give(
    answer: *mut midentity_token_answer,
    token: *const c_char,
    token_len: usize,
    expires_on: i64,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(std::ptr::null_mut(), || {
            let answer = answer.as_mut().ok_or_else(|| refused("the answer is NULL".to_owned(), "hand it on"))?;
            let token = text::required("token", token, token_len)?;
            if token.is_empty() {
                return Err(refused("the token is empty".to_owned(), "give the access token itself"));
            }
            answer.given = Some(AccessToken::new(token.to_owned(), expiry(token, expires_on)?));
            Ok(())
        })
    }
}

/// Answers a token callback with a failure: `status` is its kind (MIDENTITY_AUTHENTICATION, _TRANSPORT, …), `message`
/// says why, for people and without secrets. A failure counts more than a token that was given before or after it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_token_answer_fail(
    answer: *mut midentity_token_answer,
    status: midentity_status,
    message: *const c_char,
    message_len: usize,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(std::ptr::null_mut(), || {
            let answer = answer.as_mut().ok_or_else(|| refused("the answer is NULL".to_owned(), "hand it on"))?;
            let message = text::required("message", message, message_len)?;
            let Some(kind) = ErrorKind::ALL.iter().copied().find(|kind| kind.number() == status) else {
                return Err(refused(
                    format!("{status} is no kind of failure"),
                    "use a status such as MIDENTITY_TRANSPORT",
                ));
            };
            answer.failed =
                Some(Error::new(kind, id::PROVIDER_FAILED, format!("the token callback failed: {message}")));
            Ok(())
        })
    }
}

/// The program signs in itself: `callback` is asked for tokens. `release` may be NULL; it is called once with the
/// context when the last client that uses the provider has gone, also where this call fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_token_provider_new_callback(
    callback: midentity_token_callback,
    context: *mut c_void,
    release: midentity_release_callback,
    provider: *mut *mut midentity_token_provider,
    error: *mut *mut midentity_error,
) -> midentity_status {
    let asked = Asked { callback, context: Context(context), release };
    // SAFETY: pointers are as the header says.
    unsafe {
        give(provider, error, || {
            if asked.callback.is_none() {
                return Err(refused("the callback is NULL".to_owned(), "give a function"));
            }
            Ok(Arc::new(Foreign { asked: Arc::new(asked), kept: Mutex::default() }))
        })
    }
}

/// Takes a token from whoever signs in, as an operation: midentity_operation_take_token gives it. NULL options mean
/// the defaults.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_token_provider_get_token(
    provider: *const midentity_token_provider,
    scope: *const c_char,
    scope_len: usize,
    options: *const midentity_token_options,
    operation: *mut *mut midentity_operation,
    error: *mut *mut midentity_error,
) -> midentity_status {
    // SAFETY: pointers are as the header says.
    unsafe {
        guard(error, || {
            let provider = midentity_token_provider::borrow(provider)?.0.clone();
            let (scope, options) = (scope_of(scope, scope_len)?, options::read(options)?.read()?);
            operation::begin(operation, |_| async move { provider.token(&scope, &options).await.map(Outcome::Token) })
        })
    }
}

/// Frees a provider. NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn midentity_token_provider_free(provider: *mut midentity_token_provider) {
    // SAFETY: as the header says: from one of our functions, and not used any more.
    let provider = unsafe { midentity_token_provider::take_back(provider) };
    quietly((), || drop(provider));
}

/// A callback of C's and what belongs to it.
struct Asked {
    callback: midentity_token_callback,
    context: Context,
    release: midentity_release_callback,
}

impl Drop for Asked {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: C gave the function for this one call, and its context.
            unsafe { release(self.context.0) };
        }
    }
}

impl Asked {
    fn ask(&self, resource: &str, claims: Option<&str>, fresh: bool) -> Result<AccessToken> {
        let (resource, claims) = (Text::new(resource), claims.map(Text::new));
        let mut answer = midentity_token_answer { given: None, failed: None };
        // SAFETY: no lengths are asked for; request and answer live until the callback returns.
        unsafe {
            let request = midentity_token_request {
                struct_size: size_of::<midentity_token_request>(),
                resource: resource.lend(std::ptr::null_mut()),
                claims: claims.as_ref().map_or(std::ptr::null(), |c| c.lend(std::ptr::null_mut())),
                fresh,
            };
            if let Some(callback) = self.callback {
                callback(self.context.0, &raw const request, &raw mut answer);
            }
        }
        match (answer.failed, answer.given) {
            (Some(failed), _) => Err(failed),
            (None, Some(token)) => Ok(token),
            (None, None) => Err(Error::new(
                ErrorKind::Authentication,
                id::PROVIDER_FAILED,
                "the token callback returned without an answer",
            )
            .with_hint("call midentity_token_answer_give or midentity_token_answer_fail in it")),
        }
    }
}

/// Tokens are asked for anew this long before they expire, as azure-core does it.
const MARGIN: i64 = 300;

/// A provider that is written in C.
struct Foreign {
    asked: Arc<Asked>,
    kept: Mutex<Option<(Scope, AccessToken)>>,
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Foreign")
    }
}

impl Foreign {
    async fn token(&self, scope: &Scope, options: &TokenOptions) -> Result<AccessToken> {
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = options.wants_fresh();
        if !fresh
            && let Some((_, token)) = kept().as_ref().filter(|(s, t)| s == scope && t.expires_on() - MARGIN > now())
        {
            return Ok(token.clone());
        }
        let (asked, claims) = (Arc::clone(&self.asked), options.claims_challenge().map(str::to_owned));
        // A client's scope is its cloud's audience, spelled out; a short name means the public cloud's.
        let resource = scope.resource(&Cloud::public()).unwrap_or_default().to_owned();
        let asking = tokio::task::spawn_blocking(move || asked.ask(&resource, claims.as_deref(), fresh));
        let token = asking.await.map_err(|_| crate::boundary::panicked())??;
        *kept() = Some((scope.clone(), token.clone()));
        Ok(token)
    }
}

impl TokenProvider for Foreign {
    fn token<'a>(&'a self, scope: &'a Scope, options: &'a TokenOptions) -> TokenFuture<'a> {
        Box::pin(self.token(scope, options))
    }
}
