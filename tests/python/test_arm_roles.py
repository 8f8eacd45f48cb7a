"""Roles: named, given, taken away, waited for."""

import json

import midentity
import midentity.aio
import pytest
from conftest import within
from midentity.arm import ArmClient

READ = "Microsoft.Resources/subscriptions/resourceGroups/read"


@pytest.mark.parametrize(("scope", "meant"), [("rg1", "resourceGroups/rg1"), ("subscriptions/x", "/subscriptions/x")])
def test_what_is_no_scope(scope, meant, arm, emulator):
    for call in (
        lambda: arm.role_definitions(scope).list(),
        lambda: arm.role_definitions(scope).find("Reader"),
        lambda: arm.role_assignments(scope).list(),
        lambda: arm.role_assignments(scope).assign("Reader", "00000000-0000-0000-0000-000000000001"),
        lambda: arm.role_assignments(scope).wait_until_allowed(READ, timeout=1),
    ):
        with pytest.raises(midentity.InvalidArgumentError) as caught:
            call()
        assert caught.value.id == "argument.scope_path"
        assert meant in caught.value.hint
    assert emulator.requests("arm") == []


def test_an_unknown_role(arm):
    for call in (
        lambda: arm.role_definitions().find("Raeder"),
        lambda: arm.role_assignments().assign("Raeder", "00000000-0000-0000-0000-000000000001"),
    ):
        with pytest.raises(midentity.NotFoundError) as caught:
            call()
        assert caught.value.id == "role.unknown"
        assert "Reader" in caught.value.hint


def test_what_is_no_principal(arm, emulator):
    for bad in ("id1", "", "not-a-guid"):
        with pytest.raises(midentity.InvalidArgumentError, match="object id"):
            arm.role_assignments().assign("Reader", bad)
    with pytest.raises(midentity.InvalidArgumentError, match="no principal"):
        arm.role_assignments().assign("Reader", 5)
    with pytest.raises(midentity.InvalidArgumentError, match="no type"):
        arm.role_assignments().assign("Reader", "00000000-0000-0000-0000-000000000001", "Robot")
    with pytest.raises(midentity.InvalidArgumentError, match="two filters"):
        arm.role_assignments().list(at_scope=True, principal_id="x")
    with pytest.raises(midentity.InvalidArgumentError):
        arm.role_assignments().list(principal_id="x")


def test_no_right_to_give(facts):
    arm = ArmClient(subscription=facts["subscription_id"], resource_group="rg1")
    with pytest.raises(midentity.ForbiddenError) as caught:
        arm.role_assignments().assign("Reader", facts["system"]["principal_id"])
    assert "Microsoft.Authorization/roleAssignments/write" in caught.value.message


def test_definitions(arm):
    reader = arm.role_definitions().find("reader")
    assert reader.guid == "acdd72a7-3385-48ef-bd42-f606fba81ae7"
    assert (reader.role_name, reader.is_custom) == ("Reader", False)
    assert reader.actions == ["*/read"]
    assert reader.allows(READ)
    assert not reader.allows("Microsoft.Compute/virtualMachines/write")
    assert reader.to_dict()["role_name"] == "Reader"
    assert "Reader" in repr(reader)
    assert arm.role_definitions().find(reader.guid).id == reader.id
    assert {"Owner", "Contributor", "Reader"} <= {role.role_name for role in arm.role_definitions().list()}


def test_giving_twice_is_giving_once(arm, emulator):
    group = arm.resource_groups.get("rg2")
    identity = arm.user_identities.get("id1")
    here = arm.role_assignments(group.id)
    first = here.assign("Reader", identity).wait()
    assert (first.principal_id, first.principal_type) == (identity.principal_id, "ServicePrincipal")
    assert first.role_guid == "acdd72a7-3385-48ef-bd42-f606fba81ae7"
    assert here.assign("reader", identity.principal_id).wait().name == first.name
    assert [a.name for a in here.list(principal_id=identity) if a.scope == group.id] == [first.name]
    assert first.name in [a.name for a in here.list(assigned_to=identity)]
    assert first.name in [a.name for a in here.list(at_scope=True)]
    assert first.name in [a.name for a in here.list()]
    here.wait_until_visible(first, timeout=5)
    assert here.delete(first) is True
    assert here.delete(first.name) is False


def test_a_principal_that_is_not_in_the_directory_yet(arm, emulator):
    message = "Principal 0 does not exist in the directory 0."
    emulator.add_fault(
        match={"door": "arm", "method": "PUT"},
        times=1,
        status=400,
        body=json.dumps({"error": {"code": "PrincipalNotFound", "message": message}}),
    )
    heard = []
    group = arm.role_assignments(arm.resource_groups.get("rg2").id)
    operation = group.assign("Reader", arm.user_identities.get("id1"))
    assert operation.on_progress(heard.append).wait().role_guid
    assert "directory" in heard[0].status


def test_waiting_in_vain(arm, facts, emulator):
    here = arm.role_assignments(arm.resource_groups.get("rg1").id)
    with within(3), pytest.raises(midentity.RequestTimeoutError) as caught:
        here.wait_until_visible("00000000-0000-0000-0000-000000000001", timeout=1)
    assert caught.value.id == "role.not_visible"
    machine = ArmClient().role_assignments(arm.resource_groups.get("rg2").id)
    with within(3), pytest.raises(midentity.RequestTimeoutError) as caught:
        machine.wait_until_allowed(READ, timeout=1)
    assert caught.value.id == "role.not_allowed"
    with pytest.raises(midentity.InvalidArgumentError):
        machine.wait_until_allowed(READ, timeout=0)


def test_a_role_works_once_it_is_given(arm, facts, emulator):
    group = arm.resource_groups.get("rg2")
    machine = ArmClient(subscription=facts["subscription_id"])
    with pytest.raises(midentity.ForbiddenError):
        machine.resource_groups.get("rg2")
    emulator.set_settings(role_delay_seconds=1)
    arm.role_assignments(group.id).assign("Reader", facts["system"]["principal_id"]).wait()
    machine.role_assignments(group.id).wait_until_allowed(READ, timeout=20)
    assert machine.resource_groups.get("rg2").location == "westeurope"


async def test_in_asyncio(admin, facts, emulator):
    async with midentity.aio.ArmClient(admin, subscription=facts["subscription_id"], resource_group="rg2") as arm:
        roles = arm.role_definitions()
        assert "Reader" in [role.role_name async for role in roles.list()]
        assert (await roles.find("Reader")).actions == ["*/read"]
        here = arm.role_assignments()
        given = await (await here.assign("Reader", facts["system"]["principal_id"]))
        await here.wait_until_visible(given, timeout=5)
        assert given.name in [a.name async for a in here.list(at_scope=True)]
        async with midentity.aio.ArmClient() as machine:
            await machine.role_assignments(given.scope).wait_until_allowed(READ, timeout=5)
            assert (await machine.system_identity(facts["vm_resource_id"])).client_id == facts["system"]["client_id"]
        assert await here.delete(given) is True
