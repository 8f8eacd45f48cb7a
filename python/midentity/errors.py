"""What midentity raises.

Every exception derives from `MidentityError`. Branch on its class, search `docs/errors.md` for its `id`, show its
message and its `hint`.

In a process that has imported azure-core, what fails for want of a token is azure-core's `ClientAuthenticationError`
too, and `CredentialUnavailableError` is azure-identity's class of that name too, so that chains of credentials go on
past a machine without an identity and stop at any other failure.
"""

from __future__ import annotations

import sys
from enum import IntEnum
from typing import Any, ClassVar


class ErrorKind(IntEnum):
    """What kind of failure an error is; the numbers are the same in every language and never change."""

    INVALID_ARGUMENT = 1
    UNAVAILABLE = 2
    AUTHENTICATION = 3
    IDENTITY_NOT_FOUND = 4
    FORBIDDEN = 5
    NOT_FOUND = 6
    CONFLICT = 7
    THROTTLED = 8
    SERVICE = 9
    TRANSPORT = 10
    TIMEOUT = 11
    PROTOCOL = 12
    CANCELLED = 13
    CLOSED = 14
    ABI_MISMATCH = 15
    INTERNAL = 99


class MidentityError(Exception):
    """The base of what midentity raises.

    `message` says what happened, `hint` what to do about it, and `str()` gives both. `response` and `status_code` are
    there for code that was written for azure-core's exceptions.

    Example:
        >>> import midentity
        >>> try:
        ...     midentity.get_token("arm", client_id="00000000-0000-0000-0000-00000000dead")
        ... except midentity.IdentityNotFoundError as error:
        ...     error.id
        'imds.identity_not_found'
    """

    kind: ClassVar[ErrorKind] = ErrorKind.INTERNAL
    """What kind of failure this is."""

    # The class without azure-core's among its bases: by it an error is pickled.
    _plain: ClassVar[type[MidentityError] | None] = None

    def __init__(
        self,
        message: str,
        *,
        id: str = "internal",  # noqa: A002  (the error's name for itself in every language)
        hint: str | None = None,
        http_status: int | None = None,
        service_code: str | None = None,
        request_id: str | None = None,
        correlation_id: str | None = None,
        retry_after: float | None = None,
        source: str | None = None,
        attempts: int = 0,
    ) -> None:
        """Make an error; `message` is one sentence."""
        # azure-core's constructors, where they are among the bases, set fields of their own first.
        super().__init__(message)
        self.message: str = message
        self.id: str = id
        """The stable id: one heading in docs/errors.md."""
        self.hint: str | None = hint
        self.http_status: int | None = http_status
        self.service_code: str | None = service_code
        self.request_id: str | None = request_id
        self.correlation_id: str | None = correlation_id
        self.retry_after: float | None = retry_after
        """Seconds that the service asked to wait before the next try."""
        self.source: str | None = source
        """The token source that failed, such as `Imds`."""
        self.attempts: int = attempts
        """How many requests were sent before giving up."""
        self.response: Any = None
        self.status_code: int | None = http_status

    def __str__(self) -> str:
        """Give the message, and the hint where there is one."""
        return f"{self.message} (hint: {self.hint})" if self.hint else self.message

    def __repr__(self) -> str:
        """Give the class, the id and the message."""
        return f"{type(self).__name__}({self.id!r}, {self.message!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the plain class: azure-core need not be where it is read back."""
        fields = {name: getattr(self, name) for name in _FIELDS}
        return _restore, (self._plain or type(self), self.message, fields)


_FIELDS = (
    "id",
    "hint",
    "http_status",
    "service_code",
    "request_id",
    "correlation_id",
    "retry_after",
    "source",
    "attempts",
)


class InvalidArgumentError(MidentityError, ValueError):
    """An argument, an option or an environment variable can't be used; nothing was sent."""

    kind = ErrorKind.INVALID_ARGUMENT


class CredentialUnavailableError(MidentityError):
    """No token source answers here; a chain of credentials goes on to its next member."""

    kind = ErrorKind.UNAVAILABLE


class AuthenticationError(MidentityError):
    """The service refused to give a token, or gave one for something else than was asked."""

    kind = ErrorKind.AUTHENTICATION


class IdentityNotFoundError(MidentityError):
    """The identity that was named does not exist or is not assigned to this machine."""

    kind = ErrorKind.IDENTITY_NOT_FOUND


class ForbiddenError(MidentityError):
    """The caller is known and has no right to do this."""

    kind = ErrorKind.FORBIDDEN


class NotFoundError(MidentityError):
    """The resource does not exist."""

    kind = ErrorKind.NOT_FOUND


class ConflictError(MidentityError):
    """The resource exists already, or is in a state that does not allow this."""

    kind = ErrorKind.CONFLICT


class ThrottledError(MidentityError):
    """The service limits the number of requests; `retry_after` says how long it asks to wait."""

    kind = ErrorKind.THROTTLED


class ServiceError(MidentityError):
    """The service failed, and went on failing through all retries."""

    kind = ErrorKind.SERVICE


class TransportError(MidentityError):
    """The connection broke after the endpoint had answered before."""

    kind = ErrorKind.TRANSPORT


class RequestTimeoutError(MidentityError, TimeoutError):
    """The time allowed ran out."""

    kind = ErrorKind.TIMEOUT


class ProtocolError(MidentityError):
    """The answer can't be understood."""

    kind = ErrorKind.PROTOCOL


class ClosedError(MidentityError):
    """The credential or client was closed."""

    kind = ErrorKind.CLOSED


class InternalError(MidentityError):
    """A fault of midentity's own. Please report it."""

    kind = ErrorKind.INTERNAL


_CLASSES: dict[int, type[MidentityError]] = {
    int(c.kind): c
    for c in (
        InvalidArgumentError,
        CredentialUnavailableError,
        AuthenticationError,
        IdentityNotFoundError,
        ForbiddenError,
        NotFoundError,
        ConflictError,
        ThrottledError,
        ServiceError,
        TransportError,
        RequestTimeoutError,
        ProtocolError,
        ClosedError,
        InternalError,
    )
}

# An argument is the caller's mistake, and a closed object too: azure-core has no class for either.
_NO_TOKEN = (
    CredentialUnavailableError,
    AuthenticationError,
    IdentityNotFoundError,
    ThrottledError,
    ServiceError,
    TransportError,
    RequestTimeoutError,
    ProtocolError,
)

_joined: dict[tuple[type, type], type[MidentityError]] = {}


def _joined_class(plain: type[MidentityError], id: str) -> type[MidentityError]:  # noqa: A002
    """The class to raise: with azure-core's among its bases where that is in the process."""
    core = sys.modules.get("azure.core.exceptions")
    if core is None or plain not in _NO_TOKEN or id.startswith("arm."):
        return plain
    # `None` where another thread is in the middle of importing it.
    theirs = getattr(core, "ClientAuthenticationError", None)
    if plain is CredentialUnavailableError:
        theirs = getattr(sys.modules.get("azure.identity"), "CredentialUnavailableError", theirs)
    if theirs is None:
        return plain
    joined = _joined.get((plain, theirs))
    if joined is None:
        fields = {"__doc__": plain.__doc__, "__module__": plain.__module__, "_plain": plain}
        joined = _joined[plain, theirs] = type(plain.__name__, (plain, theirs), fields)
    return joined


def _make(kind: int, message: str, **fields: Any) -> MidentityError:
    """Make the exception for an error of the core."""
    return _restore(_CLASSES.get(kind, InternalError), message, fields)


def _restore(plain: type[MidentityError], message: str, fields: dict[str, Any]) -> MidentityError:
    return _joined_class(plain, fields["id"])(message, **fields)
