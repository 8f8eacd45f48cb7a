"""The same for asyncio.

Calls that find a token in the cache end without waiting. Cancelling the task of a call ends its request.
"""

from __future__ import annotations

from . import _native
from ._arguments import refuse_unknown, settings
from ._arm_aio import (
    ResourceGroups,
    RoleAssignments,
    RoleDefinitions,
    Subscriptions,
    UserIdentities,
    VirtualMachines,
    VmIdentities,
)
from ._arm_places import text_of
from ._arm_types import AsyncOperation, AsyncPages
from .arm import ArmClientBase
from .credential import changed, described, rebuild

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Any

    from typing_extensions import Self

    from ._arm_types import ArmResponse, SystemIdentity
    from ._native import AccessTokenInfo, TokenCache
    from ._token import AccessToken

__all__ = ["ArmClient", "AsyncOperation", "AsyncPages", "ManagedIdentityCredential", "instance_metadata"]


class ManagedIdentityCredential(_native.AsyncCredential):
    """As `midentity.ManagedIdentityCredential`, awaited; it takes the same arguments and shares the same cache.

    It is azure-core's `AsyncTokenCredential` and `AsyncSupportsTokenInfo`. One object may be used from several event
    loops.

    Example:
        >>> import asyncio
        >>> async def example():
        ...     async with ManagedIdentityCredential() as credential:
        ...         return await credential.get_token("https://vault.azure.net/.default")
        >>> asyncio.run(example())
        AccessToken(token='(redacted)', expires_on=...)
    """

    def __init__(
        self,
        *,
        client_id: str | None = None,
        object_id: str | None = None,
        resource_id: str | None = None,
        system_assigned: bool = False,
        identity_config: Mapping[str, str] | None = None,
        imds_endpoint: str | None = None,
        cloud: str | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        cache: TokenCache | None = None,
        timeout: float = 90.0,
        connection_timeout: float = 1.0,
        retry_total: int = 5,
        probe: bool = False,
        logging_enable: bool = False,
        **unknown: Any,
    ) -> None:
        """Set the credential up; see `midentity.ManagedIdentityCredential`."""
        if unknown:
            refuse_unknown(unknown)
        given = {
            "client_id": client_id,
            "object_id": object_id,
            "resource_id": resource_id,
            "system_assigned": system_assigned,
            "identity_config": identity_config,
            "imds_endpoint": imds_endpoint,
            "cloud": cloud,
            "ca_file": ca_file,
            "cache": cache,
            "timeout": timeout,
            "connection_timeout": connection_timeout,
            "retry_total": retry_total,
            "probe": probe,
            "logging_enable": logging_enable,
        }
        self._given = changed(given)
        if logging_enable:
            _native.enable_logging()
        self._open(settings(given))

    async def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        force_refresh: bool = False,
        timeout: float | None = None,
        **kwargs: Any,  # noqa: ARG002  (azure-core lets callers pass what other credentials take)
    ) -> AccessToken:
        """As the sync class's `get_token`, awaited."""
        if not claims and not force_refresh:
            token = self._cached(scopes, enable_cae)
            if token is not None:
                return token
        options = {
            "claims": claims,
            "tenant_id": tenant_id,
            "enable_cae": enable_cae,
            "force_refresh": force_refresh,
            "timeout": timeout,
        }
        return await self._fetch(scopes, options)

    async def get_token_info(self, *scopes: str, options: Mapping[str, Any] | None = None) -> AccessTokenInfo:
        """As the sync class's `get_token_info`, awaited."""
        info = self._cached_info(scopes, options)
        if info is not None:
            return info
        return await self._fetch_info(scopes, options)

    async def close(self) -> None:
        """Close the credential: later calls raise `ClosedError`. Closing it again does nothing."""
        self._close()

    async def __aenter__(self) -> Self:
        """Give the credential itself."""
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Close the credential."""
        self._close()

    def __repr__(self) -> str:
        """Say which identity it is for."""
        return f"aio.{described(self, self._given)}"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arguments, and no token."""
        return rebuild, (type(self), self._given)


async def instance_metadata(
    path: str = "",
    *,
    api_version: str | None = None,
    imds_endpoint: str | None = None,
    timeout: float = 90.0,
) -> Any:
    """As `midentity.instance_metadata`, awaited.

    Example:
        >>> import asyncio
        >>> asyncio.run(instance_metadata("compute/location"))
        'eastus'
    """
    return await _native.instance_metadata_async(path, api_version, imds_endpoint, timeout)


class ArmClient(ArmClientBase):
    """As `midentity.arm.ArmClient`, awaited.

    Example:
        >>> import asyncio
        >>> async def example():
        ...     async with ArmClient() as client:
        ...         return (await client.get("/subscriptions", "2022-12-01")).status
        >>> asyncio.run(example())
        200
    """

    async def get(self, path: str, api_version: str = "") -> ArmResponse:
        """Read a resource; see `midentity.arm.ArmClient.get`."""
        return await self.request("GET", path, api_version)

    async def get_resource(self, resource_id: str) -> ArmResponse:
        """Read any resource by its id; see `midentity.arm.ArmClient.get_resource`."""
        return await self._client().get_resource(resource_id)

    async def request(self, method: str, path: str, api_version: str = "", body: Any = None) -> ArmResponse:
        """Send a request; see `midentity.arm.ArmClient.request`."""
        return await self._client().request(method, path, api_version, body)

    async def start(
        self, method: str, path: str, api_version: str = "", body: Any = None
    ) -> AsyncOperation[ArmResponse]:
        """Send a request whose end can be waited for; see `midentity.arm.ArmClient.start`."""
        return await self._client().start(method, path, api_version, body)

    def list(self, path: str, api_version: str = "") -> AsyncPages[Any]:
        """Go through any list by its path; see `midentity.arm.ArmClient.list`."""
        return self._client().any_list(path, api_version)._awaited()  # noqa: SLF001

    async def endpoints(self) -> dict[str, str | None]:
        """Where the cloud's other services are; see `midentity.arm.ArmClient.endpoints`."""
        return await self._client().endpoints()

    @property
    def subscriptions(self) -> Subscriptions:
        """The subscriptions that the caller sees."""
        return Subscriptions(self._client)

    @property
    def resource_groups(self) -> ResourceGroups:
        """The resource groups of the client's subscription; called, of another one."""
        return ResourceGroups(self._client, self._subscription, None)

    @property
    def user_identities(self) -> UserIdentities:
        """The user-assigned identities of the client's resource group; called, of another group or subscription."""
        return UserIdentities(self._client, self._subscription, self._group)

    @property
    def virtual_machines(self) -> VirtualMachines:
        """The virtual machines of the client's resource group; called, of another one."""
        return VirtualMachines(self._client, self._subscription, self._group)

    def vm_identity(self, machine: str) -> VmIdentities:
        """The identities of a machine; see `midentity.arm.ArmClient.vm_identity`."""
        return VmIdentities(self._client, self._machine(machine))

    async def this_vm(self, *, imds_endpoint: str | None = None) -> VmIdentities:
        """The identities of the machine that this runs on."""
        return VmIdentities(self._client, await self._client().this_vm(imds_endpoint))

    async def system_identity(self, resource_id: str) -> SystemIdentity:
        """The system-assigned identity of any resource, with its client id."""
        return await self._client().system_identity(text_of(resource_id))

    def role_definitions(self, scope: str | None = None) -> RoleDefinitions:
        """The roles that can be given at a scope."""
        return RoleDefinitions(self._client, self._scope(scope))

    def role_assignments(self, scope: str | None = None) -> RoleAssignments:
        """Who has which role at a scope."""
        return RoleAssignments(self._client, self._scope(scope))

    async def close(self) -> None:
        """Close the client: later calls raise `ClosedError`. A credential that was given stays open."""
        self._close()

    async def __aenter__(self) -> Self:
        """Give the client itself."""
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Close the client."""
        self._close()
