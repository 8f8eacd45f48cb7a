"""The emulator and the record of scenarios, for every test."""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from contextlib import closing, contextmanager
from pathlib import Path

import midentity
import pytest
from midentity.testing import Emulator

# What this machine's own settings would change.
FOREIGN = (
    "AZURE_AUTHORITY_HOST",
    "AZURE_CLIENT_ID",
    "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    "AZURE_REGIONAL_AUTHORITY_NAME",
    "AZURE_TENANT_ID",
    "AZURE_TOKEN_CREDENTIALS",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "IMDS_ENDPOINT",
    "MIDENTITY_CA_FILE",
    "MIDENTITY_CLOUD",
    "MSI_ENDPOINT",
    "MSI_SECRET",
    "http_proxy",
    "https_proxy",
)


def pytest_configure(config):
    # Whoever starts a program in the background may have it ignore Ctrl-C, and its children inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "scenario(*numbers): covers these scenarios of tests/vectors/scenarios.json")
    # `make test` names the emulator; for a run by hand it is where cargo leaves it.
    built = Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "debug" / "midentity-emulator"
    if "MIDENTITY_EMULATOR_BIN" not in os.environ and built.is_file():
        os.environ["MIDENTITY_EMULATOR_BIN"] = str(built.resolve())


@pytest.fixture(scope="session")
def emulator_process(tmp_path_factory):
    with Emulator(set_environment=False, state_dir=tmp_path_factory.mktemp("emulator")) as emulator:
        yield emulator


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    """No settings of this machine, and no token of another test."""
    for name in FOREIGN:
        monkeypatch.delenv(name, raising=False)
    midentity.TokenCache.process().clear()


@pytest.fixture
def emulator(emulator_process, monkeypatch):
    """The emulator as it was at its start, found through the environment."""
    emulator_process.reset()
    for name, value in emulator_process.environment.items():
        monkeypatch.setenv(name, value)
    return emulator_process


@pytest.fixture
def facts(emulator):
    return emulator.facts()


@pytest.fixture
def admin(emulator):
    """A token of the emulated tenant's administrator."""
    return midentity.StaticToken(emulator.issue_token("admin@contoso"))


@pytest.fixture
def arm(admin, facts):
    """The administrator's client of Resource Manager, with the machine's own group as the default."""
    return midentity.arm.ArmClient(
        admin, subscription=facts["subscription_id"], resource_group=facts["resource_group"], operation_timeout=30
    )


@pytest.fixture
def fresh(emulator):
    """Makes credentials with a cache of their own."""

    def make(**arguments):
        return midentity.ManagedIdentityCredential(**{"cache": midentity.TokenCache(), **arguments})

    return make


@pytest.fixture
def python():
    """Runs a program in a Python of its own."""

    def run(code, *, timeout=60, check=True, **environment):
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**os.environ, **environment},
            check=False,
        )
        if check:
            assert done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture
def refusing_port():
    """A port of this machine where nothing listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return server.getsockname()[1]


@pytest.fixture
def silent_port():
    """A port that takes no connection and refuses none: its listener's queue is full."""
    with closing(socket.socket()) as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        waiting = []
        for _ in range(8):
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex(server.getsockname())
            waiting.append(client)
        yield server.getsockname()[1]
        for client in waiting:
            client.close()


@pytest.fixture
def listener():
    """A listening socket that nobody should come to."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.setblocking(False)
        yield server


def nobody_came(server):
    try:
        connection, _ = server.accept()
    except BlockingIOError:
        return True
    connection.close()
    return False


@contextmanager
def within(seconds):
    """Fails what takes longer."""
    start = time.monotonic()
    yield
    took = time.monotonic() - start
    assert took < seconds, f"took {took:.2f} s, allowed are {seconds} s"


class Scenario:
    """What a test checks on behalf of the scenarios that it is marked with."""

    def __init__(self, emulator):
        self._emulator = emulator
        self.checked = None

    def equal(self, actual, expected):
        assert actual == expected
        self.checked = self.checked or "value"

    def true(self, fact):
        assert fact
        self.checked = self.checked or "value"

    def requests(self, expected):
        """The metadata service received so many requests; gives them."""
        found = self._emulator().requests("imds")
        assert len(found) == expected, [(r["path"], r["query"], r["status"]) for r in found]
        self.checked = "request-log"
        return found


@pytest.fixture
def scenario(request):
    made = Scenario(lambda: request.getfixturevalue("emulator"))
    request.node.scenario = made
    return made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    made = getattr(item, "scenario", None)
    folder = os.environ.get("MIDENTITY_CONFORMANCE_DIR")
    if report.when == "call" and report.passed and made is not None and made.checked and folder:
        numbers = [number for marker in item.iter_markers("scenario") for number in marker.args]
        test = item.nodeid.partition("[")[0]
        Path(folder).mkdir(parents=True, exist_ok=True)
        with (Path(folder) / "python.jsonl").open("a") as records:
            for number in numbers:
                record = {"number": number, "test": test, "checked": made.checked, "passed": True}
                records.write(json.dumps(record) + "\n")
    return report
