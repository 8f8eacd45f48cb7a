"""The emulator, for tests: a whole small Azure identity plane on this machine.

    >>> from midentity.testing import Emulator
    >>> with Emulator() as emulator:
    ...     token = midentity.get_token("arm")
    ...     len(emulator.requests())
    1

It needs the program `midentity-emulator`: named by `MIDENTITY_EMULATOR_BIN`, from the wheel `midentity-emulator`, or on
`PATH`. For pytest, `midentity.pytest_plugin` has fixtures.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
import threading
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["Emulator", "EmulatorError", "find_program"]

_PROGRAM = "midentity-emulator"


class EmulatorError(RuntimeError):
    """The emulator can't be found, did not start, or refused a control request."""


def find_program() -> str:
    """Find the emulator's program.

    Raises:
        EmulatorError: There is none; the message says where it was looked for.
    """
    named = os.environ.get("MIDENTITY_EMULATOR_BIN")
    if named:
        if not Path(named).is_file():
            raise EmulatorError(f"MIDENTITY_EMULATOR_BIN names {named}, which is no file")
        return named
    # Beside this interpreter first: the wheel's program is of the version that was installed with us.
    scripts = sysconfig.get_path("scripts")
    found = shutil.which(_PROGRAM, path=scripts) or shutil.which(_PROGRAM)
    if found is None:
        raise EmulatorError(
            f"{_PROGRAM} was not found in {scripts} nor on PATH: install the package {_PROGRAM}, "
            "or name the program in MIDENTITY_EMULATOR_BIN"
        )
    return found


class Emulator:
    """An emulator, running between `start` and `stop` or as a context manager.

    While it runs, the environment variables that it prints are set in this process, so that whatever asks for tokens
    here (midentity, azure-identity, child processes) finds it; `stop` puts them back. With `set_environment=False` they
    are left alone: give `imds_endpoint`, `cloud` and `ca_file` to what shall use it.

    Args:
        config: The state file (YAML); without it, one machine with both kinds of identity.
        vm: The machine that it speaks for, of several.
        state_dir: Where its keys and certificates are kept; the user's state directory unless given.
        set_environment: Whether to set the variables in this process.
        timeout: Seconds that its start and each control request may take.
    """

    def __init__(
        self,
        *,
        config: str | os.PathLike[str] | None = None,
        vm: str | None = None,
        state_dir: str | os.PathLike[str] | None = None,
        set_environment: bool = True,
        timeout: float = 30.0,
    ) -> None:
        """Name what to start; see the class."""
        self._arguments = ["serve", "--exit-with-parent"]
        for name, value in (("--config", config), ("--vm", vm), ("--state-dir", state_dir)):
            if value is not None:
                self._arguments += [name, os.fspath(value)]
        self._set_environment = set_environment
        self._timeout = timeout
        self._process: subprocess.Popen[str] | None = None
        self._before: dict[str, str | None] = {}
        self.environment: dict[str, str] = {}
        """The variables that it printed, for the environment of another process."""

    def start(self) -> Self:
        """Start it, and wait until it answers.

        Raises:
            EmulatorError: It can't be found, or did not start; the message has its own words.
        """
        if self._process is not None:
            raise EmulatorError("the emulator runs already")
        command = [find_program(), *self._arguments]
        # On Windows the end of its input is how it learns that its parent has ended.
        stdin = subprocess.PIPE if os.name == "nt" else subprocess.DEVNULL
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=stdin, text=True)  # noqa: S603
        self._process = process
        # A pipe can't be read with a time limit on every system; ending the process ends the reading.
        watchdog = threading.Timer(self._timeout, process.kill)
        watchdog.start()
        ready = False
        for line in process.stdout or ():
            name, equals, value = line.strip().partition("=")
            if equals:
                self.environment[name] = value
            elif name == "ready":
                ready = True
                break
        watchdog.cancel()
        if not ready:
            self.stop()
            raise EmulatorError(f"{command[0]} did not start (exit code {process.returncode}); see stderr")
        if self._set_environment:
            self._before = {name: os.environ.get(name) for name in self.environment}
            os.environ.update(self.environment)
        return self

    def stop(self) -> None:
        """Stop it, and put the environment back. Stopping it again does nothing."""
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._before = {}
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(self._timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        """Start it."""
        return self.start()

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        """Stop it."""
        self.stop()

    @property
    def pid(self) -> int | None:
        """Its process, while it runs."""
        return None if self._process is None else self._process.pid

    @property
    def imds_endpoint(self) -> str:
        """Where its metadata service answers."""
        return self.environment["AZURE_POD_IDENTITY_AUTHORITY_HOST"]

    @property
    def cloud(self) -> str:
        """The origin of its Resource Manager, for `cloud`."""
        return self.environment["MIDENTITY_CLOUD"]

    @property
    def ca_file(self) -> str:
        """The root of trust of its certificates, for `ca_file`."""
        return self.environment["MIDENTITY_CA_FILE"]

    def facts(self) -> dict[str, Any]:
        """The ids of its machine, subscription, group and identities."""
        facts: dict[str, Any] = self._control("GET", "facts")
        return facts

    def requests(self, door: str | None = None) -> list[dict[str, Any]]:
        """The requests that it received since the log was last cleared; of one door (`imds`, `arm`, `login`)."""
        query = f"?door={quote(door)}" if door else ""
        found: list[dict[str, Any]] = self._control("GET", f"requests{query}")["requests"]
        return found

    def clear_requests(self) -> None:
        """Forget the requests received so far."""
        self._control("DELETE", "requests")

    def add_fault(self, **fault: Any) -> None:
        """Make it do something wrong.

        `match` (door, method, path, query), `skip` and `times` say to which requests; `status`, `headers`, `body`,
        `content_type`, `delay_ms`, `hang`, `drop`, `truncate`, `oversize`, `chunked`, `drip`, `redirect`, `echo`,
        `omit` and `token` say what happens to them.

        Example:
            >>> with Emulator() as emulator:
            ...     emulator.add_fault(match={"door": "imds"}, times=1, status=429, headers={"Retry-After": "1"})
        """
        self._control("POST", "faults", fault)

    def add_faults(self, faults: Iterable[dict[str, Any]]) -> None:
        """Make it do several things wrong; each as for `add_fault`."""
        self._control("POST", "faults", list(faults))

    def clear_faults(self) -> None:
        """Let it do everything right again."""
        self._control("DELETE", "faults")

    def reset(self) -> None:
        """Put everything back as it was at the start: state, log, faults, clock, tokens."""
        self._control("POST", "reset")

    def set_clock(self, offset_seconds: int) -> None:
        """Put its clock ahead of the machine's (or behind it)."""
        self._control("PUT", "clock", {"offset_seconds": offset_seconds})

    def set_tokens(self, **options: Any) -> None:
        """Change how tokens come out: `lifetime_seconds`, `form` and more; what is not given goes to its default."""
        self._control("PUT", "tokens", options)

    def set_settings(self, **settings: Any) -> None:
        """Change how slow it is; what is not given goes to its default.

        `lro` (`seconds`, `retry_after`, `fail`), `replication_delay_seconds`, `imds_delay_seconds`,
        `role_delay_seconds`, `federated_write_seconds`, `page_size` and `rate_limits` (`reads`, `writes`, `deletes`,
        each with `burst` and `per_second`).
        """
        self._control("PUT", "settings", settings)

    def issue_token(self, principal: str, resource: str | None = None) -> str:
        """A token of anybody in its state, as if they had signed in: the administrator is `admin@<tenant's name>`.

        Args:
            principal: A name (`admin@contoso`, `rg1/vm1`, `rg1/id1`) or an object id.
            resource: What the token is for; Resource Manager unless given.

        Example:
            >>> from midentity.arm import ArmClient, StaticToken
            >>> with Emulator() as emulator:
            ...     arm = ArmClient(StaticToken(emulator.issue_token("admin@contoso")))
            ...     [subscription.display_name for subscription in arm.subscriptions.list()]
            ['emulated']
        """
        asked = {"principal": principal} if resource is None else {"principal": principal, "resource": resource}
        token: str = self._control("POST", "tokens/issue", asked)["access_token"]
        return token

    def populate(self, resource_group: str, user_identities: int) -> None:
        """Make many user-assigned identities at once, to see how lists of them are gone through."""
        self._control("POST", "populate", {"resource_group": resource_group, "user_identities": user_identities})

    def state(self) -> dict[str, Any]:
        """Its whole state."""
        state: dict[str, Any] = self._control("GET", "state")
        return state

    def set_state(self, state: str | dict[str, Any]) -> None:
        """Put another state in place: a dictionary as `state` gives it, or the YAML text of a state file."""
        self._control("PUT", "state", state)

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        address = urlsplit(self.environment.get("MIDENTITY_EMULATOR", ""))
        if address.hostname is None:
            raise EmulatorError("the emulator was not started")
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        connection = HTTPConnection(address.hostname, address.port or 80, timeout=self._timeout)
        try:
            headers = {"Midentity-Emulator": "true", "Content-Type": "application/json"}
            connection.request(method, f"/_emulator/{path}", text, headers)
            answer = connection.getresponse()
            content = answer.read()
        except OSError as error:
            raise EmulatorError(f"the emulator does not answer: {error}") from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise EmulatorError(f"{method} {path}: {answer.status} {content.decode(errors='replace')}")
        return json.loads(content) if content else None
