"""What the commands of Resource Manager have in common: who signs in, where, and how results are shown."""

from __future__ import annotations

import argparse
import json
import sys

from ._arguments import invalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, TypeVar

    from .arm import ArmClient, Operation, Progress

    _T = TypeVar("_T")


WHERE_DEFAULT = "of this machine, as its instance metadata says, unless given"
SCOPE_HELP = "the id of a subscription, resource group or resource; else --resource-group, else --subscription"
IDENTITY_HELP = "a resource id, a name in the machine's resource group, or [system]"


class Commands:
    """Adds commands with the flags that all of them have."""

    def __init__(self, parsers: Any, common: argparse.ArgumentParser, epilog: str) -> None:
        """Take the parsers to add to."""
        self._parsers = parsers
        self._common = common
        self._epilog = epilog

    def group(self, name: str, help: str) -> Commands:  # noqa: A002
        """Add a command that has commands of its own."""
        parser = self._parsers.add_parser(name, help=help, description=help, epilog=self._epilog)
        parsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
        return Commands(parsers, self._common, self._epilog)

    def add(
        self,
        name: str,
        run: Callable[[argparse.Namespace], str],
        help: str,  # noqa: A002
    ) -> argparse.ArgumentParser:
        """Add a command."""
        parser: argparse.ArgumentParser = self._parsers.add_parser(
            name, help=help, description=help, parents=[self._common], epilog=self._epilog
        )
        parser.set_defaults(run=run)
        return parser


def add_sign_in(parser: argparse.ArgumentParser) -> None:
    """Flags that say who signs in to Resource Manager."""
    group = parser.add_argument_group("who signs in to Resource Manager")
    group.add_argument(
        "--token-source",
        choices=("managed-identity", "azure-cli"),
        default="managed-identity",
        help="the machine's identity (the default), or whoever has signed in with az login",
    )
    group.add_argument("--tenant", metavar="ID", help="with azure-cli: the login of this tenant")
    group.add_argument(
        "--audience", metavar="URI", help="what a private cloud's tokens are for; its origin unless given"
    )


def add_places(parser: argparse.ArgumentParser) -> None:
    """Flags that say where."""
    group = parser.add_argument_group("which resources")
    group.add_argument("--subscription", metavar="ID", help=f"the subscription; {WHERE_DEFAULT}")
    group.add_argument("--resource-group", "-g", metavar="NAME", help=f"the resource group; {WHERE_DEFAULT}")


def common_flags(where: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The flags of every command here: the general ones, who signs in, which resources, how it is shown."""
    common = argparse.ArgumentParser(add_help=False, parents=[where])
    add_sign_in(common)
    add_places(common)
    common.add_argument("--output", choices=("table", "json"), default="table", help="table (the default) or json")
    return common


class Session:
    """A client, and the places that were named or that the machine is in."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Make the client; touches no network."""
        from .arm import ArmClient

        self._options = options
        self._compute: dict[str, Any] | None = None
        self.arm: ArmClient = ArmClient(
            credential_of(options),
            cloud=options.cloud,
            audience=options.audience,
            ca_file=options.ca_file,
            timeout=options.timeout,
        )

    @property
    def subscription(self) -> str:
        """The subscription that was named, else the machine's."""
        given: str | None = self._options.subscription
        return given or self._fact("subscriptionId", "--subscription")

    @property
    def group(self) -> str:
        """The resource group that was named, else the machine's."""
        given: str | None = self._options.resource_group
        return given or self._fact("resourceGroupName", "--resource-group")

    @property
    def machine(self) -> str:
        """The machine that was named, by id or by name, else this one."""
        given: str | None = self._options.vm
        if not given:
            return self._fact("resourceId", "--vm")
        if given.startswith("/"):
            return given
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
        return f"{group}/providers/Microsoft.Compute/virtualMachines/{given}"

    @property
    def scope(self) -> str:
        """The scope that was named, else that of the group or subscription that was named, else the machine's group."""
        options = self._options
        if options.scope:
            scope: str = options.scope
            return scope
        subscription = f"/subscriptions/{self.subscription}"
        if options.subscription and not options.resource_group:
            return subscription
        return f"{subscription}/resourceGroups/{self.group}"

    def _fact(self, name: str, flag: str) -> str:
        from ._native import instance_metadata
        from .errors import MidentityError

        if self._compute is None:
            options = self._options
            try:
                self._compute = instance_metadata("compute", None, options.imds_endpoint, options.timeout)
            except MidentityError as error:
                invalid(f"{flag} was not given, and this machine does not say it: {error.message}", f"give {flag}")
        found = (self._compute or {}).get(name)
        if not isinstance(found, str) or not found:
            invalid(f"{flag} was not given, and the instance metadata does not say it", f"give {flag}")
        return found


def credential_of(options: argparse.Namespace) -> Any:
    """Who signs in."""
    ids = (options.client_id, options.object_id, options.resource_id, options.system_assigned)
    if options.token_source == "azure-cli":  # noqa: S105
        if any(ids):
            invalid("an identity of the machine and azure-cli exclude each other", "name one way to sign in")
        from .arm import AzureCli

        return AzureCli(options.tenant)
    if options.tenant:
        invalid("--tenant goes with --token-source azure-cli", "a managed identity lives in one tenant")
    from ._command import managed_identity

    return managed_identity(options)


def finish(operation: Operation[_T]) -> _T:
    """Wait for long work, with a line that tells how it goes on where a person looks at standard error."""
    if not sys.stderr.isatty():
        return operation.wait()
    shown = False

    def tell(progress: Progress) -> None:
        nonlocal shown
        shown = True
        percent = "" if progress.percent is None else f", {progress.percent:.0f} %"
        sys.stderr.write(f"\r\x1b[K{progress.what}: {progress.status} ({progress.elapsed:.0f} s{percent})")
        sys.stderr.flush()

    try:
        return operation.on_progress(tell).wait()
    finally:
        if shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def warn(warnings: Iterable[str]) -> None:
    """Say on standard error what the reader should know."""
    for warning in warnings:
        sys.stderr.write(f"warning: {warning}\n")


def pairs(given: Sequence[str] | None) -> dict[str, str] | None:
    """Tags, from NAME=VALUE."""
    if given is None:
        return None
    tags = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            invalid(f"{text!r} is no tag", "give NAME=VALUE")
        tags[name] = value
    return tags


def as_json(value: Any) -> str:
    """JSON as every command prints it."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def rows(options: argparse.Namespace, found: Iterable[Any], columns: Sequence[str]) -> str:
    """A list: JSON, or a table with these columns."""
    things = [thing.to_dict() for thing in found]
    if options.output == "json":
        return as_json(things)
    table = [[column.upper().replace("_", " ") for column in columns]]
    table += [[_cell(thing[column]) for column in columns] for thing in things]
    widths = [max(len(row[at]) for row in table) for at in range(len(columns))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table
    )


def one(options: argparse.Namespace, thing: dict[str, Any]) -> str:
    """One thing: JSON, or a line for each field."""
    if options.output == "json":
        return as_json(thing)
    width = max(len(name) for name in thing) + 2
    lines = []
    for name, value in thing.items():
        cells = [_cell(item) for item in value] if isinstance(value, (list, tuple)) else [_cell(value)]
        for at, cell in enumerate(cells or ["none"]):
            label = name.replace("_", " ") + ":" if at == 0 else ""
            lines.append(f"{label:<{width}}{cell}".rstrip())
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name}={_cell(member)}" for name, member in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_cell(item) for item in value)
    # A name from outside could move the cursor or recolour the terminal.
    return "".join(char if char.isprintable() else "?" for char in str(value))
