"""`python -m midentity identity | vm-identity | role | group | rest`."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time

import pytest
from test_command import run  # noqa: F401  (the fixture)
from test_concurrency import until_it_waits


@pytest.fixture
def az(admin, tmp_path, monkeypatch):
    """An az on the search path, where the administrator is signed in."""
    answer = {"accessToken": admin.get_token().token, "expires_on": 4_000_000_000}
    (tmp_path / "answer").write_text(json.dumps(answer))
    (tmp_path / "az").write_text(f"#!/bin/sh\ncat '{tmp_path}/answer'\n")
    (tmp_path / "az").chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return ("--token-source", "azure-cli")


def group(facts, name="rg1"):
    return f"/subscriptions/{facts['subscription_id']}/resourceGroups/{name}"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["identity"], "COMMAND"),
        (["identity", "create"], "name"),
        (["identity", "create", "x"], "argument.name"),
        (["identity", "create", "id9", "--tag", "novalue"], "NAME=VALUE"),
        (["identity", "list", "--subscription", "my subscription"], "argument.name"),
        (["identity", "list", "--output", "yaml"], "yaml"),
        (["vm-identity", "add"], "argument.identity"),
        (["vm-identity", "remove"], "--all"),
        (["vm-identity", "remove", "id1", "--all"], "exclude"),
        (["vm-identity", "remove", "--all", "--all-user"], "exclude"),
        (["vm-identity", "show", "--vm", "/subscriptions/x"], "argument.path"),
        (["role", "assign", "Reader"], "--principal-id"),
        (["role", "assign", "Reader", "--principal-id", "x"], "argument.scope_path"),
        (["role", "assign", "Reader", "--principal-id", "x", "--scope", "/subscriptions/x"], "argument.identity"),
        (["role", "list", "--scope", "rg1"], "argument.scope_path"),
        (["role", "list", "--at-scope", "--principal-id", "x"], "not allowed with"),
        (["identity", "list", "--tenant", "x"], "azure-cli"),
        (["identity", "list", "--token-source", "azure-cli", "--client-id", "x"], "exclude"),
        (["identity", "list", "--token-source", "azure-cli", "--tenant", "a b"], "tenant"),
        (["rest", "GET", "/x", "--body", "{"], "JSON"),
        (["rest", "PUT", "/x", "--all"], "--all goes with GET"),
        (["rest", "GET", "/x", "--all", "--wait"], "not allowed with"),
        (["identity", "list", "--audience", "https://management.azure.com/"], "cloud.audience_refused"),
        (["rest", "GET", "/x", "--body", "@/no/such/file"], "can't be read"),
    ],
)
def test_called_wrongly(arguments, named, run, emulator):  # noqa: F811
    done = run(*arguments)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert [r["method"] for r in emulator.requests("arm") if r["method"] != "GET"] == []


def test_no_right(run, emulator):  # noqa: F811
    done = run("identity", "create", "id9")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("arm.forbidden: ")
    assert "\nhint: " in done.stderr


def test_nothing_there(run, az, emulator):  # noqa: F811
    done = run("identity", "show", "nobody", *az)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("arm.not_found: ")
    assert run("identity", "delete", "nobody", *az).stdout == "name:    nobody\ndeleted: no\n"


def test_off_azure_places_must_be_named(run, admin, emulator, refusing_port):  # noqa: F811
    away = {"AZURE_POD_IDENTITY_AUTHORITY_HOST": f"http://127.0.0.1:{refusing_port}"}
    done = run("identity", "list", **away)
    assert done.returncode == 2
    assert "--resource-group was not given" in done.stderr
    done = run("vm-identity", "show", **away)
    assert "give --vm" in done.stderr


def test_signed_out(run, emulator, tmp_path):  # noqa: F811
    done = run("identity", "list", "--token-source", "azure-cli", PATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("azure_cli.missing: ")


def test_identities(run, az, facts, emulator):  # noqa: F811
    made = json.loads(
        run("identity", "create", "id9", "--tag", "a=b", "--tag", "c=d=e", *az, "--output", "json").stdout
    )
    assert (made["name"], made["location"], made["tags"]) == ("id9", "eastus", {"a": "b", "c": "d=e"})
    table = run("identity", "list", *az).stdout.splitlines()
    assert table[0].split() == ["NAME", "LOCATION", "CLIENT", "ID", "PRINCIPAL", "ID", "ID"]
    assert [line.split()[0] for line in table[1:]] == ["id1", "id9"]
    listed = json.loads(run("identity", "list", *az, "--output", "json").stdout)
    assert made in listed
    elsewhere = run("identity", "list", *az, "--resource-group", "rg2", "--output", "json")
    assert elsewhere.stdout == "[]\n"
    assert len(json.loads(run("identity", "list", "--all", *az, "--output", "json").stdout)) == 2
    shown = run("identity", "show", "id9", *az).stdout
    assert re.search(rf"^client id: +{made['client_id']}$", shown, re.MULTILINE)
    assert json.loads(run("identity", "update", "id9", *az, "--output", "json").stdout)["tags"] == {}
    assert json.loads(run("identity", "delete", "id9", *az, "--output", "json").stdout) == {
        "name": "id9",
        "deleted": True,
    }


def test_names_cannot_move_the_cursor(run, az, emulator):  # noqa: F811
    run("identity", "create", "id9", "--tag", "a=\x1b[2Jb", *az)
    assert "\x1b" not in run("identity", "show", "id9", *az).stdout


def test_this_machine(run, facts, emulator):  # noqa: F811
    shown = json.loads(run("vm-identity", "show", "--output", "json").stdout)
    assert shown["kind"] == "SystemAssigned, UserAssigned"
    assert shown["system_assigned"] == facts["system"]["principal_id"]
    assert [i["client_id"] for i in shown["user_assigned"]] == [facts["user_identities"][0]["client_id"]]
    assert json.loads(run("group", "show", "--output", "json").stdout)["name"] == "rg1"


def test_a_machines_identities(run, az, facts, emulator):  # noqa: F811
    run("identity", "create", "id9", *az)
    planned = json.loads(run("vm-identity", "add", "id9", "--plan", *az, "--output", "json").stdout)
    assert planned["changes"] is True
    assert planned["comes"][0].endswith("/id9")
    assert [r for r in emulator.requests("arm") if r["method"] == "PATCH"] == []
    done = run("vm-identity", "add", "id9", "--vm", "vm1", *az)
    assert (done.returncode, done.stderr) == (0, "")
    assert {line.rpartition("/")[2] for line in done.stdout.splitlines() if "/" in line} == {"id1", "id9"}
    done = run("vm-identity", "remove", "[system]", "id1", "--vm", facts["vm_resource_id"], *az, "--output", "json")
    assert json.loads(done.stdout)["kind"] == "UserAssigned"
    run("identity", "delete", "id9", *az)
    done = run("vm-identity", "show", *az)
    assert done.returncode == 0
    assert done.stderr.startswith("warning: the machine names an identity that is no more: /subscriptions/")
    assert "none" in run("vm-identity", "remove", "--all-user", *az).stdout
    assert json.loads(run("vm-identity", "set", "[system]", "id1", *az, "--output", "json").stdout)["kind"] == (
        "SystemAssigned, UserAssigned"
    )
    assert json.loads(run("vm-identity", "remove", "--all", *az, "--output", "json").stdout)["kind"] == "None"


def test_the_retired_extension_is_on_standard_error(run, az, emulator):  # noqa: F811
    kind = "ManagedIdentityExtensionForWindows"
    state = emulator.state()
    (machine,) = state["subscriptions"][0]["resource_groups"][0]["vms"]
    machine["extensions"] = [{"name": "old", "publisher": "Microsoft.ManagedIdentity", "type": kind, "version": "1.0"}]
    emulator.set_state(state)
    done = run("vm-identity", "add", "[system]", "--plan", *az, "--output", "json")
    assert kind in done.stderr
    assert kind not in done.stdout


def test_roles(run, az, facts, emulator):  # noqa: F811
    who = facts["system"]["principal_id"]
    scope = group(facts, "rg2")
    for _ in range(2):
        done = run("role", "assign", "reader", "--principal-id", who, "--scope", scope, *az, "--output", "json")
        given = json.loads(done.stdout)
    assert (given["principal_id"], given["scope"]) == (who, scope)
    table = run("role", "list", "--principal-id", who, "--resource-group", "rg2", *az).stdout
    assert re.search(rf"^{who} +ServicePrincipal +Reader +{scope}", table, re.MULTILINE)
    assert run("group", "show", "rg2").returncode == 0
    taken = run("role", "unassign", "Reader", "--principal-id", who, "-g", "rg2", *az, "--output", "json")
    assert json.loads(taken.stdout)["unassigned"] == [given["name"]]
    again = run("role", "unassign", "Reader", "--principal-id", who, "-g", "rg2", *az, "--output", "json")
    assert json.loads(again.stdout)["unassigned"] == []
    assert run("group", "show", "rg2").returncode == 1
    unknown = run("role", "assign", "Raeder", "--principal-id", who, "--scope", scope, *az)
    assert unknown.returncode == 1
    assert "Reader" in unknown.stderr
    names = run("role", "definitions", *az).stdout
    assert re.search(r"^Reader +no +acdd72a7-", names, re.MULTILINE)
    assert json.loads(run("role", "definitions", "Reader", *az, "--output", "json").stdout)["actions"] == ["*/read"]


def test_groups(run, az, facts, emulator):  # noqa: F811
    listed = json.loads(run("group", "list", *az, "--output", "json").stdout)
    assert [found["name"] for found in listed] == ["rg1", "rg2"]
    assert run("group", "list", *az).stdout.splitlines()[1].split()[:3] == ["rg1", "eastus", "Succeeded"]


def test_rest_with_a_body(run, az, facts, tmp_path, emulator):  # noqa: F811
    path = f"{group(facts, 'rg9')}?api-version=2021-04-01"
    body = {"location": "eastus"}
    done = run("rest", "put", path, "--body", json.dumps(body), *az)
    assert json.loads(done.stdout)["name"] == "rg9"
    (tmp_path / "body.json").write_text(json.dumps({"tags": {"a": "b"}, **body}))
    done = run("rest", "PUT", path, "--body", f"@{tmp_path / 'body.json'}", *az)
    assert json.loads(done.stdout)["tags"] == {"a": "b"}
    sent = [r["body"] for r in emulator.requests("arm") if r["method"] == "PUT"]
    assert sent == [body, {"tags": {"a": "b"}, **body}]


@pytest.mark.parametrize(
    "arguments", [["identity", "--help"], ["vm-identity", "add", "--help"], ["role", "assign", "-h"], ["group", "-h"]]
)
def test_help(arguments, run):  # noqa: F811
    done = run(*arguments)
    assert done.returncode == 0
    assert "usage: python -m midentity" in done.stdout
    assert "Exit code" in done.stdout
    if "add" in arguments:
        assert "instance metadata" in " ".join(done.stdout.split())


def on_a_terminal(arguments):
    """Runs a command whose standard error is a terminal; what that showed, and the process."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "midentity", *arguments], stdout=subprocess.PIPE, stderr=theirs, text=True
    )
    os.close(theirs)
    return process, ours


def read_all(terminal):
    shown = b""
    while True:
        try:
            some = os.read(terminal, 4096)
        except OSError:
            break
        if not some:
            break
        shown += some
    os.close(terminal)
    return shown.decode()


def test_progress_on_a_terminal(az, emulator):
    process, terminal = on_a_terminal(["vm-identity", "remove", "id1", *az, "--output", "json"])
    with process:
        shown = read_all(terminal)
        assert json.loads(process.stdout.read())["kind"] == "SystemAssigned"
        assert process.wait(10) == 0
    assert "changing the identity of vm1: started" in shown
    # The line is wiped at the end.
    assert shown.endswith("\r\x1b[K")


def test_interrupted(az, emulator):
    emulator.set_settings(lro={"seconds": 60, "retry_after": None})
    process, terminal = on_a_terminal(["vm-identity", "remove", "id1", *az])
    with process:
        until_it_waits(emulator, "arm")
        while not [r for r in emulator.requests("arm") if "operations" in r["path"]]:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        shown = read_all(terminal)
        assert process.wait(10) == 130
        assert process.stdout.read() == ""
    assert "Traceback" not in shown


def test_rest_waits_and_goes_through_lists(run, az, emulator, facts):  # noqa: F811
    vm = f"{group(facts)}/providers/Microsoft.Compute/virtualMachines/vm1"
    body = json.dumps({"identity": {"type": "None"}})
    done = run("rest", "PATCH", vm, "--api-version", "2024-11-01", "--body", body, "--wait", *az)
    assert (done.returncode, done.stderr) == (0, "")
    changed = json.loads(done.stdout)
    assert (changed["properties"]["provisioningState"], "identity" in changed) == ("Succeeded", False)
    emulator.populate("rg2", 5)
    emulator.set_settings(page_size=2)
    path = f"{group(facts, 'rg2')}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
    done = run("rest", "GET", path, "--api-version", "2024-11-30", "--all", *az)
    assert [item["name"] for item in json.loads(done.stdout)] == [f"many-{n:05}" for n in range(5)]
