"""What the parts of a Resource Manager client have in common: where they work."""

from __future__ import annotations

from ._arguments import invalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from typing_extensions import Self

    from . import _native

    _Native = Callable[[], _native.ArmClient]


class Place:
    """A subscription, and perhaps a group in it."""

    __slots__ = ("_group", "_native", "_subscription")

    def __init__(self, native: _Native, subscription: str | None, group: str | None) -> None:
        """Made by the client."""
        self._native = native
        self._subscription = subscription
        self._group = group

    def _where(self) -> str:
        if self._subscription is None:
            hint = "give its id to the client (subscription=…) or to the call"
            invalid("no subscription was named", hint, "argument.name")
        return self._subscription

    def _both(self) -> tuple[str, str]:
        subscription = self._where()
        if not self._group:
            hint = "give its name to the client (resource_group=…) or to the call"
            invalid("no resource group was named", hint, "argument.name")
        return subscription, self._group

    def __repr__(self) -> str:
        """Say where."""
        names = ", ".join(repr(name) for name in (self._subscription, self._group) if name)
        return f"<midentity.arm.{type(self).__name__} {names}>"


class InGroup(Place):
    """What is in a resource group."""

    __slots__ = ()

    def __call__(self, subscription: str, resource_group: str = "") -> Self:
        """The same of another subscription or group."""
        return type(self)(self._native, subscription, resource_group)


class Scoped:
    """What hangs on a scope."""

    __slots__ = ("_native", "_scope")

    def __init__(self, native: _Native, scope: str) -> None:
        """Made by the client."""
        self._native = native
        self._scope = scope

    def __repr__(self) -> str:
        """Say where."""
        return f"<midentity.arm.{type(self).__name__} {self._scope}>"


def text_of(thing: Any) -> str:
    """The id of an object that has one, or the text that was given."""
    if isinstance(thing, str):
        return thing
    found = getattr(thing, "id", None)
    if not isinstance(found, str):
        invalid(f"{type(thing).__name__} is no id", "give a text, or an object with an id")
    return found


def texts_of(things: tuple[Any, ...]) -> list[str]:
    """The ids of several; a list that was given as one is a mistake that is easily made."""
    if len(things) == 1 and isinstance(things[0], (list, tuple, set, frozenset)):
        invalid("the identities are given one by one", "put a star before the list", "argument.identity")
    return [text_of(thing) for thing in things]


def machine_id(machine: Any, subscription: str | None, group: str | None) -> str:
    """A machine's id, from its id or its name in the client's own group."""
    text = text_of(machine)
    if text.startswith("/") or not subscription or not group:
        return text
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{text}"


def scope_of(scope: Any, subscription: str | None, group: str | None) -> str:
    """A scope: what was given, else the client's own group, else its subscription."""
    if scope is not None:
        return text_of(scope)
    if not subscription:
        hint = "give the id of a subscription, group or resource"
        invalid("no scope was named", hint, "argument.scope_path")
    return f"/subscriptions/{subscription}" + (f"/resourceGroups/{group}" if group else "")


def principal_of(principal: Any) -> str:
    """A principal's object id, from itself or from an identity that was made or read."""
    if isinstance(principal, str):
        return principal
    found = getattr(principal, "principal_id", None)
    if not isinstance(found, str):
        hint = "give the principal (object) id, or an identity that has one"
        invalid(f"{type(principal).__name__} is no principal", hint, "argument.identity")
    return found


def assignments_by(principal_id: Any, assigned_to: Any, at_scope: bool) -> tuple[str, str]:
    """The one filter that a list of role assignments can have."""
    if (principal_id is not None) + (assigned_to is not None) + at_scope > 1:
        invalid("two filters were given", "give one of principal_id, assigned_to and at_scope")
    if principal_id is not None:
        return "principal", principal_of(principal_id)
    if assigned_to is not None:
        return "assigned_to", principal_of(assigned_to)
    return ("at_scope" if at_scope else "all"), ""


def role_and_scope(role: str | None, scope: Any) -> tuple[str, str] | None:
    """The role of a new machine, which needs a scope."""
    if role is None and scope is None:
        return None
    if role is None or scope is None:
        invalid("a role and its scope go together", "give both, or neither")
    return role, text_of(scope)
