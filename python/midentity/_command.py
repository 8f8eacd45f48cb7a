"""The command line: `python -m midentity token | whoami | instance | rest | identity | vm-identity | role | group`.

Standard output holds the result and nothing else; standard error says `id: message` and `hint: …`. The exit code is 0,
1 where it failed, 2 where it was called wrongly, 130 where it was interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys

from . import _command_access, _command_identities
from ._command_access import add_rest, rest
from ._command_arm import Commands, add_sign_in, common_flags
from .errors import InvalidArgumentError, MidentityError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .credential import ManagedIdentityCredential

_EPILOG = "Exit code: 0, 1 failed, 2 called wrongly, 130 interrupted."


def main(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code."""
    try:
        options = _parser().parse_args(arguments)
        text = options.run(options)
        _print(text)
    except InvalidArgumentError as error:
        _complain(error)
        return 2
    except MidentityError as error:
        _complain(error)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader has what it wanted (`| head`). What Python would flush at its end has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _complain(error: MidentityError) -> None:
    sys.stderr.write(f"{error.id}: {error.message}\n")
    if error.hint:
        sys.stderr.write(f"hint: {error.hint}\n")


def _parser() -> argparse.ArgumentParser:
    where_and_who = argparse.ArgumentParser(add_help=False)
    identity = where_and_who.add_argument_group("identity (none: the machine's default one)")
    identity.add_argument("--client-id", metavar="ID", help="the user-assigned identity with this client id")
    identity.add_argument("--object-id", metavar="ID", help="the identity with this object (principal) id")
    identity.add_argument("--resource-id", metavar="ID", help="the user-assigned identity with this resource id")
    identity.add_argument("--system-assigned", action="store_true", help="the system-assigned identity and no other")
    where = where_and_who.add_argument_group("where")
    where.add_argument("--imds-endpoint", metavar="URL", help="where the metadata service answers")
    where.add_argument("--cloud", metavar="NAME", help="AzureCloud, AzureUSGovernment, AzureChinaCloud, or an origin")
    where.add_argument("--ca-file", metavar="FILE", help="the roots of trust for Resource Manager, in PEM")
    where.add_argument("--timeout", metavar="SECONDS", type=float, default=90.0, help="the longest wait (90)")
    common = argparse.ArgumentParser(add_help=False, parents=[where_and_who])
    common.add_argument("--output", choices=("text", "json"), default="text", help="text (the default) or json")

    parser = argparse.ArgumentParser(
        prog="python -m midentity",
        description="Tokens from an Azure machine's managed identity, and what they are good for.",
        epilog=_EPILOG,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run: Any, help: str) -> argparse.ArgumentParser:  # noqa: A002
        added = commands.add_parser(name, help=help, description=help, parents=[common], epilog=_EPILOG)
        added.set_defaults(run=run)
        return added

    token = command("token", _token, "print a token, for the default identity or the one named")
    token.add_argument("resource", nargs="?", default="arm", help="a scope, a resource or a short name (arm)")
    command("whoami", _whoami, "say which identity this is, of which machine, and until when its token is good")
    instance = command("instance", _instance, "print what the metadata service says of this machine")
    instance.add_argument("path", nargs="?", default="", help="such as compute or compute/name; all of it without")
    request = command("rest", rest, "send any request to Resource Manager and print the answer as JSON")
    add_rest(request)
    add_sign_in(request)
    resources = Commands(commands, common_flags(where_and_who), _EPILOG)
    _command_identities.add_commands(resources)
    _command_access.add_commands(resources)
    return parser


def managed_identity(options: argparse.Namespace) -> ManagedIdentityCredential:
    from .credential import ManagedIdentityCredential

    return ManagedIdentityCredential(
        client_id=options.client_id,
        object_id=options.object_id,
        resource_id=options.resource_id,
        system_assigned=options.system_assigned,
        imds_endpoint=options.imds_endpoint,
        cloud=options.cloud,
        ca_file=options.ca_file,
        timeout=options.timeout,
    )


def _token(options: argparse.Namespace) -> str:
    info = managed_identity(options).get_token_info(options.resource)
    if options.output == "text":
        return info.token
    answer = {
        "token": info.token,
        "expires_on": info.expires_on,
        "refresh_on": info.refresh_on,
        "token_type": info.token_type,
        "source": info.source,
        "identity_verified": info.identity_verified,
    }
    return _json(answer)


def _whoami(options: argparse.Namespace) -> str:
    from ._whoami import as_text, whoami

    found = whoami(managed_identity(options), options.imds_endpoint, options.timeout)
    return _json(found) if options.output == "json" else as_text(found)


def _instance(options: argparse.Namespace) -> str:
    from ._calls import instance_metadata

    found = instance_metadata(options.path, imds_endpoint=options.imds_endpoint, timeout=options.timeout)
    return found if isinstance(found, str) and options.output == "text" else _json(found)


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
