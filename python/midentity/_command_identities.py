"""`python -m midentity identity …` and `vm-identity …`."""

from __future__ import annotations

from ._arguments import invalid
from ._command_arm import IDENTITY_HELP, Commands, Session, finish, one, pairs, rows, warn

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from ._arm_identities import _Verb
    from .arm import VmIdentity

_COLUMNS = ("name", "location", "client_id", "principal_id", "id")


def add_commands(commands: Commands) -> None:
    """Add both."""
    identity = commands.group("identity", "user-assigned identities")
    listed = identity.add("list", _list, "list the identities of the resource group, or with --all of the subscription")
    listed.add_argument("--all", action="store_true", help="of the whole subscription")
    identity.add("show", _show, "show one").add_argument("name", help="its name")
    made = identity.add("create", _create, "make one, or update the one that is there")
    made.add_argument("name", help="3 to 128 letters, digits, - and _")
    made.add_argument("--location", metavar="REGION", help="the region; the resource group's own unless given")
    made.add_argument("--tag", metavar="NAME=VALUE", action="append", help="a tag; may be given several times")
    updated = identity.add("update", _update, "set the tags, all of them")
    updated.add_argument("name", help="its name")
    updated.add_argument("--tag", metavar="NAME=VALUE", action="append", help="a tag; none at all removes all")
    identity.add("delete", _delete, "delete one; that there is none is no error").add_argument("name", help="its name")

    machine = commands.group("vm-identity", "the identities of a virtual machine or scale set")
    for name, run, help_text in (
        ("show", _vm_show, "show them, and say which of them are no more"),
        ("add", _vm_add, "assign identities; all others stay"),
        ("remove", _vm_remove, "take identities away; all others stay"),
        ("set", _vm_set, "give the machine these identities and no others"),
    ):
        parser = machine.add(name, run, help_text)
        parser.add_argument(
            "--vm", metavar="NAME", help="the machine's name or resource id (scale sets: the id); this one unless given"
        )
        if name == "show":
            continue
        parser.add_argument("--plan", action="store_true", help="say what would be done, and do nothing")
        parser.add_argument("identities", metavar="IDENTITY", nargs="*", help=IDENTITY_HELP)
        if name == "remove":
            parser.add_argument("--all", action="store_true", help="all of them")
            parser.add_argument("--all-user", action="store_true", help="all user-assigned ones")


def _list(options: argparse.Namespace) -> str:
    session = Session(options)
    group = "" if options.all else session.group
    return rows(options, session.arm.user_identities(session.subscription, group).list(), _COLUMNS)


def _show(options: argparse.Namespace) -> str:
    session = Session(options)
    return one(options, session.arm.user_identities(session.subscription, session.group).get(options.name).to_dict())


def _create(options: argparse.Namespace) -> str:
    session = Session(options)
    identities = session.arm.user_identities(session.subscription, session.group)
    made = identities.create(options.name, location=options.location, tags=pairs(options.tag))
    return one(options, made.to_dict())


def _update(options: argparse.Namespace) -> str:
    session = Session(options)
    identities = session.arm.user_identities(session.subscription, session.group)
    return one(options, identities.update(options.name, pairs(options.tag) or {}).to_dict())


def _delete(options: argparse.Namespace) -> str:
    session = Session(options)
    deleted = session.arm.user_identities(session.subscription, session.group).delete(options.name)
    return one(options, {"name": options.name, "deleted": deleted})


def _vm_show(options: argparse.Namespace) -> str:
    session = Session(options)
    vm = session.arm.vm_identity(session.machine)
    found = vm.show()
    gone = vm.dangling() if found.user_assigned else []
    warn(f"the machine names an identity that is no more: {name}" for name in gone)
    return _vm(options, found)


def _vm_add(options: argparse.Namespace) -> str:
    return _change(options, "add")


def _vm_set(options: argparse.Namespace) -> str:
    return _change(options, "set")


def _vm_remove(options: argparse.Namespace) -> str:
    if options.all or options.all_user:
        if options.identities or (options.all and options.all_user):
            invalid("identities and --all exclude each other", "name the identities, or give one of --all, --all-user")
        return _change(options, "remove_all" if options.all else "remove_all_user")
    return _change(options, "remove")


def _change(options: argparse.Namespace, verb: _Verb) -> str:
    if verb in ("add", "remove", "set") and not options.identities:
        hint = "vm-identity remove --all takes all away" if verb != "add" else IDENTITY_HELP
        invalid("no identity was named", hint, "argument.identity")
    session = Session(options)
    vm = session.arm.vm_identity(session.machine)
    plan = vm.plan(verb, *options.identities)
    if options.plan:
        warn(plan.warnings)
        planned = plan.to_dict()
        del planned["warnings"]
        return one(options, planned)
    changed = finish(vm.apply(plan))
    # Where nothing changed there is no request whose answer could carry them.
    warn(changed.warnings or plan.warnings)
    return _vm(options, changed)


def _vm(options: argparse.Namespace, found: VmIdentity) -> str:
    shown = found.to_dict()
    # They are on standard error.
    del shown["warnings"]
    if options.output == "table":
        shown["user_assigned"] = [identity.id for identity in found.user_assigned]
    return one(options, shown)
