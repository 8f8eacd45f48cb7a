"""`python -m midentity role …`, `group …` and `rest …`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ._arguments import invalid
from ._command_arm import SCOPE_HELP, Commands, Session, as_json, finish, one, rows

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

_ASSIGNMENT = ("principal_id", "principal_type", "role", "scope", "name")


def add_commands(commands: Commands) -> None:
    """Add them."""
    role = commands.group("role", "roles: who may do what, where")
    listed = role.add("list", _list, "list the role assignments at a scope, above and below")
    listed.add_argument("--scope", metavar="ID", help=SCOPE_HELP)
    chosen = listed.add_mutually_exclusive_group()
    chosen.add_argument("--principal-id", metavar="ID", help="those of this principal (object id)")
    chosen.add_argument("--assigned-to", metavar="ID", help="those of this principal and its groups")
    chosen.add_argument("--at-scope", action="store_true", help="those at the scope and above only")
    for name, run, help_text in (
        ("assign", _assign, "give a role; that it is given already is no error"),
        ("unassign", _unassign, "take a role away; that nobody has it is no error"),
    ):
        parser = role.add(name, run, help_text)
        parser.add_argument("role", help="the role's name, such as Reader, or its GUID")
        parser.add_argument("--principal-id", metavar="ID", required=True, help="the principal (object) id")
        parser.add_argument("--scope", metavar="ID", help=SCOPE_HELP.partition(", else --sub")[0] + "; one is needed")
        if name == "assign":
            parser.add_argument(
                "--principal-type",
                choices=("ServicePrincipal", "User", "Group"),
                default="ServicePrincipal",
                help="what the principal is; managed identities are service principals (the default)",
            )
    defined = role.add("definitions", _definitions, "list the roles that can be given at a scope")
    defined.add_argument("name", nargs="?", help="only the role of this name or GUID")
    defined.add_argument("--scope", metavar="ID", help=SCOPE_HELP)

    group = commands.group("group", "resource groups")
    group.add("list", _groups, "list those of the subscription")
    group.add("show", _group, "show one").add_argument("name", nargs="?", help="its name; this machine's without")


def add_rest(parser: argparse.ArgumentParser) -> None:
    """The arguments of `rest`."""
    parser.add_argument("method", help="GET, HEAD, PUT, PATCH, POST or DELETE")
    parser.add_argument("path", help="such as /subscriptions/<id>; may hold a query")
    parser.add_argument("--api-version", default="", help="such as 2021-04-01, unless the path's query holds it")
    parser.add_argument(
        "--body", metavar="JSON", help="what to send, as JSON; @FILE reads it from there, @- from stdin"
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--wait", action="store_true", help="wait for the long-running work that the request starts")
    kind.add_argument("--all", action="store_true", help="the answer is a list: print the items of all its pages")


def rest(options: argparse.Namespace) -> str:
    """Send a request, print its answer."""
    body = None if options.body is None else _read_body(options.body)
    method, path, version = options.method.upper(), options.path, options.api_version
    if options.all:
        if method != "GET" or body is not None:
            invalid("--all goes with GET, and without a body", "leave --all out")
        return as_json([*Session(options).arm.list(path, version)])
    arm = Session(options).arm
    if options.wait:
        return as_json(finish(arm.start(method, path, version, body)).body)
    return as_json(arm.request(method, path, version, body).body)


def _read_body(given: str) -> Any:
    text = given
    if given.startswith("@"):
        try:
            text = sys.stdin.read() if given == "@-" else Path(given[1:]).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            invalid(f"the body can't be read from {given[1:]}: {error}", "give JSON, @FILE or @-")
    try:
        return json.loads(text)
    except ValueError as error:
        invalid(f"the body is not JSON: {error}", 'give such as \'{"location": "eastus"}\', or @FILE')


def _list(options: argparse.Namespace) -> str:
    session = Session(options)
    scope = session.scope
    found = session.arm.role_assignments(scope).list(
        principal_id=options.principal_id, assigned_to=options.assigned_to, at_scope=options.at_scope
    )
    if options.output == "json":
        return rows(options, found, ())
    names = {role.guid.lower(): role.role_name for role in session.arm.role_definitions(scope).list()}
    return rows(options, (_Named(a.to_dict(), names) for a in found), _ASSIGNMENT)


class _Named:
    """An assignment with its role's name."""

    def __init__(self, assignment: dict[str, Any], names: dict[str, str]) -> None:
        guid = assignment["role_guid"]
        self._shown = {**assignment, "role": names.get(guid.lower(), guid)}

    def to_dict(self) -> dict[str, Any]:
        return self._shown


def _scope(options: argparse.Namespace, session: Session) -> str:
    # Rights are given where somebody said so, and never at a default.
    if not options.scope and not options.resource_group:
        hint = "give --scope (such as a resource group's id) or --resource-group"
        invalid("no scope was named", hint, "argument.scope_path")
    return session.scope


def _assign(options: argparse.Namespace) -> str:
    session = Session(options)
    here = session.arm.role_assignments(_scope(options, session))
    assigned = finish(here.assign(options.role, options.principal_id, options.principal_type))
    return one(options, assigned.to_dict())


def _unassign(options: argparse.Namespace) -> str:
    session = Session(options)
    scope = _scope(options, session)
    guid = session.arm.role_definitions(scope).find(options.role).guid
    here = session.arm.role_assignments(scope)
    taken = []
    for found in here.list(principal_id=options.principal_id):
        # The list has what is inherited and what is below, too.
        same_scope = found.scope.rstrip("/").lower() == scope.rstrip("/").lower()
        if same_scope and found.role_guid.lower() == guid.lower() and here.delete(found):
            taken.append(found.name)
    return one(options, {"scope": scope, "principal_id": options.principal_id, "unassigned": taken})


def _definitions(options: argparse.Namespace) -> str:
    session = Session(options)
    roles = session.arm.role_definitions(session.scope)
    if options.name:
        return one(options, roles.find(options.name).to_dict())
    return rows(options, roles.list(), ("role_name", "is_custom", "guid"))


def _groups(options: argparse.Namespace) -> str:
    session = Session(options)
    found = session.arm.resource_groups(session.subscription).list()
    return rows(options, found, ("name", "location", "provisioning_state", "id"))


def _group(options: argparse.Namespace) -> str:
    session = Session(options)
    name = options.name or session.group
    return one(options, session.arm.resource_groups(session.subscription).get(name).to_dict())
