"""The Azure CLI, unmodified, signed in to an emulated Azure."""

from pathlib import Path

import pytest
from cli import Cli
from midentity.testing import Emulator


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    state = Path(__file__).with_name("state.yaml")
    with Emulator(config=state, state_dir=tmp_path_factory.mktemp("emulator"), set_environment=False) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def registered(running, tmp_path_factory):
    """One that knows the emulator's cloud, and that nobody has signed in with."""
    return Cli(tmp_path_factory.mktemp("registered"), running).registered()


@pytest.fixture(scope="session")
def signed_in(registered, tmp_path_factory):
    """One that is signed in as the machine that it runs on: the subscription's owner."""
    cli = registered.copied(tmp_path_factory.mktemp("signed") / "in")
    cli("login --identity")
    return cli


@pytest.fixture
def emulator(running):
    running.reset()
    return running


@pytest.fixture
def az(signed_in, emulator):
    """Runs commands as the subscription's owner, on the state that the file says."""
    return signed_in
