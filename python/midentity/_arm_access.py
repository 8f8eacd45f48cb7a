"""Subscriptions and resource groups, and who may do what in them."""

from __future__ import annotations

from ._arm_places import Place, Scoped, assignments_by, principal_of, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from typing_extensions import Self

    from ._arm_places import _Native
    from ._arm_types import (
        Operation,
        Pages,
        ResourceGroup,
        RoleAssignment,
        RoleDefinition,
        Subscription,
        SystemIdentity,
        UserIdentity,
    )

    _PrincipalType = Literal["ServicePrincipal", "User", "Group"]


class Subscriptions:
    """The subscriptions that the caller sees."""

    __slots__ = ("_native",)

    def __init__(self, native: _Native) -> None:
        """Made by the client."""
        self._native = native

    def list(self) -> Pages[Subscription]:
        """Go through all of them.

        Example:
            >>> [subscription.display_name for subscription in arm.subscriptions.list()]
            ['emulated']
        """
        return self._native().subscription_list()


class ResourceGroups(Place):
    """The resource groups of a subscription.

    Called, it gives those of another one: `arm.resource_groups(subscription)`.
    """

    __slots__ = ()

    def __call__(self, subscription: str) -> Self:
        """The same of another subscription."""
        return type(self)(self._native, subscription, None)

    def get(self, name: str) -> ResourceGroup:
        """Read one.

        Raises:
            NotFoundError: There is none of this name.
            ForbiddenError: The caller has no role there.
            MidentityError: Whatever else may fail.

        Example:
            >>> arm.resource_groups.get("rg1").location
            'eastus'
        """
        return self._native().group_get(self._where(), name).wait()

    def list(self) -> Pages[ResourceGroup]:
        """Go through all that the caller sees.

        Example:
            >>> [group.name for group in arm.resource_groups.list()]
            ['rg1', 'rg2']
        """
        return self._native().group_list(self._where())

    def exists(self, name: str) -> bool:
        """Whether there is one of this name. One that the caller may not read is an error, not a no.

        Example:
            >>> arm.resource_groups.exists("no-such-group")
            False
        """
        return self._native().group_exists(self._where(), name).wait()

    def create(self, name: str, location: str, *, tags: Mapping[str, str] | None = None) -> ResourceGroup:
        """Make it, or set the tags of the one that is there.

        Raises:
            ConflictError: It exists in another region.
            MidentityError: Whatever else may fail.

        Example:
            >>> arm.resource_groups.create("rg9", "westeurope", tags={"owner": "me"}).tags
            {'owner': 'me'}
        """
        return self._native().group_create(self._where(), name, location, dict(tags or {})).wait()

    def delete(self, name: str) -> Operation[None]:
        """Delete it and everything in it. One that is not there is as wanted.

        Example:
            >>> arm.resource_groups.delete("rg2").wait()
        """
        return self._native().group_delete(self._where(), name).wait()


class RoleDefinitions(Scoped):
    """The roles that can be given at a scope."""

    __slots__ = ()

    def list(self) -> Pages[RoleDefinition]:
        """Go through all of them, built-in and custom.

        Example:
            >>> "Reader" in [role.role_name for role in arm.role_definitions().list()]
            True
        """
        return self._native().role_list(self._scope)

    def find(self, role: str) -> RoleDefinition:
        """The role of this name (case ignored), GUID or id.

        Raises:
            NotFoundError: There is none (`role.unknown`); the hint names the nearest.
            MidentityError: Whatever else may fail.

        Example:
            >>> arm.role_definitions().find("reader").guid
            'acdd72a7-3385-48ef-bd42-f606fba81ae7'
        """
        return self._native().role_find(self._scope, role).wait()


class RoleAssignments(Scoped):
    """Who has which role at a scope."""

    __slots__ = ()

    def assign(
        self,
        role: str,
        principal_id: str | UserIdentity | SystemIdentity,
        principal_type: _PrincipalType = "ServicePrincipal",
    ) -> Operation[RoleAssignment]:
        """Give a role; that it is given already is success. A principal that is new is waited for, up to 5 minutes.

        Args:
            role: The role's name, GUID or id.
            principal_id: The object (principal) id, or an identity that has one.
            principal_type: What the principal is: managed identities are service principals.

        Raises:
            InvalidArgumentError: It is no object id.
            NotFoundError: There is no such role (`role.unknown`) or principal (`role.principal_unknown`).
            ForbiddenError: The caller needs Owner, User Access Administrator or Role Based Access Control
                Administrator.
            MidentityError: Whatever else may fail.

        Example:
            >>> group = arm.resource_groups.get("rg2")
            >>> reader = arm.user_identities.get("id1")
            >>> arm.role_assignments(group.id).assign("Reader", reader).wait().principal_type
            'ServicePrincipal'
        """
        return self._native().assign(self._scope, role, principal_of(principal_id), principal_type).wait()

    def list(
        self,
        *,
        principal_id: str | UserIdentity | SystemIdentity | None = None,
        assigned_to: str | UserIdentity | SystemIdentity | None = None,
        at_scope: bool = False,
    ) -> Pages[RoleAssignment]:
        """Go through those at the scope, above and below; or with one of the filters.

        Args:
            principal_id: Those of this principal.
            assigned_to: Those of this principal and of the groups that it is in.
            at_scope: Those at the scope and above only.

        Example:
            >>> group = arm.resource_groups.get("rg1")
            >>> identity = arm.user_identities.get("id1")
            >>> [found.scope == group.id for found in arm.role_assignments(group.id).list(principal_id=identity)]
            [True]
        """
        by, principal = assignments_by(principal_id, assigned_to, at_scope)
        return self._native().assignment_list(self._scope, by, principal)

    def delete(self, assignment: str | RoleAssignment) -> bool:
        """Take a role away, by the assignment, its GUID or its id; whether there was one.

        Example:
            >>> group = arm.resource_groups.get("rg1")
            >>> here = arm.role_assignments(group.id)
            >>> [here.delete(found) for found in here.list(principal_id=arm.user_identities.get("id1"))]
            [True]
        """
        return self._native().assignment_delete(self._scope, text_of(assignment)).wait()

    def wait_until_visible(self, assignment: str | RoleAssignment, *, timeout: float = 300.0) -> None:
        """Wait until the assignment can be read at the scope, whosever it is. It may still not work everywhere.

        Raises:
            RequestTimeoutError: It could not be read within the time (`role.not_visible`).
            MidentityError: Whatever else may fail.

        Example:
            >>> group = arm.resource_groups.get("rg1")
            >>> here = arm.role_assignments(group.id)
            >>> assigned = here.assign("Reader", arm.user_identities.get("id1")).wait()
            >>> here.wait_until_visible(assigned)
        """
        self._native().wait_until_visible(self._scope, text_of(assignment), timeout).wait()

    def wait_until_allowed(self, action: str, *, timeout: float = 600.0) -> None:
        """Wait until the caller itself may do something at the scope.

        Args:
            action: Such as `Microsoft.Resources/subscriptions/resourceGroups/read`.
            timeout: Seconds to wait.

        Raises:
            RequestTimeoutError: It was not allowed within the time (`role.not_allowed`).
            MidentityError: Whatever else may fail.

        Example:
            >>> group = arm.resource_groups.get("rg1")
            >>> here = ArmClient().role_assignments(group.id)
            >>> here.wait_until_allowed("Microsoft.Resources/subscriptions/resourceGroups/read")
        """
        self._native().wait_until_allowed(self._scope, action, timeout).wait()
