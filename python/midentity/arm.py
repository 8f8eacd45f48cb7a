"""Azure Resource Manager: identities, machines' identities, roles and resource groups.

    >>> with ArmClient() as client:
    ...     [subscription.display_name for subscription in client.subscriptions.list()]
    ['emulated']

`midentity.aio.ArmClient` is the same for asyncio. Who signs in is the machine's managed identity, the Azure CLI's
login (`AzureCli`), a token from elsewhere (`StaticToken`), or any credential of azure-core's kind.
"""

from __future__ import annotations

from . import _native
from ._arguments import check_numbers, check_texts, invalid
from ._arm_access import ResourceGroups, RoleAssignments, RoleDefinitions, Subscriptions
from ._arm_identities import FederatedCredentials, UserIdentities, VirtualMachines, VmIdentities
from ._arm_places import machine_id, scope_of, text_of
from ._arm_types import (
    ArmResponse,
    AssignedIdentity,
    AzureCli,
    FederatedCredential,
    Operation,
    Pages,
    Progress,
    ResourceGroup,
    RoleAssignment,
    RoleDefinition,
    StaticToken,
    Subscription,
    SystemIdentity,
    UserIdentity,
    VmIdentity,
    VmIdentityPlan,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from types import TracebackType
    from typing import Any

    from typing_extensions import Self

__all__ = [
    "ArmClient",
    "ArmResponse",
    "AssignedIdentity",
    "AzureCli",
    "FederatedCredential",
    "FederatedCredentials",
    "Operation",
    "Pages",
    "Progress",
    "ResourceGroup",
    "ResourceGroups",
    "RoleAssignment",
    "RoleAssignments",
    "RoleDefinition",
    "RoleDefinitions",
    "StaticToken",
    "Subscription",
    "Subscriptions",
    "SystemIdentity",
    "UserIdentities",
    "UserIdentity",
    "VirtualMachines",
    "VmIdentities",
    "VmIdentity",
    "VmIdentityPlan",
]


class ArmClientBase:
    """What the two clients have in common."""

    def __init__(
        self,
        credential: Any = None,
        *,
        subscription: str | None = None,
        resource_group: str | None = None,
        cloud: str | None = None,
        audience: str | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        timeout: float = 90.0,
        operation_timeout: float = 1800.0,
    ) -> None:
        """Set the client up; touches no network.

        Args:
            credential: Who signs in: a credential of midentity's (`ManagedIdentityCredential`, `AzureCli`,
                `StaticToken`) or any of azure-core's kind, whose exceptions come through as they are. Without one, the
                machine's default identity.
            subscription: The subscription of calls that name none, by its id.
            resource_group: The resource group of calls that name none.
            cloud: `AzureCloud`, `AzureUSGovernment`, `AzureChinaCloud`, or the https origin of a private cloud. Else
                the credential's, else `MIDENTITY_CLOUD`.
            audience: What Resource Manager's tokens are asked for, where a private cloud's is not its own origin.
            ca_file: The roots of trust in PEM, these and no others. Else the credential's, else `MIDENTITY_CA_FILE`,
                else the system's.
            timeout: Seconds that a call may take, tries and waits included.
            operation_timeout: Seconds that long-running work is waited for.

        Raises:
            InvalidArgumentError: An argument can't be used; the message names it. `cloud.audience_refused`: the
                audience is another cloud's.
        """
        given = {"subscription": subscription, "resource_group": resource_group, "cloud": cloud, "audience": audience}
        check_texts(given, ("subscription", "resource_group", "cloud", "audience"))
        numbers = {"timeout": timeout, "operation_timeout": operation_timeout}
        check_numbers(numbers, ("timeout", "operation_timeout"))
        if credential is None:
            from .credential import ManagedIdentityCredential

            credential = ManagedIdentityCredential(cloud=cloud, ca_file=ca_file)
        elif not hasattr(credential, "get_token"):
            hint = "give midentity.ManagedIdentityCredential() or another with get_token"
            invalid(f"{type(credential).__name__} is no credential", hint)
        if isinstance(credential, (_native.Credential, _native.AsyncCredential)):
            own = getattr(credential, "_given", {})
            cloud = cloud if cloud is not None else own.get("cloud")
            ca_file = ca_file if ca_file is not None else own.get("ca_file")
        self._credential = credential
        self._subscription = subscription
        self._group = resource_group
        self._native: _native.ArmClient | None = _native.ArmClient(
            credential, cloud, audience, ca_file, timeout, operation_timeout
        )

    def _client(self) -> _native.ArmClient:
        if self._native is None:
            from .errors import ClosedError

            raise ClosedError("the client was closed", id="closed", hint="make a new one")
        return self._native

    def _close(self) -> None:
        self._native = None

    def _machine(self, machine: Any) -> str:
        return machine_id(machine, self._subscription, self._group)

    def _scope(self, scope: Any) -> str:
        return scope_of(scope, self._subscription, self._group)


class ArmClient(ArmClientBase):
    """Sends requests to Resource Manager. Its token goes to the cloud's own host and nowhere else.

    May be used by many threads at once, and after `fork`.

    Example:
        >>> arm = ArmClient()
        >>> arm.get("/subscriptions", "2022-12-01").body["value"][0]["displayName"]
        'emulated'
    """

    def get(self, path: str, api_version: str = "") -> ArmResponse:
        """Read a resource; as `request("GET", path, api_version)`.

        Example:
            >>> ArmClient().get("/subscriptions?api-version=2022-12-01").status
            200
        """
        return self.request("GET", path, api_version)

    def get_resource(self, resource_id: str) -> ArmResponse:
        """Read any resource by its id, in the newest stable api-version that its provider lists.

        Raises:
            NotFoundError: There is no such resource, or no such type of resources.
            MidentityError: Whatever else may fail.

        Example:
            >>> identity = arm.user_identities.get("id1")
            >>> arm.get_resource(identity.id).body["name"]
            'id1'
        """
        return self._client().get_resource(resource_id).wait()

    def request(self, method: str, path: str, api_version: str = "", body: Any = None) -> ArmResponse:
        """Send any request and wait for the answer. Long-running work that it starts is not waited for.

        Args:
            method: GET, HEAD, PUT, PATCH, POST or DELETE.
            path: Begins with a slash, without scheme and host; may hold a query.
            api_version: May be left out where the path's query holds it.
            body: Dictionaries, lists, texts, numbers, truth values; sent as JSON.

        Raises:
            InvalidArgumentError: Method, path, version or body can't be used.
            ForbiddenError: The identity has no right to do this.
            NotFoundError: The resource does not exist.
            MidentityError: Whatever else may fail, and what the credential raises.

        Example:
            >>> ArmClient().request("GET", "/subscriptions", "2022-12-01").status
            200
        """
        return self._client().request(method, path, api_version, body).wait()

    def start(self, method: str, path: str, api_version: str = "", body: Any = None) -> Operation[ArmResponse]:
        """Send any request, as `request`; what is given waits for the long-running work that it starts.

        Where it starts none, the answer is there already. The final answer to PUT and PATCH is the resource as it is
        then; to others it is what the work's `Location` gives, else the last look at the work.

        Raises:
            MidentityError: As `request`.

        Example:
            >>> group = arm.resource_groups.get("rg2").id
            >>> arm.start("DELETE", group, "2021-04-01").wait().status
            200
        """
        return self._client().start(method, path, api_version, body).wait()

    def list(self, path: str, api_version: str = "") -> Pages[Any]:
        """Go through any list of Resource Manager's, by its path; its items as dictionaries.

        Raises:
            InvalidArgumentError: Path or version can't be used.

        Example:
            >>> [subscription["displayName"] for subscription in arm.list("/subscriptions", "2022-12-01")]
            ['emulated']
        """
        return self._client().any_list(path, api_version)

    def endpoints(self) -> dict[str, str | None]:
        """Where the cloud's other services are: `login`, `graph`, `key_vault`, `sql` and `storage_suffix`.

        Known for the known clouds. A private one is asked once, without a token; what it does not name is None.

        Raises:
            MidentityError: It does not say it (`cloud.endpoints`), or claims a known cloud's audience
                (`cloud.audience_refused`).

        Example:
            >>> ArmClient(cloud="AzureUSGovernment").endpoints()["graph"]
            'https://graph.microsoft.us/'
        """
        return self._client().endpoints().wait()

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
        """The identities of a machine.

        Args:
            machine: The resource id of a virtual machine or scale set, or a virtual machine's name in the client's
                resource group.

        Raises:
            InvalidArgumentError: It is no machine's id.

        Example:
            >>> arm.vm_identity("vm1").id.rpartition("/")[2]
            'vm1'
        """
        return VmIdentities(self._client, self._machine(machine))

    def this_vm(self, *, imds_endpoint: str | None = None) -> VmIdentities:
        """The identities of the machine that this runs on, as its instance metadata names it.

        Raises:
            CredentialUnavailableError: Not on Azure.
            MidentityError: Whatever else may fail.

        Example:
            >>> arm.this_vm().show().kind
            'SystemAssigned, UserAssigned'
        """
        return VmIdentities(self._client, self._client().this_vm(imds_endpoint).wait())

    def system_identity(self, resource_id: str) -> SystemIdentity:
        """The system-assigned identity of any resource, with its client id, which the resource itself does not tell.

        Raises:
            NotFoundError: The resource has none.
            MidentityError: Whatever else may fail.

        Example:
            >>> vm = arm.vm_identity("vm1")
            >>> arm.system_identity(vm.id).principal_id == vm.show().system_assigned
            True
        """
        return self._client().system_identity(text_of(resource_id)).wait()

    def role_definitions(self, scope: str | None = None) -> RoleDefinitions:
        """The roles that can be given at a scope; without one, at the client's own group or subscription."""
        return RoleDefinitions(self._client, self._scope(scope))

    def role_assignments(self, scope: str | None = None) -> RoleAssignments:
        """Who has which role at a scope: the id of a subscription, group or resource.

        Without one, at the client's own resource group, or its subscription where it has no group.
        """
        return RoleAssignments(self._client, self._scope(scope))

    def close(self) -> None:
        """Close the client: later calls raise `ClosedError`. A credential that was given stays open."""
        self._close()

    def __enter__(self) -> Self:
        """Give the client itself."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Close the client."""
        self._close()
