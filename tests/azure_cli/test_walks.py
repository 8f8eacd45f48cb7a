"""Walks through the CLI's commands: `walks/*.json` has each command, what it gives, and what it sends.

What is expected there was written from what is known of Azure, not from what the emulator answered.
"""

import json
from pathlib import Path

import pytest
from cli import CommandError
from contents import NAMES
from likeness import assert_like, filled

WALKS = sorted(Path(__file__).with_name("walks").glob("*.json"))


def written(emulator):
    """Method, status, api-version and body of Resource Manager's requests that change something."""
    return [
        [request["method"], request["status"], request["query"]["api-version"][0], request.get("body")]
        for request in emulator.requests("arm")
        if request["method"] not in ("GET", "HEAD") and not request["path"].startswith("/graph/")
    ]


@pytest.mark.parametrize("walk", WALKS, ids=lambda path: path.stem)
def test_a_walk(az, emulator, walk):
    names = dict(NAMES)
    emulator._control("PUT", "settings", {"lro": {"seconds": 0}})
    for step in json.loads(walk.read_text()):
        command = filled(step["az"], names)
        emulator.clear_requests()
        if "fails" in step:
            with pytest.raises(CommandError) as caught:
                az(command)
            assert filled(step["fails"], names) in str(caught.value), command
        else:
            assert_like(step.get("gives"), az(command), names, f"az {command}")
        assert_like(step.get("sends", []), written(emulator), names, f"the requests of az {command}")


def test_enough_commands():
    steps = [step["az"] for walk in WALKS for step in json.loads(walk.read_text())]
    assert len(steps) >= 50
