"""An emulated Azure for unmodified clients, and nothing else within their reach."""

import os
import socket
from pathlib import Path

import midentity
import pytest
from contoso import Entra
from flavours import AWAITED, BLOCKING, settled
from management import CLIENT_IDS, Administrator, AwaitedAdministrator, Management, control
from midentity.testing import Emulator

# What would lead a client to another token source, to another cloud, or through a proxy.
STEERING = ("AZURE_", "ARM_", "IDENTITY_", "IMDS_", "MSI_", "MIDENTITY_CLOUD", "MIDENTITY_CA_FILE")
TRUSTING = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    state = Path(__file__).with_name("state.yaml")
    folder = tmp_path_factory.mktemp("emulator")
    with Emulator(config=state, state_dir=folder, set_environment=False) as emulator:
        yield emulator


@pytest.fixture
def emulator(running):
    running.reset()
    return running


@pytest.fixture(scope="session")
def entra(running):
    return Entra(running.cloud, running.ca_file)


@pytest.fixture(autouse=True)
def machine(running, monkeypatch):
    """Makes this process a program on one of the emulated machines: `both`, or the one that it is called with."""
    for name in list(os.environ):
        if name.startswith(STEERING) or name in TRUSTING or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)

    def on(name):
        monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", f"{running.imds_endpoint}/vm/{name}")

    on("both")
    return on


@pytest.fixture(autouse=True)
def names(monkeypatch):
    """Hosts that resolve, each to a port of this machine. Any other name does not exist, so nothing leaves it."""
    known = {}
    genuine = socket.getaddrinfo

    def resolve(host, port, *args, **kwargs):
        # asyncio and aiohttp give hosts as text or bytes, ports as numbers or text.
        host = host.decode() if isinstance(host, bytes) else host
        if host in ("127.0.0.1", "localhost", "::1"):
            return genuine(host, port, *args, **kwargs)
        if (host, int(port or 0)) in known:
            return genuine("127.0.0.1", known[host, int(port)], *args, **kwargs)
        raise socket.gaierror(socket.EAI_NONAME, f"{host}:{port} is not part of this test")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known


@pytest.fixture(params=[BLOCKING, AWAITED], ids=["sync", "aio"])
def flavour(request):
    return request.param


@pytest.fixture
async def ours(flavour):
    """Makes our credentials, each with a cache of its own: the process's would carry tokens from test to test."""
    made = []

    def make(**options):
        made.append(flavour.ours(cache=midentity.TokenCache(), **options))
        return made[-1]

    yield make
    for credential in made:
        await settled(credential.close())


@pytest.fixture
async def managed(flavour, emulator, machine, ours):
    """Makes the management clients of an administrator, or of one of our machine's identities by its name."""
    emulator.set_state(Path(__file__).with_name("management.yaml").read_text())
    # Operations are looked at often, so that the tests don't wait for what they are not about.
    control(emulator, "PUT", "settings", {"lro": {"seconds": 0.02, "retry_after": 0}})
    machine("jump")
    made = []

    def make(who="admin"):
        if who == "admin":
            credential = (AwaitedAdministrator if flavour.awaited else Administrator)(emulator)
        else:
            credential = ours(client_id=CLIENT_IDS[who])
        made.append(Management(flavour, emulator, credential))
        return made[-1]

    yield make
    for one in made:
        await one.close()
