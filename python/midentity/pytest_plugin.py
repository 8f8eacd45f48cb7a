"""Fixtures for pytest; a `conftest.py` takes them by `pytest_plugins = ["midentity.pytest_plugin"]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .testing import Emulator

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def midentity_emulator_process() -> Iterator[Emulator]:
    """One emulator for the whole run; it leaves the environment alone."""
    with Emulator(set_environment=False) as emulator:
        yield emulator


@pytest.fixture
def midentity_emulator(midentity_emulator_process: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The emulator, as it was at the start, and found by whatever asks for a token in this test."""
    midentity_emulator_process.reset()
    for name, value in midentity_emulator_process.environment.items():
        monkeypatch.setenv(name, value)
    return midentity_emulator_process
