"""Tokens from an Azure machine's managed identity.

    >>> import midentity
    >>> midentity.get_token("arm")
    AccessToken(token='(redacted)', expires_on=...)

`ManagedIdentityCredential` is a credential for every Azure SDK client; `midentity.aio` has the same for asyncio,
`midentity.arm` reads from Resource Manager, `midentity.testing` starts the emulator. `python -m midentity` is all of
it in a shell.

Importing this package costs next to nothing: what it names is loaded when it is first used.
"""

from __future__ import annotations

# Not from `typing`, whose import takes longer than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from . import aio as aio
    from . import arm as arm
    from . import errors as errors
    from . import testing as testing
    from ._arm_types import AzureCli, StaticToken
    from ._calls import get_token, instance_metadata
    from ._native import AccessTokenInfo, TokenCache, __version__
    from ._source import Source
    from ._token import AccessToken
    from .credential import ManagedIdentityCredential
    from .errors import (
        AuthenticationError,
        ClosedError,
        ConflictError,
        CredentialUnavailableError,
        ErrorKind,
        ForbiddenError,
        IdentityNotFoundError,
        InternalError,
        InvalidArgumentError,
        MidentityError,
        NotFoundError,
        ProtocolError,
        RequestTimeoutError,
        ServiceError,
        ThrottledError,
        TransportError,
    )

__all__ = [
    "AccessToken",
    "AccessTokenInfo",
    "AuthenticationError",
    "AzureCli",
    "ClosedError",
    "ConflictError",
    "CredentialUnavailableError",
    "ErrorKind",
    "ForbiddenError",
    "IdentityNotFoundError",
    "InternalError",
    "InvalidArgumentError",
    "ManagedIdentityCredential",
    "MidentityError",
    "NotFoundError",
    "ProtocolError",
    "RequestTimeoutError",
    "ServiceError",
    "Source",
    "StaticToken",
    "ThrottledError",
    "TokenCache",
    "TransportError",
    "__version__",
    "get_token",
    "instance_metadata",
]

_MODULES = ("aio", "arm", "errors", "testing")
_ELSEWHERE = {
    "AccessToken": "_token",
    "AccessTokenInfo": "_native",
    "AzureCli": "_native",
    "ManagedIdentityCredential": "credential",
    "Source": "_source",
    "StaticToken": "_native",
    "TokenCache": "_native",
    "__version__": "_native",
    "get_token": "_calls",
    "instance_metadata": "_calls",
}


def __getattr__(name: str) -> Any:
    # Not by importlib, whose import takes as long as the module's own.
    if name in _MODULES:
        return __import__(f"{__name__}.{name}", fromlist=[name])
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _ELSEWHERE.get(name, "errors")
    found = getattr(__import__(f"{__name__}.{module}", fromlist=[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, *_MODULES]
