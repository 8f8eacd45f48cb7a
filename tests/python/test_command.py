"""`python -m midentity`: the result on standard output, the reason on standard error, the exit code."""

import json
import os
import signal
import subprocess
import sys

import pytest
from test_concurrency import until_it_waits


@pytest.fixture
def run():
    def command(*arguments, **environment):
        return subprocess.run(
            [sys.executable, "-m", "midentity", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, **environment},
            check=False,
        )

    return command


def group(facts, name="rg1"):
    return f"/subscriptions/{facts['subscription_id']}/resourceGroups/{name}"


def test_token(run, emulator):
    done = run("token")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(".") == 2
    assert done.stdout.endswith("\n")
    assert len(done.stdout.split()) == 1
    (request,) = emulator.requests()
    assert request["query"]["resource"] == [f"{emulator.cloud}/"]


def test_token_as_json(run, facts):
    client_id = facts["user_identities"][0]["client_id"]
    done = run("token", "https://vault.azure.net/.default", "--client-id", client_id, "--output", "json")
    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert set(answer) == {"token", "expires_on", "refresh_on", "token_type", "source", "identity_verified"}
    assert answer["source"] == "Imds"
    assert answer["identity_verified"] is True


def test_whoami(run, facts):
    done = run("whoami", "--output", "json")
    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert answer["tenant_id"] == facts["tenant_id"]
    assert answer["subscription_id"] == facts["subscription_id"]
    assert answer["resource_group"] == facts["resource_group"]
    assert answer["vm"] == facts["vm"]
    assert answer["identity"] == {
        "kind": "system-assigned",
        "client_id": facts["system"]["client_id"],
        "object_id": facts["system"]["principal_id"],
        "resource_id": answer["identity"]["resource_id"],
    }
    assert answer["identity"]["resource_id"].lower() == facts["vm_resource_id"].lower()
    assert answer["app_roles"] == []
    text = run("whoami").stdout
    for word in (facts["tenant_id"], facts["vm"], "system-assigned", answer["expires_at"][:10]):
        assert word in text


@pytest.mark.parametrize(
    ("flag", "field"), [("--client-id", "client_id"), ("--object-id", "principal_id"), ("--resource-id", "id")]
)
def test_whoami_as_another(flag, field, run, facts):
    (identity,) = facts["user_identities"]
    answer = json.loads(run("whoami", flag, identity[field], "--output", "json").stdout)
    assert answer["identity"]["kind"] == "user-assigned"
    assert answer["identity"]["client_id"] == identity["client_id"]


def test_whoami_with_a_token_that_cannot_be_read(run, facts, emulator):
    emulator.set_tokens(form="opaque")
    answer = json.loads(run("whoami", "--output", "json").stdout)
    assert answer["identity"]["kind"] is None
    assert answer["tenant_id"] == facts["tenant_id"], "the metadata service knows it, too"
    assert "can't be read" in run("whoami").stdout


def test_instance(run, facts):
    assert run("instance", "compute/location").stdout == "eastus\n"
    assert run("instance", "compute/location", "--output", "json").stdout == '"eastus"\n'
    assert json.loads(run("instance").stdout)["compute"]["name"] == facts["vm"]


def test_rest(run, facts):
    for arguments in ((f"{group(facts)}?api-version=2021-04-01",), (group(facts), "--api-version", "2021-04-01")):
        done = run("rest", "get", *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["name"] == "rg1"


def test_everything_by_flags(run, facts, emulator, monkeypatch):
    where = ["--imds-endpoint", emulator.imds_endpoint, "--cloud", emulator.cloud, "--ca-file", emulator.ca_file]
    for name in emulator.environment:
        monkeypatch.delenv(name)
    for command in (["token"], ["whoami"], ["instance"], ["rest", "GET", f"{group(facts)}?api-version=2021-04-01"]):
        done = run(*command, *where, "--timeout", "20")
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "error_id"),
    [
        (["token", "--client-id", "00000000-0000-0000-0000-00000000dead"], "imds.identity_not_found"),
        (["token", "user.read"], "imds.resource_unknown"),
        (["token", "--imds-endpoint", "http://127.0.0.1:1", "--timeout", "2"], "imds.unreachable"),
        (["whoami", "--imds-endpoint", "http://127.0.0.1:1", "--timeout", "2"], "imds.unreachable"),
        (["instance", "nowhere"], "imds.not_found"),
        (["rest", "GET", "/subscriptions/00000000-0000-0000-0000-000000000000?api-version=2022-12-01"], "arm."),
    ],
)
def test_what_fails(arguments, error_id, run, emulator):
    done = run(*arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    reason, hint = done.stderr.splitlines()
    assert reason.startswith(error_id)
    assert ": " in reason
    assert hint.startswith("hint: ")


def test_no_role(run, facts):
    done = run("rest", "GET", f"{group(facts, 'rg2')}?api-version=2021-04-01")
    assert done.returncode == 1
    assert done.stderr.startswith("arm.forbidden: ")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "COMMAND"),
        (["bogus"], "bogus"),
        (["token", "--bogus"], "--bogus"),
        (["token", "--output", "yaml"], "--output"),
        (["token", "--timeout", "soon"], "--timeout"),
        (["token", "--timeout", "0"], "timeout"),
        (["token", ""], "argument.scope"),
        (["token", "a b"], "argument.scope"),
        (["token", "--client-id", ""], "client_id"),
        (["token", "--client-id", "a", "--object-id", "b"], "argument.identity"),
        (["token", "--cloud", "AzureMoonCloud"], "AzureUSGovernment"),
        (["token", "--imds-endpoint", "nonsense"], "argument.endpoint"),
        (["instance", "../x"], "argument.path"),
        (["rest", "GET"], "path"),
        (["rest", "BREW", "/subscriptions", "--api-version", "1"], "BREW"),
        (["rest", "GET", "subscriptions", "--api-version", "1"], "argument.path"),
        (["rest", "GET", "/subscriptions"], "api-version"),
        (["rest", "GET", "/subscriptions?api-version=1", "--ca-file", "/no/such/file"], "argument.ca_file"),
    ],
)
def test_what_is_called_wrongly(arguments, named, run, emulator):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert named in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["token", "--help"], ["rest", "-h"]])
def test_help(arguments, run):
    done = run(*arguments)
    assert done.returncode == 0
    assert "usage: python -m midentity" in done.stdout


def test_interrupted(emulator):
    emulator.add_fault(hang=True)
    with subprocess.Popen(
        [sys.executable, "-m", "midentity", "token"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        until_it_waits(emulator)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (130, "", "")


def test_a_reader_that_has_enough(emulator):
    with subprocess.Popen(
        [sys.executable, "-m", "midentity", "instance"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(10) == 0
