"""Identities in Resource Manager: user-assigned ones, and those of machines."""

from __future__ import annotations

from ._arm_places import InGroup, role_and_scope, texts_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Literal

    from ._arm_places import _Native
    from ._arm_types import FederatedCredential, Operation, Pages, UserIdentity, VmIdentity, VmIdentityPlan

    _Verb = Literal["add", "remove", "set", "remove_all_user", "remove_all"]


class UserIdentities(InGroup):
    """The user-assigned identities of a resource group, or of a whole subscription (to list them).

    Called, it gives those of another one: `arm.user_identities(subscription, resource_group)`.
    """

    __slots__ = ()

    def create(self, name: str, *, location: str | None = None, tags: Mapping[str, str] | None = None) -> UserIdentity:
        """Make the identity, or update the one that is there.

        Args:
            name: 3 to 128 letters, digits, `-` and `_`, beginning with a letter or digit.
            location: The region; the group's own where it is left out.
            tags: The tags, all of them; those of an existing identity stay where they are left out.

        Raises:
            InvalidArgumentError: The name can't be one (`argument.name`).
            ForbiddenError: The caller needs the role Managed Identity Contributor.
            MidentityError: Whatever else may fail.

        Example:
            >>> identity = arm.user_identities.create("id9", tags={"owner": "me"})
            >>> identity.name, identity.location
            ('id9', 'eastus')
        """
        native, (subscription, group) = self._native(), self._both()
        return native.identity_create(subscription, group, name, location, None if tags is None else dict(tags)).wait()

    def get(self, name: str) -> UserIdentity:
        """Read one.

        Raises:
            NotFoundError: There is none of this name.
            MidentityError: Whatever else may fail.

        Example:
            >>> arm.user_identities.get("id1").location
            'eastus'
        """
        native, (subscription, group) = self._native(), self._both()
        return native.identity_get(subscription, group, name).wait()

    def list(self) -> Pages[UserIdentity]:
        """Go through all of the group, or of the subscription where no group was named.

        Example:
            >>> [identity.name for identity in arm.user_identities.list()]
            ['id1']
        """
        return self._native().identity_list(self._where(), self._group or "")

    def update(self, name: str, tags: Mapping[str, str]) -> UserIdentity:
        """Set the tags, all of them.

        Example:
            >>> arm.user_identities.update("id1", {"owner": "me"}).tags
            {'owner': 'me'}
        """
        native, (subscription, group) = self._native(), self._both()
        return native.identity_update(subscription, group, name, dict(tags)).wait()

    def delete(self, name: str) -> bool:
        """Delete it. Machines that it is assigned to keep naming it: see `vm_identity(…).dangling()`.

        Returns:
            Whether there was one.

        Example:
            >>> arm.user_identities.delete("no-such-identity")
            False
        """
        native, (subscription, group) = self._native(), self._both()
        return native.identity_delete(subscription, group, name).wait()

    def federated_credentials(self, identity: str) -> FederatedCredentials:
        """The federated credentials of one of the identities, by its name."""
        subscription, group = self._both()
        return FederatedCredentials(self._native, subscription, group, identity)


class FederatedCredentials:
    """Outside identities that may sign in as a user-assigned one."""

    __slots__ = ("_group", "_identity", "_native", "_subscription")

    def __init__(self, native: _Native, subscription: str, group: str, identity: str) -> None:
        """Made by `UserIdentities.federated_credentials`."""
        self._native = native
        self._subscription = subscription
        self._group = group
        self._identity = identity

    def create(self, name: str, *, issuer: str, subject: str, audiences: Sequence[str] = ()) -> FederatedCredential:
        """Make one, or replace the one of this name. Writes on one identity take turns, as Azure wants it.

        Args:
            name: 3 to 120 letters, digits, `-` and `_`, beginning with a letter or digit.
            issuer: Who signs the outside tokens: an https address.
            subject: Whom they are about.
            audiences: Whom they are for; `api://AzureADTokenExchange` where it is left out.

        Example:
            >>> credentials = arm.user_identities.federated_credentials("id1")
            >>> made = credentials.create("from-ci", issuer="https://token.example.com", subject="repo:a/b")
            >>> made.audiences
            ['api://AzureADTokenExchange']
        """
        call = self._native().federated_create(
            self._subscription, self._group, self._identity, name, issuer, subject, [*audiences]
        )
        return call.wait()

    def get(self, name: str) -> FederatedCredential:
        """Read one."""
        return self._native().federated_get(self._subscription, self._group, self._identity, name).wait()

    def list(self) -> Pages[FederatedCredential]:
        """Go through all of the identity.

        Example:
            >>> [c.name for c in arm.user_identities.federated_credentials("id1").list()]
            []
        """
        return self._native().federated_list(self._subscription, self._group, self._identity)

    def delete(self, name: str) -> bool:
        """Delete one; whether there was one."""
        return self._native().federated_delete(self._subscription, self._group, self._identity, name).wait()


class VmIdentities:
    """The identities of a virtual machine or scale set.

    Identities are given as resource ids, as names in the machine's own resource group, as objects that were made or
    read, or as `[system]` for the system-assigned one. Those that are not named stay.
    """

    __slots__ = ("_native", "id")

    def __init__(self, native: _Native, machine: str) -> None:
        """Made by `ArmClient.vm_identity`."""
        self._native = native
        self.id: str = native().vm_id(machine)
        """The machine's resource id."""

    def show(self) -> VmIdentity:
        """Read them.

        Example:
            >>> arm.vm_identity("vm1").show().kind
            'SystemAssigned, UserAssigned'
        """
        return self._native().vm_show(self.id).wait()

    def add(self, *identities: str | UserIdentity) -> Operation[VmIdentity]:
        """Assign identities; all others stay.

        Raises:
            InvalidArgumentError: One of them can't be an identity.
            ForbiddenError: The caller needs the right to change the machine (Virtual Machine Contributor), and for each
                user-assigned identity Managed Identity Operator.
            NotFoundError: There is no such machine or identity.
            MidentityError: Whatever else may fail.

        Example:
            >>> arm.vm_identity("vm1").add("[system]", "id1").changes
            False
        """
        return self._native().vm_change(self.id, "add", texts_of(identities)).wait()

    def remove(self, *identities: str | UserIdentity) -> Operation[VmIdentity]:
        """Take identities away; all others stay.

        Example:
            >>> arm.vm_identity("vm1").remove("id1").wait().kind
            'SystemAssigned'
        """
        return self._native().vm_change(self.id, "remove", texts_of(identities)).wait()

    def remove_all_user(self) -> Operation[VmIdentity]:
        """Take all user-assigned identities away; the system-assigned one stays where there is one.

        Example:
            >>> arm.vm_identity("vm1").remove_all_user().wait().kind
            'SystemAssigned'
        """
        return self._native().vm_change(self.id, "remove_all_user", []).wait()

    def remove_all(self) -> Operation[VmIdentity]:
        """Take all identities away.

        Example:
            >>> arm.vm_identity("vm1").remove_all().wait().kind
            'None'
        """
        return self._native().vm_change(self.id, "remove_all", []).wait()

    def set(self, *identities: str | UserIdentity) -> Operation[VmIdentity]:
        """Give the machine these identities and no others.

        Example:
            >>> arm.vm_identity("vm1").set("id1").wait().kind
            'UserAssigned'
        """
        return self._native().vm_change(self.id, "set", texts_of(identities)).wait()

    def plan(self, verb: _Verb, *identities: str | UserIdentity) -> VmIdentityPlan:
        """Say what a change would do, and change nothing.

        Args:
            verb: `add`, `remove`, `set`, `remove_all_user` or `remove_all`.
            *identities: As for the method of that name.

        Example:
            >>> arm.vm_identity("vm1").plan("remove", "[system]").goes
            ['[system]']
        """
        return self._native().vm_plan(self.id, verb, texts_of(identities)).wait()

    def apply(self, plan: VmIdentityPlan) -> Operation[VmIdentity]:
        """Do what a plan says; where the machine has changed since, the change is planned anew.

        Example:
            >>> vm = arm.vm_identity("vm1")
            >>> vm.apply(vm.plan("remove", "[system]")).wait().kind
            'UserAssigned'
        """
        return self._native().vm_apply(self.id, plan).wait()

    def dangling(self) -> Sequence[str]:
        """The user-assigned identities that the machine names and that are no more, by their ids.

        Example:
            >>> arm.vm_identity("vm1").dangling()
            []
        """
        return self._native().vm_dangling(self.id).wait()

    def __repr__(self) -> str:
        """Say whose."""
        return f"<midentity.arm.VmIdentities {self.id}>"


class VirtualMachines(InGroup):
    """The virtual machines of a resource group, as far as their identity goes."""

    __slots__ = ()

    def create(
        self,
        name: str,
        body: Mapping[str, Any],
        *,
        identities: Sequence[str | UserIdentity] = (),
        role: str | None = None,
        scope: str | None = None,
    ) -> Operation[VmIdentity]:
        """Make a machine with its identities, and give its system-assigned identity a role.

        Args:
            name: The machine's name.
            body: Location, properties and what else Azure's virtual machines need.
            identities: As for `VmIdentities.add`.
            role: The role's name or GUID; needs `[system]` among the identities.
            scope: Where the role holds: the id of a subscription, group or resource.

        Raises:
            MidentityError: As `VmIdentities.add` and `RoleAssignments.assign`. Where the machine was made and the role
                was not given, the message says so.

        Example:
            >>> group = arm.resource_groups.get("rg1")
            >>> body = {"location": "eastus", "properties": {"hardwareProfile": {"vmSize": "Standard_B1s"}}}
            >>> arm.virtual_machines.create("vm9", body, identities=["[system]"], role="Reader", scope=group.id).what
            'making the virtual machine vm9'
        """
        subscription, group = self._both()
        given = role_and_scope(role, scope)
        return (
            self._native().vm_create(subscription, group, name, dict(body), texts_of(tuple(identities)), given).wait()
        )
