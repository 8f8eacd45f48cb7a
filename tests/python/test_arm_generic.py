"""Any request, any list, results as dictionaries; private clouds."""

import json
import os
from pathlib import Path

import midentity
import midentity.aio
import pytest
from midentity.arm import ArmClient

VERSION = "2024-11-01"
RESULTS = json.loads((Path(__file__).parent.parent / "vectors" / "results.json").read_text())["results"]


@pytest.fixture
def vm(facts):
    return facts["vm_resource_id"]


@pytest.fixture
def identities(facts):
    group = f"/subscriptions/{facts['subscription_id']}/resourceGroups/rg1"
    return f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"


def page(emulator, body, **more):
    emulator.add_fault(match={"door": "arm", "path": "/metadata/endpoints"}, status=200, body=body, **more)


def test_what_is_started_wrongly(arm, vm, emulator):
    for method, path, version in (("BREW", vm, VERSION), ("GET", "vm1", VERSION), ("GET", vm, "")):
        with pytest.raises(midentity.InvalidArgumentError):
            arm.start(method, path, version)
        with pytest.raises(midentity.InvalidArgumentError):
            arm.start(method, path, version, {"a": object()})
    with pytest.raises(midentity.InvalidArgumentError):
        arm.list("subscriptions", "2022-12-01")
    assert emulator.requests("arm") == []
    with pytest.raises(midentity.NotFoundError):
        arm.start("DELETE", vm + "9/extensions/x", VERSION)


def test_a_started_request_is_waited_for(arm, vm):
    work = arm.start("PATCH", vm, VERSION, {"identity": {"type": "None"}})
    told = []
    answer = work.on_progress(lambda progress: told.append(progress.status)).wait()
    assert (work.changes, work.what) == (True, f"PATCH {vm}")
    assert (answer.status, answer.body["name"], answer.body.get("identity")) == (200, "vm1", None)
    assert (told[0], told[-1]) == ("started", "Succeeded")
    read = arm.start("GET", vm, VERSION)
    assert (read.changes, read.wait().body["name"]) == (False, "vm1")


async def test_a_started_request_is_awaited(admin, vm):
    async with midentity.aio.ArmClient(admin) as arm:
        work = await arm.start("PATCH", vm, VERSION, {"tags": {"a": "b"}})
        assert (await work).body["tags"] == {"a": "b"}


def test_what_fails_says_why(arm, vm, emulator):
    emulator.set_settings(lro={"seconds": 0, "fail": {"code": "Broken", "message": "for the test"}})
    with pytest.raises(midentity.ServiceError, match="Broken: for the test") as caught:
        arm.start("PATCH", vm, VERSION, {"identity": {"type": "None"}}).wait()
    assert caught.value.id == "arm.operation_failed"


def test_any_list_and_where_it_goes_on(arm, emulator, identities):
    emulator.populate("rg1", 5)
    emulator.set_settings(page_size=2)
    names = [item["name"] for item in arm.list(identities, "2024-11-30")]
    assert names == ["id1", *(f"many-{n:05}" for n in range(5))]
    seen, start = [], None
    while True:
        pages = arm.user_identities.list()
        if start is not None:
            assert pages.resume(start) is pages
        seen += [identity.name for identity in next(pages.by_page())]
        start = pages.continuation
        if start is None:
            break
    assert seen == names
    assert "skiptoken" not in repr(pages)


def test_a_continuation_that_is_none(arm, emulator, listener):
    pages = arm.user_identities.list()
    for garbage in ("", "page two", "/x?$skiptoken=1"):
        with pytest.raises(midentity.InvalidArgumentError) as caught:
            pages.resume(garbage)
        assert caught.value.id == "argument.option"
    with pytest.raises(midentity.ProtocolError) as caught:
        pages.resume(f"https://127.0.0.1:{listener.getsockname()[1]}/x")
    assert caught.value.id == "arm.host_refused"
    # And it is as it was.
    assert [identity.name for identity in pages] == ["id1"]
    assert pages.continuation is None


async def test_any_list_awaited(admin, emulator, identities):
    emulator.populate("rg1", 2)
    emulator.set_settings(page_size=2)
    async with midentity.aio.ArmClient(admin) as arm:
        pages = arm.list(identities, "2024-11-30")
        assert len(await anext(pages.by_page())) == 2
        rest = arm.list(identities, "2024-11-30").resume(pages.continuation)
        assert [item["name"] async for item in rest] == ["many-00001"]


def test_every_result_as_a_dictionary(arm, vm, facts):
    found = arm.vm_identity("vm1").show()
    credentials = arm.user_identities.federated_credentials("id1")
    roles = arm.role_assignments()
    results = [
        next(arm.subscriptions.list()),
        arm.resource_groups.get("rg1"),
        arm.user_identities.get("id1"),
        arm.system_identity(vm),
        credentials.create("from-ci", issuer="https://a.example.com", subject="s"),
        arm.role_definitions().find("Reader"),
        next(roles.list(principal_id=facts["system"]["principal_id"])),
        found.user_assigned[0],
        found,
        arm.vm_identity("vm1").plan("remove_all"),
        arm.get(vm, VERSION),
    ]
    assert {type(result).__name__ for result in results} == set(RESULTS)
    for result in results:
        members = RESULTS[type(result).__name__]
        shown = result.to_dict()
        assert list(shown) == members
        for member in members:
            value = getattr(result, member)
            if member == "user_assigned":
                value = [identity.to_dict() for identity in value]
            assert shown[member] == value
        json.dumps(shown)


def test_an_audience_of_another_cloud(admin, emulator):
    for audience in ("https://management.azure.com/", "https://management.core.windows.net"):
        with pytest.raises(midentity.InvalidArgumentError) as caught:
            ArmClient(admin, audience=audience)
        assert caught.value.id == "cloud.audience_refused"
    with pytest.raises(midentity.InvalidArgumentError, match="audience is a str"):
        ArmClient(admin, audience=5)
    with pytest.raises(midentity.AuthenticationError):
        ArmClient(audience="api://stack").get("/subscriptions", "2022-12-01")
    assert emulator.requests("imds")[-1]["query"]["resource"] == ["api://stack"]


def test_where_a_private_clouds_services_are(admin, emulator, fresh):
    origin = os.environ["MIDENTITY_CLOUD"]
    assert ArmClient(admin).endpoints() == {
        "login": origin,
        "graph": f"{origin}/graph/",
        "key_vault": "https://vault.emulated.test",
        "sql": "https://database.emulated.test/",
        "storage_suffix": "core.emulated.test",
    }
    fresh().get_token("keyvault")
    assert emulator.requests("imds")[-1]["query"]["resource"] == ["https://vault.emulated.test"]


def test_a_private_cloud_that_claims_a_known_ones_audience(admin, emulator, fresh):
    page(emulator, {"suffixes": {"keyVaultDns": "vault.azure.net"}})
    with pytest.raises(midentity.InvalidArgumentError) as caught:
        fresh().get_token("keyvault")
    assert (caught.value.id, emulator.requests("imds")) == ("cloud.audience_refused", [])
    with pytest.raises(midentity.InvalidArgumentError, match="AzureCloud"):
        ArmClient(admin).endpoints()


async def test_where_services_are_awaited(admin, emulator):
    async with midentity.aio.ArmClient(admin) as arm:
        assert (await arm.endpoints())["key_vault"] == "https://vault.emulated.test"


def test_the_roots_of_trust_of_a_credential(emulator, fresh, monkeypatch):
    ca_file = os.environ["MIDENTITY_CA_FILE"]
    monkeypatch.delenv("MIDENTITY_CA_FILE")
    with pytest.raises(midentity.MidentityError) as caught:
        fresh(timeout=5.0).get_token("keyvault")
    assert caught.value.id == "cloud.endpoints"
    assert fresh(ca_file=ca_file).get_token("keyvault").token
