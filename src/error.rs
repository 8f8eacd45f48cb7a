//! The one error type of midentity and its stable identifiers.
//!
//! An [`Error`] says what failed ([`ErrorKind`]), which case it was ([`Error::id`], one heading each in
//! `docs/errors.md`), and what to do about it ([`Error::hint`]). It never holds a token, a key or a header value.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A `Result` whose error is midentity's [`Error`].
///
/// ```
/// fn first_scope() -> midentity::Result<midentity::Scope> {
///     midentity::Scope::parse("https://vault.azure.net/.default")
/// }
/// assert!(first_scope().is_ok());
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure an [`Error`] is. The numbers are the C ABI's and never change; new kinds are appended.
///
/// ```
/// use midentity::ErrorKind;
/// assert_eq!(ErrorKind::Throttled.number(), 8);
/// assert_eq!(ErrorKind::Throttled.name(), "Throttled");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum ErrorKind {
    /// An argument, option or environment variable can't be used.
    InvalidArgument = 1,
    /// No token source answers here; a chain of credentials goes on to its next member.
    Unavailable = 2,
    /// The service refused to give a token (400, 401 or 403), or gave one for something else than was asked.
    Authentication = 3,
    /// The identity that was named does not exist or is not assigned to this machine.
    IdentityNotFound = 4,
    /// The caller is known but has no right to do this.
    Forbidden = 5,
    /// The resource does not exist.
    NotFound = 6,
    /// The resource exists already or is in a state that does not allow this.
    Conflict = 7,
    /// The service limits the number of requests; see [`Error::retry_after`].
    Throttled = 8,
    /// The service failed (410, 5xx, or 404 from a token endpoint).
    Service = 9,
    /// The connection failed after the endpoint had answered before.
    Transport = 10,
    /// The time allowed ran out.
    Timeout = 11,
    /// The answer can't be understood.
    Protocol = 12,
    /// The caller cancelled.
    Cancelled = 13,
    /// The object was closed.
    Closed = 14,
    /// Library and caller disagree about the C interface's version.
    AbiMismatch = 15,
    /// A fault inside midentity.
    Internal = 99,
}

impl ErrorKind {
    /// Every kind, in the order of the numbers.
    ///
    /// ```
    /// assert!(midentity::ErrorKind::ALL.contains(&midentity::ErrorKind::Timeout));
    /// ```
    pub const ALL: &'static [ErrorKind] = &[
        Self::InvalidArgument,
        Self::Unavailable,
        Self::Authentication,
        Self::IdentityNotFound,
        Self::Forbidden,
        Self::NotFound,
        Self::Conflict,
        Self::Throttled,
        Self::Service,
        Self::Transport,
        Self::Timeout,
        Self::Protocol,
        Self::Cancelled,
        Self::Closed,
        Self::AbiMismatch,
        Self::Internal,
    ];

    /// The kind's number, the same in every language.
    ///
    /// ```
    /// assert_eq!(midentity::ErrorKind::Internal.number(), 99);
    /// ```
    #[must_use]
    pub const fn number(self) -> i32 {
        self as i32
    }

    /// The kind's name, the same in every language.
    ///
    /// ```
    /// assert_eq!(midentity::ErrorKind::Unavailable.name(), "Unavailable");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidArgument => "InvalidArgument",
            Self::Unavailable => "Unavailable",
            Self::Authentication => "Authentication",
            Self::IdentityNotFound => "IdentityNotFound",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "NotFound",
            Self::Conflict => "Conflict",
            Self::Throttled => "Throttled",
            Self::Service => "Service",
            Self::Transport => "Transport",
            Self::Timeout => "Timeout",
            Self::Protocol => "Protocol",
            Self::Cancelled => "Cancelled",
            Self::Closed => "Closed",
            Self::AbiMismatch => "AbiMismatch",
            Self::Internal => "Internal",
        }
    }
}

/// The stable ids of errors: each has one heading in `docs/errors.md`.
///
/// ```
/// assert_eq!(midentity::error::id::IMDS_UNREACHABLE, "imds.unreachable");
/// ```
pub mod id {
    /// A scope or resource can't be used.
    pub const ARGUMENT_SCOPE: &str = "argument.scope";
    /// An identity selector can't be used.
    pub const ARGUMENT_IDENTITY: &str = "argument.identity";
    /// An endpoint, by argument or environment variable, can't be used.
    pub const ARGUMENT_ENDPOINT: &str = "argument.endpoint";
    /// An option's value can't be used.
    pub const ARGUMENT_OPTION: &str = "argument.option";
    /// The cloud's name or origin can't be used.
    pub const ARGUMENT_CLOUD: &str = "argument.cloud";
    /// The file of trusted certificates can't be used.
    pub const ARGUMENT_CA_FILE: &str = "argument.ca_file";
    /// A resource's name breaks Azure's rule for it.
    pub const ARGUMENT_NAME: &str = "argument.name";
    /// A role's scope is no path.
    pub const ARGUMENT_SCOPE_PATH: &str = "argument.scope_path";
    /// A request's path can't be used.
    pub const ARGUMENT_PATH: &str = "argument.path";
    /// Nothing answers at the metadata address.
    pub const IMDS_UNREACHABLE: &str = "imds.unreachable";
    /// Something else than the metadata service answers (a proxy, a portal).
    pub const IMDS_INTERCEPTED: &str = "imds.intercepted";
    /// The machine has no managed identity.
    pub const IMDS_NO_IDENTITY: &str = "imds.no_identity";
    /// The identity named is not assigned to the machine.
    pub const IMDS_IDENTITY_NOT_FOUND: &str = "imds.identity_not_found";
    /// The machine has several identities and none was named.
    pub const IMDS_IDENTITY_AMBIGUOUS: &str = "imds.identity_ambiguous";
    /// The metadata service refused the request.
    pub const IMDS_REFUSED: &str = "imds.refused";
    /// The metadata service does not know the resource (audience).
    pub const IMDS_RESOURCE_UNKNOWN: &str = "imds.resource_unknown";
    /// The metadata service has nothing at the path that was asked.
    pub const IMDS_NOT_FOUND: &str = "imds.not_found";
    /// The metadata service limits requests.
    pub const IMDS_THROTTLED: &str = "imds.throttled";
    /// The metadata service failed.
    pub const IMDS_SERVICE: &str = "imds.service";
    /// The connection to the metadata service broke.
    pub const IMDS_TRANSPORT: &str = "imds.transport";
    /// The metadata service did not answer in time.
    pub const IMDS_TIMEOUT: &str = "imds.timeout";
    /// The metadata service's answer can't be understood.
    pub const IMDS_BAD_ANSWER: &str = "imds.bad_answer";
    /// The answer is larger than a token answer may be.
    pub const IMDS_BODY_TOO_LARGE: &str = "imds.body_too_large";
    /// The token is for another identity than the one asked for.
    pub const IDENTITY_MISMATCH: &str = "identity.mismatch";
    /// Nothing in the answer shows that the token is the system-assigned identity's.
    pub const IDENTITY_NOT_PROVABLE: &str = "identity.not_provable";
    /// The token is for another resource than the one asked for.
    pub const TOKEN_RESOURCE_MISMATCH: &str = "token.resource_mismatch";
    /// The credential or client was closed.
    pub const CLOSED: &str = "closed";
    /// The caller cancelled.
    pub const CANCELLED: &str = "cancelled";
    /// A blocking call was made inside an async runtime.
    pub const RUNTIME_NESTED: &str = "runtime.nested";
    /// An async call was made without an async runtime.
    pub const RUNTIME_MISSING: &str = "runtime.missing";
    /// The async runtime can't be started.
    pub const RUNTIME_START: &str = "runtime.start";
    /// A fault inside midentity.
    pub const INTERNAL: &str = "internal";
    /// The Azure CLI is not there or can't be started.
    pub const AZURE_CLI_MISSING: &str = "azure_cli.missing";
    /// Nobody has signed in with the Azure CLI.
    pub const AZURE_CLI_SIGNED_OUT: &str = "azure_cli.signed_out";
    /// The Azure CLI gave no token.
    pub const AZURE_CLI_FAILED: &str = "azure_cli.failed";
    /// The Azure CLI did not answer in time.
    pub const AZURE_CLI_TIMEOUT: &str = "azure_cli.timeout";
    /// A token provider of the program's own gave no token.
    pub const PROVIDER_FAILED: &str = "provider.failed";
    /// The library that is loaded is not the one that the program was built for.
    pub const ABI_MISMATCH: &str = "abi.mismatch";
    /// Resource Manager can't be reached.
    pub const ARM_TRANSPORT: &str = "arm.transport";
    /// Resource Manager's certificate is not trusted.
    pub const ARM_TLS: &str = "arm.tls";
    /// Resource Manager did not answer in time.
    pub const ARM_TIMEOUT: &str = "arm.timeout";
    /// Resource Manager does not accept the token.
    pub const ARM_UNAUTHORIZED: &str = "arm.unauthorized";
    /// The identity has no right to do this.
    pub const ARM_FORBIDDEN: &str = "arm.forbidden";
    /// The resource does not exist.
    pub const ARM_NOT_FOUND: &str = "arm.not_found";
    /// The resource's state does not allow this.
    pub const ARM_CONFLICT: &str = "arm.conflict";
    /// Resource Manager does not accept the request.
    pub const ARM_BAD_REQUEST: &str = "arm.bad_request";
    /// Resource Manager limits requests.
    pub const ARM_THROTTLED: &str = "arm.throttled";
    /// Resource Manager failed.
    pub const ARM_SERVICE: &str = "arm.service";
    /// Resource Manager's answer can't be understood.
    pub const ARM_BAD_ANSWER: &str = "arm.bad_answer";
    /// An answer leads to another host than Resource Manager's.
    pub const ARM_HOST_REFUSED: &str = "arm.host_refused";
    /// A long-running operation failed or was cancelled.
    pub const ARM_OPERATION_FAILED: &str = "arm.operation_failed";
    /// A long-running operation did not end in the time allowed.
    pub const ARM_OPERATION_TIMEOUT: &str = "arm.operation_timeout";
    /// There is no role of this name.
    pub const ROLE_UNKNOWN: &str = "role.unknown";
    /// The principal that a role was for is not in the directory.
    pub const ROLE_PRINCIPAL_UNKNOWN: &str = "role.principal_unknown";
    /// A role assignment can't be read yet.
    pub const ROLE_NOT_VISIBLE: &str = "role.not_visible";
    /// The caller's new right does not work yet.
    pub const ROLE_NOT_ALLOWED: &str = "role.not_allowed";
    /// An identity that is on a machine, or that a change names, does not exist.
    pub const VM_IDENTITY_DANGLING: &str = "vm_identity.dangling";
    /// A machine lost an identity that should have stayed.
    pub const VM_IDENTITY_LOST: &str = "vm_identity.lost";
    /// Resource Manager answered with a redirect, which would carry the token elsewhere.
    pub const ARM_REDIRECTED: &str = "arm.redirected";
    /// A private cloud does not say where its services are.
    pub const CLOUD_ENDPOINTS: &str = "cloud.endpoints";
    /// An audience is that of another cloud.
    pub const CLOUD_AUDIENCE_REFUSED: &str = "cloud.audience_refused";
    /// A private cloud names no such service.
    pub const CLOUD_NO_SERVICE: &str = "cloud.no_service";
}

/// What failed, why, and what to do. Cheap to clone: waiters of one request share its error.
///
/// ```
/// let error = midentity::Scope::parse("").unwrap_err();
/// assert_eq!(error.kind(), midentity::ErrorKind::InvalidArgument);
/// assert_eq!(error.id(), "argument.scope");
/// assert!(error.hint().is_some());
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    id: &'static str,
    message: String,
    hint: Option<String>,
    http_status: Option<u16>,
    service_code: Option<String>,
    request_id: Option<String>,
    correlation_id: Option<String>,
    retry_after: Option<Duration>,
    token_source: Option<&'static str>,
    attempts: u32,
    cause: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of this kind. For token providers of your own and for midentity's bindings; `id` should be
    /// dotted and stable.
    ///
    /// ```
    /// use midentity::{Error, ErrorKind};
    /// let error = Error::new(ErrorKind::Unavailable, "my_provider.off", "switched off").with_hint("switch it on");
    /// assert_eq!(error.to_string(), "my_provider.off: switched off");
    /// ```
    #[must_use]
    pub fn new(kind: ErrorKind, id: &'static str, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            id,
            message: message.into(),
            hint: None,
            http_status: None,
            service_code: None,
            request_id: None,
            correlation_id: None,
            retry_after: None,
            token_source: None,
            attempts: 0,
            cause: None,
        }))
    }

    /// The error with a hint: what the reader can do about it.
    ///
    /// ```
    /// # use midentity::{Error, ErrorKind};
    /// assert_eq!(Error::new(ErrorKind::Conflict, "x.y", "busy").with_hint("wait").hint(), Some("wait"));
    /// ```
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        self.with(|e| e.hint = Some(hint.into()))
    }

    pub(crate) fn with_status(self, status: u16) -> Self {
        self.with(|e| e.http_status = Some(status))
    }

    pub(crate) fn with_service_code(self, code: Option<String>) -> Self {
        self.with(|e| e.service_code = code)
    }

    pub(crate) fn with_request_id(self, id: Option<String>) -> Self {
        self.with(|e| e.request_id = id)
    }

    pub(crate) fn with_correlation_id(self, id: Option<String>) -> Self {
        self.with(|e| e.correlation_id = id)
    }

    pub(crate) fn with_retry_after(self, after: Option<Duration>) -> Self {
        self.with(|e| e.retry_after = after)
    }

    pub(crate) fn with_token_source(self, source: &'static str) -> Self {
        self.with(|e| e.token_source = Some(source))
    }

    pub(crate) fn with_attempts(self, attempts: u32) -> Self {
        self.with(|e| e.attempts = attempts)
    }

    /// With what caused it, which [`StdError::source`] gives.
    ///
    /// ```
    /// use std::error::Error as _;
    /// let error = midentity::Error::cancelled().with_cause(std::io::Error::other("no disk"));
    /// assert_eq!(error.source().unwrap().to_string(), "no disk");
    /// ```
    #[must_use]
    pub fn with_cause(self, cause: impl StdError + Send + Sync + 'static) -> Self {
        self.with(|e| e.cause = Some(Arc::new(cause)))
    }

    pub(crate) fn append(self, words: &str) -> Self {
        self.with(|e| e.message.push_str(words))
    }

    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    pub(crate) fn argument(id: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidArgument, id, message).with_hint(hint)
    }

    /// The error that a closed object answers with.
    ///
    /// ```
    /// assert_eq!(midentity::Error::closed("the credential").kind(), midentity::ErrorKind::Closed);
    /// ```
    #[must_use]
    pub fn closed(what: &str) -> Self {
        Self::new(ErrorKind::Closed, id::CLOSED, format!("{what} was closed")).with_hint("make a new one")
    }

    /// The error that a cancelled call answers with.
    ///
    /// ```
    /// assert_eq!(midentity::Error::cancelled().kind(), midentity::ErrorKind::Cancelled);
    /// ```
    #[must_use]
    pub fn cancelled() -> Self {
        Self::new(ErrorKind::Cancelled, id::CANCELLED, "the caller cancelled")
    }

    /// What kind of failure this is.
    ///
    /// ```
    /// # let error = midentity::Error::cancelled();
    /// assert_eq!(error.kind(), midentity::ErrorKind::Cancelled);
    /// ```
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The stable id, one heading in `docs/errors.md`.
    ///
    /// ```
    /// assert_eq!(midentity::Error::cancelled().id(), "cancelled");
    /// ```
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.0.id
    }

    /// What happened, in a sentence, without the id.
    ///
    /// ```
    /// assert_eq!(midentity::Error::cancelled().message(), "the caller cancelled");
    /// ```
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What the reader can do about it.
    ///
    /// ```
    /// assert_eq!(midentity::Error::closed("the client").hint(), Some("make a new one"));
    /// ```
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// The HTTP status that the service answered with, if it answered.
    ///
    /// ```
    /// assert_eq!(midentity::Error::cancelled().http_status(), None);
    /// ```
    #[must_use]
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// The service's own error code, such as `invalid_request` or `AuthorizationFailed`.
    ///
    /// ```
    /// assert_eq!(midentity::Error::cancelled().service_code(), None);
    /// ```
    #[must_use]
    pub fn service_code(&self) -> Option<&str> {
        self.0.service_code.as_deref()
    }

    /// The request id to give to the service's support.
    ///
    /// ```
    /// assert_eq!(midentity::Error::cancelled().request_id(), None);
    /// ```
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The correlation id that ties requests of one operation together.
    ///
    /// ```
    /// assert_eq!(midentity::Error::cancelled().correlation_id(), None);
    /// ```
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.correlation_id.as_deref()
    }

    /// How long the service asked to wait before the next try.
    ///
    /// ```
    /// assert_eq!(midentity::Error::cancelled().retry_after(), None);
    /// ```
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The name of the token source that failed, such as `Imds`. (Not the cause: see [`StdError::source`].)
    ///
    /// ```
    /// assert_eq!(midentity::Error::cancelled().token_source(), None);
    /// ```
    #[must_use]
    pub fn token_source(&self) -> Option<&'static str> {
        self.0.token_source
    }

    /// How many requests were sent before giving up; 0 where none was.
    ///
    /// ```
    /// assert_eq!(midentity::Error::cancelled().attempts(), 0);
    /// ```
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.id, self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut d = f.debug_struct("Error");
        d.field("kind", &self.0.kind).field("id", &self.0.id).field("message", &self.0.message);
        if let Some(hint) = &self.0.hint {
            d.field("hint", hint);
        }
        if let Some(status) = self.0.http_status {
            d.field("http_status", &status);
        }
        if let Some(code) = &self.0.service_code {
            d.field("service_code", code);
        }
        if let Some(after) = self.0.retry_after {
            d.field("retry_after", &after);
        }
        d.field("attempts", &self.0.attempts).finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.cause.as_deref().map(|c| c as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_distinct_numbers_and_names() {
        let mut numbers: Vec<_> = ErrorKind::ALL.iter().map(|k| k.number()).collect();
        numbers.dedup();
        assert_eq!(numbers.len(), ErrorKind::ALL.len());
        assert!(numbers.is_sorted());
    }

    #[test]
    fn clones_share_and_changes_do_not_leak_back() {
        let a = Error::new(ErrorKind::Service, "x", "m");
        let b = a.clone().with_attempts(3);
        assert_eq!((a.attempts(), b.attempts()), (0, 3));
    }
}
