"""The native half of midentity. Private but for the classes that `midentity` and `midentity.arm` export."""

import os
from asyncio import Future
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, final

from azure.core.credentials import AccessTokenInfo as _AzureAccessTokenInfo
from typing_extensions import Self, disjoint_base

from ._token import AccessToken

__all__ = [
    "AccessTokenInfo",
    "ArmClient",
    "ArmResponse",
    "AsyncCredential",
    "Credential",
    "TokenCache",
    "__version__",
    "enable_logging",
    "environment_key",
    "identity_info",
    "instance_metadata",
    "instance_metadata_async",
    "read_claims",
]

__version__: str

@final
class TokenCache:
    """A cache of tokens. Credentials share the process's unless they are given one of their own.

    Pickled, it is an empty cache: tokens belong to the machine. True even while it is empty.

    Example:
        >>> cache = TokenCache()
        >>> len(cache)
        0
    """

    def __new__(cls) -> Self: ...
    @staticmethod
    def process() -> TokenCache:
        """The process's own cache, which credentials share unless they are given another.

        Example:
            >>> TokenCache.process().clear()
        """

    def clear(self) -> None:
        """Forget all tokens. Calls under way go on, and their tokens are not kept.

        Example:
            >>> cache = TokenCache()
            >>> cache.clear()
        """

    def __len__(self) -> int:
        """How many tokens it holds, expired ones included."""

    def __bool__(self) -> bool: ...
    def __reduce__(self) -> tuple[type[TokenCache], tuple[()]]: ...

@disjoint_base
class AccessTokenInfo(_AzureAccessTokenInfo):
    """An access token with all that is known about it; azure-core's class of the same name, and more.

    `repr` does not show the token. Can't be pickled. Objects may be shared between calls, so nothing in them changes.

    Example:
        >>> AccessTokenInfo("secret", 1900000000)
        AccessTokenInfo(token='(redacted)', expires_on=1900000000)
    """

    def __new__(
        cls,
        token: str,
        expires_on: int,
        *,
        token_type: str = "Bearer",  # noqa: S107
        refresh_on: int | None = None,
    ) -> Self: ...
    @property
    def token(self) -> str:  # type: ignore[override]
        """The token itself. Put it into an `Authorization` header and nowhere else."""

    @property
    def expires_on(self) -> int:  # type: ignore[override]
        """When it expires, in seconds since 1970 UTC by this machine's clock."""

    @property
    def expires_at(self) -> datetime:
        """When it expires, as a `datetime` in UTC."""

    @property
    def token_type(self) -> str:  # type: ignore[override]
        """The token's type, `Bearer` unless the service says otherwise."""

    @property
    def refresh_on(self) -> int | None:  # type: ignore[override]
        """When to ask for a new one, in seconds since 1970 UTC.

        The service's word, else half-life where the token lives longer than two hours, else None.
        """

    @property
    def source(self) -> str | None:
        """The token source that it came from, one of `midentity.Source`."""

    @property
    def identity_verified(self) -> bool:
        """Whether the answer showed that this is the identity that was asked for.

        False where nothing in it could be compared, and where none was asked for.
        """

    @property
    def from_cache(self) -> bool:
        """Whether the call was answered from the cache."""

    @property
    def unchanged(self) -> bool:
        """Whether a forced refresh was answered with the very token that was cached.

        The service keeps its own cache, so a role or group change is not in it yet.
        """

@disjoint_base
class Credential:
    """The base of `midentity.ManagedIdentityCredential`: its calls are native."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self: ...
    def _open(self, settings: dict[str, Any], /) -> None: ...
    def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        force_refresh: bool = False,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> AccessToken:
        """Take a token, from the cache or from the service.

        Args:
            *scopes: Exactly one scope (`https://vault.azure.net/.default`), short name (`arm`) or resource.
            claims: A claims challenge that a service answered with: the cached token was rejected, so the cache is
                passed over. It is not sent to IMDS, which takes none.
            tenant_id: Ignored: a managed identity lives in one tenant.
            enable_cae: Whether the caller handles claims challenges. Such tokens are cached apart.
            force_refresh: Ask the service even where a cached token is good.
            timeout: Seconds that this call may take, instead of the credential's own limit.
            **kwargs: Ignored, as azure-core asks.

        Raises:
            CredentialUnavailableError: Not on Azure, or the machine has no identity.
            IdentityNotFoundError: The identity named is not assigned to this machine.
            AuthenticationError: The service refused, or the machine has several identities and none was named.
            ThrottledError: Too many requests; `retry_after` says how long to wait.
            InvalidArgumentError: The scope, an option or an environment variable can't be used.
            MidentityError: Whatever else may fail: ServiceError, TransportError, RequestTimeoutError, ProtocolError,
                ClosedError.
            KeyboardInterrupt: Ctrl-C, within 50 ms or so.

        Example:
            >>> credential = ManagedIdentityCredential()
            >>> credential.get_token("https://vault.azure.net/.default")
            AccessToken(token='(redacted)', expires_on=...)
        """

    def get_token_info(self, *scopes: str, options: Mapping[str, Any] | None = None) -> AccessTokenInfo:
        """Take a token with all that is known about it.

        Args:
            *scopes: Exactly one scope, short name or resource.
            options: `claims`, `tenant_id`, `enable_cae`, `force_refresh` and `timeout` as for `get_token`; other keys
                are ignored.

        Raises:
            MidentityError: As `get_token`.

        Example:
            >>> credential = ManagedIdentityCredential()
            >>> info = credential.get_token_info("keyvault", options={"force_refresh": True})
            >>> info.source, info.from_cache
            ('Imds', False)
        """

    def close(self) -> None:
        """Close the credential: later calls raise `ClosedError`.

        Closing it again does nothing. Tokens stay cached for other credentials.

        Example:
            >>> credential = ManagedIdentityCredential()
            >>> credential.close()
        """

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None: ...

@disjoint_base
class AsyncCredential:
    """The base of `midentity.aio.ManagedIdentityCredential`."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self: ...
    def _open(self, settings: dict[str, Any], /) -> None: ...
    def _cached(self, scopes: tuple[str, ...], enable_cae: bool, /) -> AccessToken | None: ...
    def _cached_info(self, scopes: tuple[str, ...], options: Mapping[str, Any] | None, /) -> AccessTokenInfo | None: ...
    def _fetch(self, scopes: tuple[str, ...], options: Mapping[str, Any] | None, /) -> Future[AccessToken]: ...
    def _fetch_info(self, scopes: tuple[str, ...], options: Mapping[str, Any] | None, /) -> Future[AccessTokenInfo]: ...
    def _close(self) -> None: ...

@final
class ArmClient:
    """What the clients of `midentity.arm` and `midentity.aio` send with."""

    def __new__(
        cls, credential: Any, cloud: str | None, ca_file: str | os.PathLike[str] | None, timeout: float
    ) -> Self: ...
    @property
    def scope(self) -> str: ...
    @property
    def needs_token(self) -> bool: ...
    def give_token(self, token: str, expires_on: int) -> None: ...
    def request(self, method: str, path: str, api_version: str) -> ArmResponse: ...
    def request_async(self, method: str, path: str, api_version: str) -> Future[ArmResponse]: ...

@final
class ArmResponse:
    """Resource Manager's answer.

    Example:
        >>> answer = ArmClient().get("/subscriptions", "2022-12-01")
        >>> answer.status, len(answer.body["value"])
        (200, 1)
    """

    @property
    def status(self) -> int:
        """The HTTP status, 200 to 299."""

    @property
    def body(self) -> Any:
        """The body, read from JSON; None where there is none."""

    @property
    def request_id(self) -> str | None:
        """The request id to give to Azure's support."""

    def header(self, name: str) -> str | None:
        """A header of the answer, where it is text."""

def environment_key() -> int: ...
def enable_logging() -> bool: ...
def read_claims(token: str) -> dict[str, Any] | None: ...
def instance_metadata(path: str, api_version: str | None, imds_endpoint: str | None, timeout: float) -> Any: ...
def instance_metadata_async(
    path: str, api_version: str | None, imds_endpoint: str | None, timeout: float
) -> Future[Any]: ...
def identity_info(imds_endpoint: str | None, timeout: float) -> str: ...
