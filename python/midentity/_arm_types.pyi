"""What Resource Manager's calls give, and who signs in."""

import os
from collections.abc import Awaitable, Callable, Generator
from types import GenericAlias
from typing import Any, Generic, TypeVar, final, overload

from typing_extensions import Self

from ._token import AccessToken

__all__ = [
    "ArmResponse",
    "AssignedIdentity",
    "AsyncOperation",
    "AsyncPages",
    "AzureCli",
    "Call",
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
    "UserIdentity",
    "VmIdentity",
    "VmIdentityPlan",
]

_T = TypeVar("_T")
_T_co = TypeVar("_T_co", covariant=True)

@final
class StaticToken:
    """A token that was taken elsewhere, for `ArmClient`: it is used as long as Resource Manager takes it.

    Args:
        token: The access token.
        expires_on: When it expires, in seconds since 1970 UTC; else what the token itself says.

    Raises:
        InvalidArgumentError: The token is empty.

    Example:
        >>> StaticToken("secret", 1900000000)
        StaticToken(token='(redacted)', expires_on=1900000000)
    """

    def __new__(cls, token: str, expires_on: int | None = None) -> Self: ...
    def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        """Give the token, whatever the scope: it is azure-core's `TokenCredential`, too."""

@final
class AzureCli:
    """Tokens of whoever has signed in with `az login`: for administrators, on a workstation.

    Runs `az account get-access-token`, without a shell, and keeps its token until five minutes before it expires.

    Args:
        tenant: The tenant's id or domain, instead of the login's current one.
        program: Another program than the `az` that the search path leads to.

    Raises:
        InvalidArgumentError: It can't be a tenant.

    Example:
        >>> AzureCli("contoso.com")
        AzureCli("contoso.com")
    """

    def __new__(cls, tenant: str | None = None, *, program: str | os.PathLike[str] | None = None) -> Self: ...
    def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        """Take a token: it is azure-core's `TokenCredential`, too.

        Raises:
            CredentialUnavailableError: az is not installed, or nobody is signed in.
            AuthenticationError: az gives no token; the reason is its own.
            MidentityError: Whatever else may fail.
        """

@final
class Call(Generic[_T_co]):
    """A request that is not under way yet: to wait for, or to await."""

    def wait(self) -> _T_co: ...
    @overload
    def __await__(self: Call[Operation[_T]]) -> Generator[Any, None, AsyncOperation[_T]]: ...
    @overload
    def __await__(self) -> Generator[Any, None, _T_co]: ...

@final
class Progress:
    """How long-running work goes on, as `on_progress` hears of it.

    Example:
        >>> operation = arm.vm_identity("vm1").remove("[system]").on_progress(lambda progress: print(progress.status))
        >>> operation.wait().kind
        started
        ...
        'UserAssigned'
    """

    @property
    def what(self) -> str:
        """What is being done."""

    @property
    def status(self) -> str:
        """How it stands, in the service's word or ours."""

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""

    @property
    def percent(self) -> float | None:
        """How much is done, where the service says so."""

@final
class Operation(Generic[_T]):
    """Long-running work. It has been started, and goes on whether it is waited for or not.

    Example:
        >>> operation = arm.vm_identity("vm1").add("id1")
        >>> operation.what
        'changing the identity of vm1'
        >>> operation.wait().kind
        'SystemAssigned, UserAssigned'
    """

    @property
    def what(self) -> str:
        """What is being done."""

    @property
    def changes(self) -> bool:
        """Whether there was anything to do; where not, no request was sent."""

    def on_progress(self, callback: Callable[[Progress], object], /) -> Self:
        """Have a function called with each step, on the thread that waits.

        What it raises ends the wait, and comes out of it. Gives the operation itself.
        """

    def wait(self) -> _T:
        """Wait until the work has ended, and give what it made. Waiting again gives the same.

        Raises:
            ServiceError: The work failed (`arm.operation_failed`); the reason is the service's own.
            RequestTimeoutError: It did not end within the client's `operation_timeout`; the service goes on with it.
            MidentityError: Whatever else may fail.
            KeyboardInterrupt: Ctrl-C, within 50 ms or so. The wait can be taken up again.
        """

    def __class_getitem__(cls, item: Any) -> GenericAlias: ...

@final
class AsyncOperation(Generic[_T]):
    """Long-running work, as `midentity.arm.Operation`, to be awaited: `await operation`."""

    @property
    def what(self) -> str:
        """What is being done."""

    @property
    def changes(self) -> bool:
        """Whether there was anything to do; where not, no request was sent."""

    def on_progress(self, callback: Callable[[Progress], object], /) -> Self:
        """Have a function called with each step, on the running event loop. Gives the operation itself.

        What it raises goes to the event loop's exception handler.
        """

    async def wait(self) -> _T:
        """Wait until the work has ended; as `await operation`. Awaiting again gives the same."""

    def __await__(self) -> Generator[Any, None, _T]: ...
    def __class_getitem__(cls, item: Any) -> GenericAlias: ...

@final
class Pages(Generic[_T]):
    """A list that streams: each page is asked for when the one before has been gone through.

    It can be gone through once. An error ends the loop; going on afterwards asks for the same page again.

    Example:
        >>> for identity in arm.user_identities.list():
        ...     print(identity.name)
        id1
    """

    def by_page(self) -> Pages[list[_T]]:
        """The pages themselves, as lists. What has been gone through is not in them.

        Example:
            >>> [len(page) for page in arm.user_identities.list().by_page()]
            [1]
        """

    @property
    def continuation(self) -> str | None:
        """Where the next page is, to hand to `resume` of the same list, now or in another process; None at the end.

        It counts by pages: what is left of the page at hand is not in it. It may be signed, and is no text for logs.
        """

    def resume(self, continuation: str) -> Self:
        """Go on from where a `continuation` of the same list points. Gives the list itself.

        Raises:
            InvalidArgumentError: The text is no continuation.
            ProtocolError: It leads to another host than the client's cloud (`arm.host_refused`).

        Example:
            >>> pages = arm.user_identities.list()
            >>> start = pages.continuation
            >>> [identity.name for identity in arm.user_identities.list().resume(start)]
            ['id1']
        """

    def _awaited(self) -> AsyncPages[_T]: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> _T: ...
    def __class_getitem__(cls, item: Any) -> GenericAlias: ...

@final
class AsyncPages(Generic[_T]):
    """A list that streams, as `midentity.arm.Pages`, to be gone through with `async for`."""

    def by_page(self) -> AsyncPages[list[_T]]:
        """The pages themselves, as lists."""

    @property
    def continuation(self) -> str | None:
        """Where the next page is, for `resume`; None at the end."""

    def resume(self, continuation: str) -> Self:
        """Go on from where a `continuation` of the same list points. Gives the list itself."""

    def __aiter__(self) -> Self: ...
    def __anext__(self) -> Awaitable[_T]: ...
    def __class_getitem__(cls, item: Any) -> GenericAlias: ...

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

    @property
    def correlation_id(self) -> str | None:
        """The id that ties this client's requests together in the service's logs."""

    @property
    def remaining_requests(self) -> int | None:
        """How many more requests of this kind the service takes just now; None where it says nothing."""

    def header(self, name: str) -> str | None:
        """A header of the answer, where it is text."""

    def to_dict(self) -> dict[str, Any]:
        """The attributes as a dictionary."""

@final
class Subscription:
    """A subscription."""

    @property
    def id(self) -> str:
        """The resource id, `/subscriptions/<id>`."""

    @property
    def subscription_id(self) -> str:
        """The subscription's GUID."""

    @property
    def tenant_id(self) -> str:
        """The tenant's GUID."""

    @property
    def display_name(self) -> str:
        """The name that people see."""

    @property
    def state(self) -> str:
        """Such as `Enabled` and `Disabled`."""

    def to_dict(self) -> dict[str, Any]:
        """The attributes as a dictionary."""

@final
class ResourceGroup:
    """A resource group."""

    @property
    def id(self) -> str:
        """The resource id."""

    @property
    def name(self) -> str:
        """The name."""

    @property
    def location(self) -> str:
        """The region, such as `eastus`."""

    @property
    def tags(self) -> dict[str, str]:
        """The tags."""

    @property
    def provisioning_state(self) -> str:
        """Such as `Succeeded` and `Deleting`."""

    def to_dict(self) -> dict[str, Any]:
        """The attributes as a dictionary."""

@final
class UserIdentity:
    """A user-assigned identity."""

    @property
    def id(self) -> str:
        """The resource id."""

    @property
    def name(self) -> str:
        """The name."""

    @property
    def location(self) -> str:
        """The region."""

    @property
    def tags(self) -> dict[str, str]:
        """The tags."""

    @property
    def client_id(self) -> str:
        """The client (application) id: tokens are asked for by it."""

    @property
    def principal_id(self) -> str:
        """The object (principal) id: roles and groups want it."""

    @property
    def tenant_id(self) -> str:
        """The tenant's GUID."""

    @property
    def client_secret_url(self) -> str | None:
        """An address that older versions of the service give."""

    @property
    def isolation_scope(self) -> str | None:
        """`Regional` where only machines of its own region can have it, else `None` as a text."""

    def to_dict(self) -> dict[str, Any]:
        """The attributes as a dictionary.

        Example:
            >>> arm.user_identities.get("id1").to_dict()["location"]
            'eastus'
        """

@final
class SystemIdentity:
    """The system-assigned identity of a resource."""

    @property
    def client_id(self) -> str:
        """The client (application) id."""

    @property
    def principal_id(self) -> str:
        """The object (principal) id."""

    @property
    def tenant_id(self) -> str:
        """The tenant's GUID."""

    def to_dict(self) -> dict[str, Any]:
        """The attributes as a dictionary."""

@final
class FederatedCredential:
    """An outside identity that may sign in as a user-assigned one."""

    @property
    def id(self) -> str:
        """The resource id."""

    @property
    def name(self) -> str:
        """The name."""

    @property
    def issuer(self) -> str:
        """Who signs the outside tokens."""

    @property
    def subject(self) -> str:
        """Whom the outside tokens are about."""

    @property
    def audiences(self) -> list[str]:
        """Whom the outside tokens are for."""

    def to_dict(self) -> dict[str, Any]:
        """The attributes as a dictionary."""

@final
class AssignedIdentity:
    """One of a machine's user-assigned identities."""

    @property
    def id(self) -> str:
        """The resource id, as the machine spells it."""

    @property
    def client_id(self) -> str | None:
        """The client id; None while the machine is being changed."""

    @property
    def principal_id(self) -> str | None:
        """The object (principal) id; None while the machine is being changed."""

    def to_dict(self) -> dict[str, Any]:
        """The attributes as a dictionary."""

@final
class VmIdentity:
    """The identities of a virtual machine or scale set.

    Example:
        >>> found = arm.vm_identity("vm1").show()
        >>> found.kind, len(found.user_assigned)
        ('SystemAssigned, UserAssigned', 1)
    """

    @property
    def kind(self) -> str:
        """`None`, `SystemAssigned`, `UserAssigned`, or `SystemAssigned, UserAssigned`."""

    @property
    def system_assigned(self) -> str | None:
        """The object (principal) id of the system-assigned identity, where there is one."""

    @property
    def tenant_id(self) -> str | None:
        """The tenant's GUID, where there is a system-assigned identity."""

    @property
    def user_assigned(self) -> list[AssignedIdentity]:
        """The user-assigned identities."""

    @property
    def warnings(self) -> list[str]:
        """What the reader should know about the change."""

    def to_dict(self) -> dict[str, Any]:
        """The attributes as a dictionary."""

@final
class VmIdentityPlan:
    """What a change of a machine's identities would do.

    Example:
        >>> plan = arm.vm_identity("vm1").plan("remove", "[system]")
        >>> plan.goes, plan.changes
        (['[system]'], True)
    """

    @property
    def stays(self) -> list[str]:
        """The identities that stay: resource ids, and `[system]`."""

    @property
    def comes(self) -> list[str]:
        """The identities that come."""

    @property
    def goes(self) -> list[str]:
        """The identities that go."""

    @property
    def warnings(self) -> list[str]:
        """What the reader should know, such as a retired extension on the machine."""

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""

    def to_dict(self) -> dict[str, Any]:
        """The attributes as a dictionary."""

@final
class RoleDefinition:
    """A role definition."""

    @property
    def id(self) -> str:
        """The resource id."""

    @property
    def guid(self) -> str:
        """The GUID, the same for a built-in role in every cloud."""

    @property
    def role_name(self) -> str:
        """The name that people see, such as `Reader`."""

    @property
    def is_custom(self) -> bool:
        """Whether the role was made by the tenant, not by Azure."""

    @property
    def description(self) -> str:
        """What it is for."""

    @property
    def actions(self) -> list[str]:
        """The actions that it allows, with `*` for any."""

    @property
    def not_actions(self) -> list[str]:
        """What it takes away from `actions`."""

    @property
    def data_actions(self) -> list[str]:
        """The actions on data that it allows, such as reading blobs."""

    @property
    def not_data_actions(self) -> list[str]:
        """What it takes away from `data_actions`."""

    @property
    def assignable_scopes(self) -> list[str]:
        """The scopes that it can be given at, and below."""

    def allows(self, action: str) -> bool:
        """Whether it allows an action, such as `Microsoft.Compute/virtualMachines/write`.

        Example:
            >>> reader = arm.role_definitions().find("Reader")
            >>> reader.allows("Microsoft.Compute/virtualMachines/write")
            False
        """

    def to_dict(self) -> dict[str, Any]:
        """The attributes as a dictionary."""

@final
class RoleAssignment:
    """A role assignment."""

    @property
    def id(self) -> str:
        """The resource id."""

    @property
    def name(self) -> str:
        """The assignment's GUID."""

    @property
    def principal_id(self) -> str:
        """Whom the role is given to: an object (principal) id."""

    @property
    def principal_type(self) -> str:
        """`ServicePrincipal`, `User`, `Group`; empty where the service does not say."""

    @property
    def scope(self) -> str:
        """Where it holds."""

    @property
    def role_definition_id(self) -> str:
        """The role's id, as the service spells it at that scope."""

    @property
    def role_guid(self) -> str:
        """The role's GUID."""

    @property
    def description(self) -> str | None:
        """Why it was given, where somebody said so."""

    @property
    def condition(self) -> str | None:
        """The condition that it holds under, in Azure's language for it."""

    @property
    def condition_version(self) -> str | None:
        """The version of the condition's language."""

    def to_dict(self) -> dict[str, Any]:
        """The attributes as a dictionary."""
