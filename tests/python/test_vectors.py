"""The cases of tests/vectors, which every language runs through its public API; README.md there says what they mean."""

import asyncio
import json
import time
from contextlib import suppress
from pathlib import Path

import midentity
import midentity.aio
import pytest
from midentity._native import read_claims
from midentity.testing import Emulator

VECTORS = Path(__file__).parent.parent / "vectors"
FILES = ("answers", "errors", "expiry", "faults", "identities", "scopes")
NAMES = {"connect_timeout": "connection_timeout", "retries": "retry_total", "query": "identity_config"}
KEYS = {
    "elsewhere",
    "endpoint",
    "expect",
    "faults",
    "fields",
    "identity",
    "name",
    "options",
    "scenarios",
    "scopes",
    "tokens",
    "vm",
}


def cases():
    for name in FILES:
        file = json.loads((VECTORS / f"{name}.json").read_text())
        for case in file["cases"]:
            options = {**file.get("options", {}), **case.get("options", {})}
            marks = pytest.mark.scenario(*case["scenarios"])
            yield pytest.param({**case, "options": options}, marks=marks, id=f"{name}: {case['name']}")


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    folder = tmp_path_factory.mktemp("machines")
    with Emulator(config=VECTORS / "machines.yaml", vm="both", state_dir=folder, set_environment=False) as emulator:
        yield emulator


@pytest.fixture
def emulator(machines):
    machines.reset()
    return machines


class Blocking:
    credential = midentity.ManagedIdentityCredential

    @staticmethod
    def call(credential, scopes, options):
        return credential.get_token_info(*scopes, options=options)


class Awaited:
    credential = midentity.aio.ManagedIdentityCredential

    @staticmethod
    def call(credential, scopes, options):
        return asyncio.run(credential.get_token_info(*scopes, options=options))


@pytest.mark.parametrize("flavour", [Blocking, Awaited])
@pytest.mark.parametrize("case", list(cases()))
def test_case(case, flavour, emulator, tmp_path, scenario, request):
    assert set(case) <= KEYS
    address = endpoint(case, emulator, request)
    if not case.get("elsewhere"):
        run(case, flavour, address, emulator, scenario)
        return
    with Emulator(set_environment=False, state_dir=tmp_path) as elsewhere:
        faults = json.dumps(case["faults"]).replace("$elsewhere", elsewhere.imds_endpoint)
        case = {**case, "faults": json.loads(faults)}
        run(case, flavour, address, emulator, scenario)
        scenario.equal(elsewhere.requests(), [])


def endpoint(case, emulator, request):
    if "endpoint" in case:
        port = request.getfixturevalue({"refused": "refusing_port", "silent": "silent_port"}[case["endpoint"]])
        return f"http://127.0.0.1:{port}"
    return f"{emulator.imds_endpoint}/vm/{case['vm']}" if "vm" in case else emulator.imds_endpoint


def run(case, flavour, address, emulator, scenario):
    if "fields" in case:
        emulator.add_fault(status=200, body={**case["fields"], "access_token": "vector-token"})
    if "faults" in case:
        emulator.add_faults(case["faults"])
    if "tokens" in case:
        emulator.set_tokens(**case["tokens"])
    options = {NAMES.get(name, name): value for name, value in case["options"].items()}
    asked = {"enable_cae": options.pop("enable_cae", False)}
    scopes = case.get("scopes", ["https://management.azure.com/.default"])
    expect = case["expect"]
    credential = info = failure = None
    start = time.monotonic()
    try:
        arguments = {**case.get("identity", {}), **options}
        credential = flavour.credential(imds_endpoint=address, cache=midentity.TokenCache(), **arguments)
        info = flavour.call(credential, scopes, asked)
    except midentity.MidentityError as error:
        failure = error
    took = time.monotonic() - start
    assert (failure is not None) == ("error" in expect), failure or info
    if failure is None:
        check_token(info, expect.get("token", {}), scenario)
    else:
        check_error(failure, expect["error"], scenario)
    assert expect.get("at_least_seconds", 0) <= took <= expect.get("within_seconds", 60)
    if "requests" in expect:
        scenario.requests(expect["requests"])
    for name, value in expect.get("query", {}).items():
        scenario.equal(emulator.requests()[-1]["query"].get(name), None if value is None else [value])
    if "cached" in expect and credential is not None:
        before = len(emulator.requests())
        again = None
        with suppress(midentity.MidentityError):
            again = flavour.call(credential, scopes, asked)
        if expect["cached"]:
            assert (again.token, again.from_cache) == (info.token, True)
        scenario.equal(len(emulator.requests()) == before, expect["cached"])


def check_error(error, expected, scenario):
    facts = {
        "kind": int(error.kind),
        "id": error.id,
        "status": error.http_status,
        "service_code": error.service_code,
        "correlation_id": error.correlation_id,
        "request_id": error.request_id,
        "retry_after": error.retry_after,
        "source": error.source,
        "attempts": error.attempts,
    }
    for name, value in expected.items():
        if name == "message_contains":
            assert all(text in error.message for text in value), error.message
        elif name == "message_lacks":
            assert not any(text in str(error) + repr(error) for text in value), error.message
        else:
            scenario.equal(facts[name], value)
    assert error.hint


def check_token(info, expected, scenario):
    assert info.token
    assert not info.from_cache
    now = time.time()
    for name, value in expected.items():
        if name == "expires_in":
            scenario.true(abs(info.expires_on - now - value) <= 5)
        elif name == "refresh_in" and value is not None:
            scenario.true(abs(info.refresh_on - now - value) <= 5)
        elif name == "refresh_in":
            scenario.equal(info.refresh_on, None)
        elif name == "claims":
            claims = read_claims(info.token)
            scenario.equal({claim: claims.get(claim) for claim in value}, value)
        else:
            scenario.equal(getattr(info, name), value)
