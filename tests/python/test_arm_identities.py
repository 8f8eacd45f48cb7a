"""User-assigned identities, federated credentials, resource groups, subscriptions; lists that stream."""

import asyncio

import midentity
import midentity.aio
import pytest
from midentity.arm import ArmClient


@pytest.fixture
def machine(facts):
    """The machine's own client, which may read rg1 and no more."""
    return ArmClient(subscription=facts["subscription_id"], resource_group="rg1")


@pytest.mark.parametrize("name", ["", "a", "ab", "-abc", "a b c", "a/b", "a" * 129, "../x"])
def test_names_are_checked_before_anything_is_sent(name, arm, emulator):
    for call in (arm.user_identities.create, arm.user_identities.get, arm.user_identities.delete):
        with pytest.raises(midentity.InvalidArgumentError, match="3 to 128") as caught:
            call(name)
        assert caught.value.id == "argument.name"
    assert emulator.requests("arm") == []


def test_places_that_were_not_named(admin, emulator):
    plain = ArmClient(admin)
    for call in (
        lambda: plain.user_identities.get("id1"),
        lambda: plain.user_identities.list(),
        lambda: plain.resource_groups.get("rg1"),
        lambda: plain.role_assignments(),
        lambda: plain.virtual_machines.create("vm9", {}),
    ):
        with pytest.raises(midentity.InvalidArgumentError, match="was named"):
            call()
    with pytest.raises(midentity.InvalidArgumentError, match="no resource group"):
        plain.user_identities("00000000-0000-0000-0000-000000000001").get("id1")
    with pytest.raises(midentity.InvalidArgumentError, match="GUID"):
        plain.user_identities("my subscription", "rg1").get("id1")
    with pytest.raises(midentity.InvalidArgumentError, match="subscription is a str"):
        ArmClient(admin, subscription=5)
    assert emulator.requests("arm") == []


def test_no_right(machine):
    assert machine.user_identities.get("id1").name == "id1"
    with pytest.raises(midentity.ForbiddenError) as caught:
        machine.user_identities.create("id9", location="eastus", tags={})
    assert caught.value.id == "arm.forbidden"
    assert "Microsoft.ManagedIdentity/userAssignedIdentities/write" in caught.value.message


def test_what_is_not_there(arm, facts):
    with pytest.raises(midentity.NotFoundError) as caught:
        arm.user_identities.get("nobody")
    assert caught.value.service_code == "ResourceNotFound"
    with pytest.raises(midentity.NotFoundError):
        arm.user_identities(facts["subscription_id"], "no-such-group").create("id9")
    with pytest.raises(midentity.NotFoundError):
        arm.resource_groups.get("no-such-group")
    assert arm.user_identities.delete("nobody") is False
    assert arm.resource_groups.exists("no-such-group") is False
    assert arm.resource_groups.delete("no-such-group").changes is False


def test_an_identity(arm, facts):
    made = arm.user_identities.create("id9", tags={"owner": "me"})
    assert (made.name, made.location, made.tags) == ("id9", "eastus", {"owner": "me"})
    assert made.tenant_id == facts["tenant_id"]
    assert len(made.client_id) == len(made.principal_id) == 36
    assert made.id.endswith("/userAssignedIdentities/id9")
    assert repr(made) == "<midentity.arm.UserIdentity id9>"
    assert made.isolation_scope == "None"
    # What is not given stays.
    assert arm.user_identities.create("id9").to_dict() == made.to_dict()
    assert arm.user_identities.create("id9", location="eastus").tags == {"owner": "me"}
    assert arm.user_identities.update("id9", {"a": "b"}).tags == {"a": "b"}
    assert arm.user_identities.get("ID9").client_id == made.client_id
    assert sorted(i.name for i in arm.user_identities.list()) == ["id1", "id9"]
    assert arm.user_identities.delete("id9") is True


def test_a_whole_subscription_and_another_group(arm, facts):
    elsewhere = arm.user_identities(facts["subscription_id"], "rg2")
    assert elsewhere.create("id2").location == "westeurope"
    assert [i.name for i in elsewhere.list()] == ["id2"]
    assert sorted(i.name for i in arm.user_identities(facts["subscription_id"]).list()) == ["id1", "id2"]


def test_federated_credentials(arm, emulator):
    credentials = arm.user_identities.federated_credentials("id1")
    with pytest.raises(midentity.InvalidArgumentError):
        credentials.create("x", issuer="https://a.example.com", subject="s")
    made = credentials.create("from-ci", issuer="https://a.example.com", subject="s")
    assert (made.issuer, made.subject) == ("https://a.example.com", "s")
    assert made.audiences == ["api://AzureADTokenExchange"]
    assert credentials.get("from-ci").to_dict() == made.to_dict()
    assert [c.name for c in credentials.list()] == ["from-ci"]
    assert credentials.delete("from-ci") is True
    assert credentials.delete("from-ci") is False


async def test_federated_credentials_are_written_one_after_the_other(admin, facts, emulator):
    emulator.set_settings(federated_write_seconds=0.1)
    async with midentity.aio.ArmClient(admin, subscription=facts["subscription_id"], resource_group="rg1") as arm:
        credentials = arm.user_identities.federated_credentials("id1")
        made = [credentials.create(f"ci-{n}", issuer="https://a.example.com", subject=f"s{n}") for n in range(5)]
        await asyncio.gather(*made)
        assert sorted([c.name async for c in credentials.list()]) == [f"ci-{n}" for n in range(5)]


def test_resource_groups(arm, emulator):
    made = arm.resource_groups.create("rg9", "westeurope", tags={"a": "b"})
    assert (made.name, made.location, made.tags, made.provisioning_state) == (
        "rg9",
        "westeurope",
        {"a": "b"},
        "Succeeded",
    )
    with pytest.raises(midentity.ConflictError):
        arm.resource_groups.create("rg9", "eastus")
    assert arm.resource_groups.exists("rg9") is True
    assert [g.name for g in arm.resource_groups.list()] == ["rg1", "rg2", "rg9"]
    deleting = arm.resource_groups.delete("rg9")
    assert deleting.changes
    assert deleting.what == "deleting the resource group rg9"
    assert deleting.wait() is None
    assert arm.resource_groups.exists("rg9") is False


def test_a_list_streams(arm, emulator):
    emulator.populate("rg1", 25)
    emulator.set_settings(page_size=10)
    emulator.clear_requests()
    pages = arm.user_identities.list()
    assert emulator.requests("arm") == []
    assert iter(pages) is pages
    names = [next(pages).name for _ in range(10)]
    assert len(emulator.requests("arm")) == 1
    names += [item.name for item in pages]
    assert len(emulator.requests("arm")) == 3
    assert len(set(names)) == 26
    assert next(pages, None) is None


def test_a_list_by_page(arm, emulator):
    emulator.populate("rg1", 25)
    emulator.set_settings(page_size=10)
    assert [len(page) for page in arm.user_identities.list().by_page()] == [10, 10, 6]
    begun = arm.user_identities.list()
    next(begun)
    assert [len(page) for page in begun.by_page()] == [9, 10, 6]


def test_a_list_that_breaks_can_be_gone_on_with(arm, emulator):
    emulator.populate("rg1", 15)
    emulator.set_settings(page_size=10)
    emulator.add_fault(match={"door": "arm"}, skip=1, times=1, status=400, body="{}")
    pages = arm.user_identities.list()
    for _ in range(10):
        next(pages)
    with pytest.raises(midentity.InvalidArgumentError):
        next(pages)
    assert len(list(pages)) == 6


async def test_a_list_streams_in_asyncio(admin, facts, emulator):
    emulator.populate("rg1", 25)
    emulator.set_settings(page_size=10)
    async with midentity.aio.ArmClient(admin, subscription=facts["subscription_id"]) as arm:
        identities = arm.user_identities(facts["subscription_id"], "rg1")
        assert len([item.name async for item in identities.list()]) == 26
        assert [len(page) async for page in identities.list().by_page()] == [10, 10, 6]
        async for item in identities.list():
            assert item.tags is not None
            break
        task = asyncio.ensure_future(anext(aiter(identities.list())))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_all_of_it_in_asyncio(admin, facts, emulator):
    async with midentity.aio.ArmClient(admin, subscription=facts["subscription_id"], resource_group="rg1") as arm:
        assert [s.display_name async for s in arm.subscriptions.list()] == ["emulated"]
        assert (await arm.user_identities.create("id9", tags={"a": "b"})).tags == {"a": "b"}
        assert (await arm.user_identities.update("id9", {})).tags == {}
        assert (await arm.user_identities.get("id9")).name == "id9"
        assert await arm.user_identities.delete("id9") is True
        credentials = arm.user_identities.federated_credentials("id1")
        await credentials.create("from-ci", issuer="https://a.example.com", subject="s")
        assert (await credentials.get("from-ci")).subject == "s"
        assert await credentials.delete("from-ci")
        groups = arm.resource_groups
        assert (await groups.create("rg9", "eastus")).name == "rg9"
        assert (await groups.get("rg9")).location == "eastus"
        assert await groups.exists("rg9")
        assert [g.name async for g in groups.list()] == ["rg1", "rg2", "rg9"]
        assert await (await groups.delete("rg9")).wait() is None
        assert (await arm.request("GET", "/subscriptions", "2022-12-01")).status == 200
    with pytest.raises(midentity.ClosedError):
        await arm.user_identities.get("id1")


def test_after_closing(arm):
    identities = arm.user_identities
    arm.close()
    with pytest.raises(midentity.ClosedError):
        identities.get("id1")
    with pytest.raises(midentity.ClosedError):
        arm.vm_identity("vm1")


@pytest.mark.parametrize("bad", [{1: 2}, {"a": {1}}, {"a": object()}, float("nan"), 2**70, b"bytes"])
def test_bodies_that_are_no_json(bad, arm, emulator):
    with pytest.raises(midentity.InvalidArgumentError, match="JSON"):
        arm.request("PUT", "/subscriptions/x", "2022-12-01", bad)
    assert emulator.requests("arm") == []


def test_a_body_without_an_end(arm, emulator):
    endless = {}
    endless["again"] = endless
    with pytest.raises(midentity.InvalidArgumentError, match="deep"):
        arm.request("PUT", "/subscriptions/x", "2022-12-01", endless)


def test_any_request(arm, facts, emulator):
    path = f"/subscriptions/{facts['subscription_id']}/resourcegroups/rg7"
    body = {"location": "eastus", "tags": {"a": "b"}}
    answer = arm.request("put", path, "2021-04-01", body)
    assert answer.status == 201
    assert answer.body["tags"] == {"a": "b"}
    (request,) = emulator.requests("arm")
    assert request["body"] == body
    assert answer.remaining_requests is None or answer.remaining_requests > 0
