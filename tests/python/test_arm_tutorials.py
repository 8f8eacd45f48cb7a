"""The tutorials of Resource Manager run as they stand, as the administrator and as the machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "python"


@pytest.fixture
def tutorial(emulator):
    def run(number, *arguments, **environment):
        return subprocess.run(
            [sys.executable, str(EXAMPLES / f"tutorial_{number}.py"), *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, **environment},
            check=False,
        )

    return run


@pytest.fixture
def place(facts):
    return (facts["subscription_id"], facts["resource_group"])


@pytest.fixture
def token(admin):
    return admin.get_token().token


def test_2_on_a_new_machine(tutorial, place, token, arm, tmp_path):
    body = tmp_path / "machine.json"
    body.write_text(json.dumps({"location": "eastus", "properties": {"hardwareProfile": {"vmSize": "Standard_B1s"}}}))
    done = tutorial(2, *place, "vm9", "id9", ARM_TOKEN=token, MACHINE_BODY=str(body))
    assert done.returncode == 0, done.stderr
    assert "vm9 was made with SystemAssigned" in done.stdout
    assert "vm9 has SystemAssigned, UserAssigned" in done.stdout
    principal = arm.vm_identity("vm9").show().system_assigned
    roles = [found.role_guid for found in arm.role_assignments().list(principal_id=principal)]
    assert roles == ["b24988ac-6180-42a0-ab88-20f7382dd24c"]


def test_2_on_an_existing_machine(tutorial, place, token):
    done = tutorial(2, *place, "vm1", "id9", ARM_TOKEN=token)
    assert done.returncode == 0, done.stderr
    assert "changing the identity of vm1: Succeeded" in done.stdout


def test_3(tutorial, place, token, facts):
    done = tutorial(3, *place, "vm1", "one", "two", ARM_TOKEN=token)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "enabled: SystemAssigned, UserAssigned id1",
        f"principal: {facts['system']['principal_id']}",
        "assigned: SystemAssigned, UserAssigned id1 one",
        "assigned: SystemAssigned, UserAssigned id1 one two",
        "removed: SystemAssigned, UserAssigned id1 two",
        "disabled: UserAssigned id1 two",
        "enabled: SystemAssigned, UserAssigned id1 two",
        "user-assigned ones removed: SystemAssigned",
        "all removed: None",
    ]


def test_4(tutorial, place, token, arm, facts, emulator):
    principal = facts["system"]["principal_id"]
    for found in arm.role_assignments().list(principal_id=principal):
        arm.role_assignments().delete(found)
    before = tutorial(4)
    assert before.returncode == 1
    assert "ForbiddenError" in before.stderr
    granted = tutorial(4, "grant", *place, "vm1", ARM_TOKEN=token)
    assert granted.returncode == 0, granted.stderr
    assert tutorial(4).stdout == "rg1 in eastus: Succeeded\n"


def test_5(tutorial, place, token):
    prepared = tutorial(5, "prepare", *place, "vm1", "ID1b", ARM_TOKEN=token)
    assert prepared.returncode == 0, prepared.stderr
    fields = dict(line.split(": ", 1) for line in prepared.stdout.splitlines())
    assert {"id", "name", "client_id", "principal_id", "tenant_id", "client_secret_url"} <= set(fields)
    read = tutorial(5, fields["client_id"])
    assert read.stdout == "rg1 in eastus: Succeeded\n", read.stderr
    other = tutorial(5, "00000000-0000-0000-0000-00000000dead")
    assert other.returncode == 1
    assert "IdentityNotFoundError" in other.stderr


def test_without_a_login(tutorial, place, tmp_path):
    done = tutorial(3, *place, "vm1", "one", "two", PATH=str(tmp_path))
    assert done.returncode == 1
    assert "CredentialUnavailableError" in done.stderr
