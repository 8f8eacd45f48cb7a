"""The parts of Resource Manager's client for asyncio: as those of `midentity.arm`, awaited."""

from __future__ import annotations

from ._arm_places import (
    InGroup,
    Place,
    Scoped,
    assignments_by,
    principal_of,
    role_and_scope,
    text_of,
    texts_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from typing_extensions import Self

    from ._arm_access import _PrincipalType
    from ._arm_identities import _Verb
    from ._arm_places import _Native
    from ._arm_types import (
        AsyncOperation,
        AsyncPages,
        FederatedCredential,
        ResourceGroup,
        RoleAssignment,
        RoleDefinition,
        Subscription,
        SystemIdentity,
        UserIdentity,
        VmIdentity,
        VmIdentityPlan,
    )


class Subscriptions:
    """As `midentity.arm.Subscriptions`."""

    __slots__ = ("_native",)

    def __init__(self, native: _Native) -> None:
        """Made by the client."""
        self._native = native

    def list(self) -> AsyncPages[Subscription]:
        """Go through all of them."""
        return self._native().subscription_list()._awaited()  # noqa: SLF001


class ResourceGroups(Place):
    """As `midentity.arm.ResourceGroups`, awaited."""

    __slots__ = ()

    def __call__(self, subscription: str) -> Self:
        """The same of another subscription."""
        return type(self)(self._native, subscription, None)

    async def get(self, name: str) -> ResourceGroup:
        """Read one."""
        return await self._native().group_get(self._where(), name)

    def list(self) -> AsyncPages[ResourceGroup]:
        """Go through all that the caller sees."""
        return self._native().group_list(self._where())._awaited()  # noqa: SLF001

    async def exists(self, name: str) -> bool:
        """Whether there is one of this name."""
        return await self._native().group_exists(self._where(), name)

    async def create(self, name: str, location: str, *, tags: Mapping[str, str] | None = None) -> ResourceGroup:
        """Make it, or set the tags of the one that is there."""
        return await self._native().group_create(self._where(), name, location, dict(tags or {}))

    async def delete(self, name: str) -> AsyncOperation[None]:
        """Delete it and everything in it."""
        return await self._native().group_delete(self._where(), name)


class UserIdentities(InGroup):
    """As `midentity.arm.UserIdentities`, awaited."""

    __slots__ = ()

    async def create(
        self, name: str, *, location: str | None = None, tags: Mapping[str, str] | None = None
    ) -> UserIdentity:
        """Make the identity, or update the one that is there."""
        native, (subscription, group) = self._native(), self._both()
        return await native.identity_create(subscription, group, name, location, None if tags is None else dict(tags))

    async def get(self, name: str) -> UserIdentity:
        """Read one."""
        native, (subscription, group) = self._native(), self._both()
        return await native.identity_get(subscription, group, name)

    def list(self) -> AsyncPages[UserIdentity]:
        """Go through all of the group, or of the subscription where no group was named."""
        return self._native().identity_list(self._where(), self._group or "")._awaited()  # noqa: SLF001

    async def update(self, name: str, tags: Mapping[str, str]) -> UserIdentity:
        """Set the tags, all of them."""
        native, (subscription, group) = self._native(), self._both()
        return await native.identity_update(subscription, group, name, dict(tags))

    async def delete(self, name: str) -> bool:
        """Delete it; whether there was one."""
        native, (subscription, group) = self._native(), self._both()
        return await native.identity_delete(subscription, group, name)

    def federated_credentials(self, identity: str) -> FederatedCredentials:
        """The federated credentials of one of the identities, by its name."""
        subscription, group = self._both()
        return FederatedCredentials(self._native, subscription, group, identity)


class FederatedCredentials:
    """As `midentity.arm.FederatedCredentials`, awaited."""

    __slots__ = ("_group", "_identity", "_native", "_subscription")

    def __init__(self, native: _Native, subscription: str, group: str, identity: str) -> None:
        """Made by `UserIdentities.federated_credentials`."""
        self._native = native
        self._subscription = subscription
        self._group = group
        self._identity = identity

    async def create(
        self, name: str, *, issuer: str, subject: str, audiences: Sequence[str] = ()
    ) -> FederatedCredential:
        """Make one, or replace the one of this name."""
        return await self._native().federated_create(
            self._subscription, self._group, self._identity, name, issuer, subject, [*audiences]
        )

    async def get(self, name: str) -> FederatedCredential:
        """Read one."""
        return await self._native().federated_get(self._subscription, self._group, self._identity, name)

    def list(self) -> AsyncPages[FederatedCredential]:
        """Go through all of the identity."""
        found = self._native().federated_list(self._subscription, self._group, self._identity)
        return found._awaited()  # noqa: SLF001

    async def delete(self, name: str) -> bool:
        """Delete one; whether there was one."""
        return await self._native().federated_delete(self._subscription, self._group, self._identity, name)


class VmIdentities:
    """As `midentity.arm.VmIdentities`, awaited."""

    __slots__ = ("_native", "id")

    def __init__(self, native: _Native, machine: str) -> None:
        """Made by the client."""
        self._native = native
        self.id: str = native().vm_id(machine)
        """The machine's resource id."""

    async def show(self) -> VmIdentity:
        """Read them."""
        return await self._native().vm_show(self.id)

    async def add(self, *identities: str | UserIdentity) -> AsyncOperation[VmIdentity]:
        """Assign identities; all others stay."""
        return await self._native().vm_change(self.id, "add", texts_of(identities))

    async def remove(self, *identities: str | UserIdentity) -> AsyncOperation[VmIdentity]:
        """Take identities away; all others stay."""
        return await self._native().vm_change(self.id, "remove", texts_of(identities))

    async def remove_all_user(self) -> AsyncOperation[VmIdentity]:
        """Take all user-assigned identities away."""
        return await self._native().vm_change(self.id, "remove_all_user", [])

    async def remove_all(self) -> AsyncOperation[VmIdentity]:
        """Take all identities away."""
        return await self._native().vm_change(self.id, "remove_all", [])

    async def set(self, *identities: str | UserIdentity) -> AsyncOperation[VmIdentity]:
        """Give the machine these identities and no others."""
        return await self._native().vm_change(self.id, "set", texts_of(identities))

    async def plan(self, verb: _Verb, *identities: str | UserIdentity) -> VmIdentityPlan:
        """Say what a change would do, and change nothing."""
        return await self._native().vm_plan(self.id, verb, texts_of(identities))

    async def apply(self, plan: VmIdentityPlan) -> AsyncOperation[VmIdentity]:
        """Do what a plan says."""
        return await self._native().vm_apply(self.id, plan)

    async def dangling(self) -> Sequence[str]:
        """The user-assigned identities that the machine names and that are no more."""
        return await self._native().vm_dangling(self.id)

    def __repr__(self) -> str:
        """Say whose."""
        return f"<midentity.aio.VmIdentities {self.id}>"


class VirtualMachines(InGroup):
    """As `midentity.arm.VirtualMachines`, awaited."""

    __slots__ = ()

    async def create(
        self,
        name: str,
        body: Mapping[str, Any],
        *,
        identities: Sequence[str | UserIdentity] = (),
        role: str | None = None,
        scope: str | None = None,
    ) -> AsyncOperation[VmIdentity]:
        """Make a machine with its identities, and give its system-assigned identity a role."""
        subscription, group = self._both()
        named, given = texts_of(tuple(identities)), role_and_scope(role, scope)
        return await self._native().vm_create(subscription, group, name, dict(body), named, given)


class RoleDefinitions(Scoped):
    """As `midentity.arm.RoleDefinitions`, awaited."""

    __slots__ = ()

    def list(self) -> AsyncPages[RoleDefinition]:
        """Go through all of them."""
        return self._native().role_list(self._scope)._awaited()  # noqa: SLF001

    async def find(self, role: str) -> RoleDefinition:
        """The role of this name (case ignored), GUID or id."""
        return await self._native().role_find(self._scope, role)


class RoleAssignments(Scoped):
    """As `midentity.arm.RoleAssignments`, awaited."""

    __slots__ = ()

    async def assign(
        self,
        role: str,
        principal_id: str | UserIdentity | SystemIdentity,
        principal_type: _PrincipalType = "ServicePrincipal",
    ) -> AsyncOperation[RoleAssignment]:
        """Give a role; that it is given already is success."""
        return await self._native().assign(self._scope, role, principal_of(principal_id), principal_type)

    def list(
        self,
        *,
        principal_id: str | UserIdentity | SystemIdentity | None = None,
        assigned_to: str | UserIdentity | SystemIdentity | None = None,
        at_scope: bool = False,
    ) -> AsyncPages[RoleAssignment]:
        """Go through those at the scope, above and below, or with a filter."""
        by, principal = assignments_by(principal_id, assigned_to, at_scope)
        return self._native().assignment_list(self._scope, by, principal)._awaited()  # noqa: SLF001

    async def delete(self, assignment: str | RoleAssignment) -> bool:
        """Take a role away; whether there was one."""
        return await self._native().assignment_delete(self._scope, text_of(assignment))

    async def wait_until_visible(self, assignment: str | RoleAssignment, *, timeout: float = 300.0) -> None:
        """Wait until the assignment can be read at the scope."""
        await self._native().wait_until_visible(self._scope, text_of(assignment), timeout)

    async def wait_until_allowed(self, action: str, *, timeout: float = 600.0) -> None:
        """Wait until the caller itself may do something at the scope."""
        await self._native().wait_until_allowed(self._scope, action, timeout)
