"""The native half of midentity. Private but for the classes that `midentity` and `midentity.arm` export."""

import os
from asyncio import Future
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, final

from azure.core.credentials import AccessTokenInfo as _AzureAccessTokenInfo
from typing_extensions import Self, disjoint_base

from ._arm_types import (
    ArmResponse as ArmResponse,
)
from ._arm_types import (
    AssignedIdentity as AssignedIdentity,
)
from ._arm_types import (
    AsyncOperation as AsyncOperation,
)
from ._arm_types import (
    AsyncPages as AsyncPages,
)
from ._arm_types import (
    AzureCli as AzureCli,
)
from ._arm_types import (
    Call as Call,
)
from ._arm_types import (
    FederatedCredential as FederatedCredential,
)
from ._arm_types import (
    Operation as Operation,
)
from ._arm_types import (
    Pages as Pages,
)
from ._arm_types import (
    Progress as Progress,
)
from ._arm_types import (
    ResourceGroup as ResourceGroup,
)
from ._arm_types import (
    RoleAssignment as RoleAssignment,
)
from ._arm_types import (
    RoleDefinition as RoleDefinition,
)
from ._arm_types import (
    StaticToken as StaticToken,
)
from ._arm_types import (
    Subscription as Subscription,
)
from ._arm_types import (
    SystemIdentity as SystemIdentity,
)
from ._arm_types import (
    UserIdentity as UserIdentity,
)
from ._arm_types import (
    VmIdentity as VmIdentity,
)
from ._arm_types import (
    VmIdentityPlan as VmIdentityPlan,
)
from ._token import AccessToken

__all__ = [
    "AccessTokenInfo",
    "ArmClient",
    "ArmResponse",
    "AssignedIdentity",
    "AsyncCredential",
    "AsyncOperation",
    "AsyncPages",
    "AzureCli",
    "Call",
    "Credential",
    "FederatedCredential",
    "Operation",
    "Pages",
    "Progress",
    "ResourceGroup",
    "RoleAssignment",
    "RoleDefinition",
    "StaticToken",
    "Subscription",
    "SystemIdentity",
    "TokenCache",
    "UserIdentity",
    "VmIdentity",
    "VmIdentityPlan",
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
        cls,
        credential: Any,
        cloud: str | None,
        audience: str | None,
        ca_file: str | os.PathLike[str] | None,
        timeout: float,
        operation_timeout: float,
    ) -> Self: ...
    def request(self, method: str, path: str, api_version: str, body: Any) -> Call[ArmResponse]: ...
    def start(self, method: str, path: str, api_version: str, body: Any) -> Call[Operation[ArmResponse]]: ...
    def any_list(self, path: str, api_version: str) -> Pages[Any]: ...
    def endpoints(self) -> Call[dict[str, str | None]]: ...
    def get_resource(self, resource: str) -> Call[ArmResponse]: ...
    def subscription_list(self) -> Pages[Subscription]: ...
    def group_get(self, subscription: str, name: str) -> Call[ResourceGroup]: ...
    def group_list(self, subscription: str) -> Pages[ResourceGroup]: ...
    def group_exists(self, subscription: str, name: str) -> Call[bool]: ...
    def group_create(
        self, subscription: str, name: str, location: str, tags: dict[str, str] | None
    ) -> Call[ResourceGroup]: ...
    def group_delete(self, subscription: str, name: str) -> Call[Operation[None]]: ...
    def identity_create(
        self, subscription: str, group: str, name: str, location: str | None, tags: dict[str, str] | None
    ) -> Call[UserIdentity]: ...
    def identity_get(self, subscription: str, group: str, name: str) -> Call[UserIdentity]: ...
    def identity_list(self, subscription: str, group: str) -> Pages[UserIdentity]: ...
    def identity_update(self, subscription: str, group: str, name: str, tags: dict[str, str]) -> Call[UserIdentity]: ...
    def identity_delete(self, subscription: str, group: str, name: str) -> Call[bool]: ...
    def federated_create(
        self,
        subscription: str,
        group: str,
        identity: str,
        name: str,
        issuer: str,
        subject: str,
        audiences: list[str],
    ) -> Call[FederatedCredential]: ...
    def federated_get(self, subscription: str, group: str, identity: str, name: str) -> Call[FederatedCredential]: ...
    def federated_list(self, subscription: str, group: str, identity: str) -> Pages[FederatedCredential]: ...
    def federated_delete(self, subscription: str, group: str, identity: str, name: str) -> Call[bool]: ...
    def system_identity(self, resource_id: str) -> Call[SystemIdentity]: ...
    def vm_id(self, machine: str) -> str: ...
    def this_vm(self, imds_endpoint: str | None) -> Call[str]: ...
    def vm_show(self, machine: str) -> Call[VmIdentity]: ...
    def vm_plan(self, machine: str, verb: str, identities: list[str]) -> Call[VmIdentityPlan]: ...
    def vm_change(self, machine: str, verb: str, identities: list[str]) -> Call[Operation[VmIdentity]]: ...
    def vm_apply(self, machine: str, plan: VmIdentityPlan) -> Call[Operation[VmIdentity]]: ...
    def vm_dangling(self, machine: str) -> Call[list[str]]: ...
    def vm_create(
        self,
        subscription: str,
        group: str,
        name: str,
        body: Any,
        identities: list[str],
        role: tuple[str, str] | None,
    ) -> Call[Operation[VmIdentity]]: ...
    def role_list(self, scope: str) -> Pages[RoleDefinition]: ...
    def role_find(self, scope: str, role: str) -> Call[RoleDefinition]: ...
    def assignment_list(self, scope: str, by: str, principal: str) -> Pages[RoleAssignment]: ...
    def assign(self, scope: str, role: str, principal: str, kind: str) -> Call[Operation[RoleAssignment]]: ...
    def assignment_delete(self, scope: str, assignment: str) -> Call[bool]: ...
    def wait_until_visible(self, scope: str, assignment: str, limit: float) -> Call[None]: ...
    def wait_until_allowed(self, scope: str, action: str, limit: float) -> Call[None]: ...

def environment_key() -> int: ...
def enable_logging() -> bool: ...
def read_claims(token: str) -> dict[str, Any] | None: ...
def instance_metadata(path: str, api_version: str | None, imds_endpoint: str | None, timeout: float) -> Any: ...
def instance_metadata_async(
    path: str, api_version: str | None, imds_endpoint: str | None, timeout: float
) -> Future[Any]: ...
def identity_info(imds_endpoint: str | None, timeout: float) -> str: ...
