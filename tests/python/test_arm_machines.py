"""The identities of machines: others are never lost, nothing is sent in vain, long work can be told about."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time

import midentity
import midentity.aio
import pytest
from conftest import within
from midentity.arm import ArmClient, StaticToken
from test_concurrency import until_it_waits


def changes(emulator):
    """The bodies of what was changed."""
    return [r["body"] for r in emulator.requests("arm") if r["method"] in ("PATCH", "PUT")]


@pytest.mark.parametrize(
    "name", ["", "rg1/vm1", "/subscriptions/s", "/subscriptions/s/resourceGroups/g/providers/A.B/c/d"]
)
def test_what_is_no_machine(name, arm, emulator):
    with pytest.raises(midentity.InvalidArgumentError, match="virtual machine"):
        arm.vm_identity(name)
    assert emulator.requests("arm") == []


@pytest.mark.parametrize("identity", ["x", "a b", "/subscriptions/s", "/subscriptions/s/resourceGroups/g"])
def test_what_is_no_identity(identity, arm, emulator):
    with pytest.raises(midentity.InvalidArgumentError):
        arm.vm_identity("vm1").add(identity)
    assert changes(emulator) == []


def test_a_list_where_names_are_wanted(arm):
    with pytest.raises(midentity.InvalidArgumentError, match="one by one"):
        arm.vm_identity("vm1").add(["id1"])
    with pytest.raises(midentity.InvalidArgumentError, match="is no id"):
        arm.vm_identity("vm1").add(5)
    with pytest.raises(midentity.InvalidArgumentError, match="no change"):
        arm.vm_identity("vm1").plan("destroy")


def test_no_such_machine_and_no_right(arm, facts):
    with pytest.raises(midentity.NotFoundError):
        arm.vm_identity("vm7").show()
    own = ArmClient().vm_identity(facts["vm_resource_id"])
    assert own.show().kind == "SystemAssigned, UserAssigned"
    with pytest.raises(midentity.ForbiddenError) as caught:
        own.remove("id1")
    assert "Microsoft.Compute/virtualMachines/write" in caught.value.message


def test_attaching_needs_a_right_on_the_identity_too(arm, facts, emulator):
    helper = arm.user_identities.create("helper")
    new = arm.user_identities.create("id9")
    group = arm.resource_groups.get("rg1").id
    arm.role_assignments(group).assign("Virtual Machine Contributor", helper).wait()
    asked = ArmClient(
        StaticToken(emulator.issue_token("rg1/helper")), subscription=facts["subscription_id"], resource_group="rg1"
    )
    with pytest.raises(midentity.ForbiddenError) as caught:
        asked.vm_identity("vm1").add("id9")
    assert caught.value.service_code == "LinkedAuthorizationFailed"
    assert "Managed Identity Operator" in caught.value.hint
    assert asked.vm_identity("vm1").remove("[system]").wait().kind == "UserAssigned"
    arm.role_assignments(new.id).assign("Managed Identity Operator", helper).wait()
    assert len(asked.vm_identity("vm1").add(new).wait().user_assigned) == 2


def test_an_identity_that_is_not_there(arm):
    with pytest.raises(midentity.NotFoundError) as caught:
        arm.vm_identity("vm1").add("nobody").wait()
    assert caught.value.id == "vm_identity.dangling"


def test_others_stay(arm, facts, emulator):
    new = arm.user_identities.create("id9")
    vm = arm.vm_identity("vm1")
    emulator.clear_requests()
    after = vm.add(new).wait()
    assert after.kind == "SystemAssigned, UserAssigned"
    assert sorted(i.id.rpartition("/")[2] for i in after.user_assigned) == ["id1", "id9"]
    assert {i.client_id for i in after.user_assigned} >= {new.client_id}
    assert after.system_assigned == facts["system"]["principal_id"]
    assert after.tenant_id == facts["tenant_id"]
    (body,) = changes(emulator)
    assert body == {"identity": {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {new.id: {}}}}
    after = vm.remove("id1").wait()
    assert [i.id.rpartition("/")[2] for i in after.user_assigned] == ["id9"]
    assert vm.remove_all_user().wait().kind == "SystemAssigned"
    assert vm.remove_all().wait().kind == "None"
    assert vm.show().system_assigned is None
    assert vm.set("[system]", "id1").wait().to_dict()["kind"] == "SystemAssigned, UserAssigned"


def test_nothing_is_sent_where_nothing_changes(arm, emulator):
    operation = arm.vm_identity("vm1").add("[system]", "ID1")
    assert operation.changes is False
    assert operation.wait().kind == "SystemAssigned, UserAssigned"
    assert "nothing to do" in repr(operation)
    assert changes(emulator) == []


def test_a_plan_changes_nothing(arm, emulator):
    vm = arm.vm_identity("vm1")
    plan = vm.plan("set", "[system]", "id9")
    assert (plan.stays, plan.changes) == (["[system]"], True)
    assert [name.rpartition("/")[2] for name in plan.comes + plan.goes] == ["id9", "id1"]
    assert str(plan).startswith("stays: [system]; comes: /subscriptions/")
    assert plan.to_dict()["goes"] == plan.goes
    assert changes(emulator) == []
    assert vm.apply(vm.plan("remove", "[system]")).wait().kind == "UserAssigned"


def test_identities_that_are_no_more(arm):
    assert arm.vm_identity("vm1").dangling() == []
    arm.user_identities.delete("id1")
    (gone,) = arm.vm_identity("vm1").dangling()
    assert gone.endswith("/id1")
    assert arm.vm_identity("vm1").remove("id1").wait().user_assigned == []


def test_the_retired_extension_is_named(arm, facts, emulator):
    kind = "ManagedIdentityExtensionForLinux"
    state = emulator.state()
    (machine,) = state["subscriptions"][0]["resource_groups"][0]["vms"]
    machine["extensions"] = [{"name": "old", "publisher": "Microsoft.ManagedIdentity", "type": kind, "version": "1.0"}]
    emulator.set_state(state)
    plan = arm.vm_identity("vm1").plan("remove", "[system]")
    assert any(kind in warning for warning in plan.warnings)
    assert any(kind in warning for warning in arm.vm_identity("vm1").apply(plan).wait().warnings)


def test_progress_is_told(arm, emulator):
    emulator.set_settings(lro={"seconds": 0.2, "retry_after": None})
    heard = []
    operation = arm.vm_identity("vm1").remove("id1")
    assert operation.on_progress(heard.append) is operation
    first = operation.wait()
    assert first.kind == "SystemAssigned"
    assert operation.wait() is first
    assert heard[0].status == "started"
    assert heard[-1].status == "Succeeded"
    assert heard[-1].what == "changing the identity of vm1"
    assert heard[-1].elapsed > 0
    assert "Succeeded" in repr(heard[-1])


def test_what_a_callback_raises_ends_the_wait(arm, emulator):
    operation = arm.vm_identity("vm1").remove("id1")
    error = LookupError("mine")

    def tell(progress):
        raise error

    with pytest.raises(LookupError) as caught:
        operation.on_progress(tell).wait()
    assert caught.value is error
    # The work goes on, and can be waited for again.
    assert operation.on_progress(lambda progress: None).wait().kind == "SystemAssigned"


def test_work_that_fails(arm, emulator):
    failure = {"code": "OperationNotAllowed", "message": "No more cores."}
    emulator.set_settings(lro={"seconds": 0.1, "retry_after": None, "fail": failure})
    operation = arm.vm_identity("vm1").remove("id1")
    for _ in range(2):
        with pytest.raises(midentity.ServiceError, match="No more cores") as caught:
            operation.wait()
        assert caught.value.id == "arm.operation_failed"
        assert caught.value.service_code == "OperationNotAllowed"


def test_work_that_takes_too_long(admin, facts, emulator):
    emulator.set_settings(lro={"seconds": 60, "retry_after": None})
    arm = ArmClient(admin, operation_timeout=0.6)
    with within(5), pytest.raises(midentity.RequestTimeoutError) as caught:
        arm.vm_identity(facts["vm_resource_id"]).remove("id1").wait()
    assert caught.value.id == "arm.operation_timeout"


def test_ctrl_c_ends_a_wait_for_long_work(admin, facts, emulator):
    emulator.set_settings(lro={"seconds": 60, "retry_after": 30})
    code = f"""
        import os, time, midentity.arm as m
        arm = m.ArmClient(m.StaticToken(os.environ["TOKEN"]))
        operation = arm.vm_identity({facts["vm_resource_id"]!r}).remove("id1")
        print("waiting", flush=True)
        try:
            operation.wait()
        except KeyboardInterrupt:
            print(time.monotonic(), flush=True)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TOKEN": admin.get_token().token},
    )
    with process:
        assert process.stdout.readline() == "waiting\n"
        time.sleep(0.2)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert float(process.stdout.readline()) - sent < 0.3
        assert process.wait(5) == 0


async def test_in_asyncio(admin, facts, emulator):
    emulator.set_settings(lro={"seconds": 0.2, "retry_after": None})
    async with midentity.aio.ArmClient(admin, subscription=facts["subscription_id"], resource_group="rg1") as arm:
        vm = arm.vm_identity("vm1")
        assert vm.id.lower() == facts["vm_resource_id"].lower()
        assert (await vm.show()).kind == "SystemAssigned, UserAssigned"
        heard = []
        operation = (await vm.remove("id1")).on_progress(heard.append)
        assert "vm1" in repr(operation)
        assert operation.changes
        first, second = await asyncio.gather(operation, operation.wait())
        assert first is second
        assert first.kind == "SystemAssigned"
        assert heard[0].status == "started"
        assert (await (await vm.add("id1"))).kind == "SystemAssigned, UserAssigned"
        plan = await vm.plan("remove_all")
        assert len(plan.goes) == 2
        assert (await (await vm.apply(plan))).kind == "None"
        assert (await (await vm.set("id1"))).kind == "UserAssigned"
        assert (await (await vm.remove_all_user())).kind == "None"
        assert await vm.dangling() == []
        assert await (await vm.remove_all()) is not None
        assert (await arm.this_vm()).id.lower() == vm.id.lower()


async def test_a_cancelled_wait_can_be_taken_up_again(admin, facts, emulator):
    emulator.set_settings(lro={"seconds": 0.5, "retry_after": None})
    async with midentity.aio.ArmClient(admin) as arm:
        operation = await arm.vm_identity(facts["vm_resource_id"]).remove("id1")
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(operation.wait(), 0.1)
        assert (await operation).kind == "SystemAssigned"


async def test_a_cancelled_request_ends(admin, emulator):
    emulator.add_fault(match={"door": "arm"}, hang=True, times=1)
    async with midentity.aio.ArmClient(admin) as arm:
        task = asyncio.create_task(arm.get("/subscriptions", "2022-12-01"))
        await asyncio.to_thread(until_it_waits, emulator, "arm")
        task.cancel()
        with within(0.5), pytest.raises(asyncio.CancelledError):
            await task
        assert (await arm.get("/subscriptions", "2022-12-01")).status == 200


BODY = {"location": "eastus", "properties": {"hardwareProfile": {"vmSize": "Standard_B1s"}}}


def test_a_machine_with_identity_role_and_scope(arm, facts, emulator):
    arm.user_identities.create("id9")
    group = arm.resource_groups.get("rg2")
    made = arm.virtual_machines.create(
        "vm9", BODY, identities=["[system]", "id9"], role="Reader", scope=group.id
    ).wait()
    assert made.kind == "SystemAssigned, UserAssigned"
    (assigned,) = arm.role_assignments(group.id).list(principal_id=made.system_assigned)
    assert assigned.scope.lower() == group.id.lower()
    assert arm.system_identity(arm.vm_identity("vm9").id).principal_id == made.system_assigned


def test_a_machine_that_is_not_made(arm, emulator):
    for options, error in (
        ({"role": "Reader"}, midentity.InvalidArgumentError),
        ({"role": "Reader", "scope": "rg1", "identities": ["[system]"]}, midentity.InvalidArgumentError),
        ({"role": "Reader", "scope": "/subscriptions/x/resourceGroups/y"}, midentity.InvalidArgumentError),
        ({"identities": ["a b"]}, midentity.InvalidArgumentError),
    ):
        with pytest.raises(error):
            arm.virtual_machines.create("vm9", BODY, **options).wait()
    group = arm.resource_groups.get("rg1").id
    with pytest.raises(midentity.NotFoundError) as caught:
        arm.virtual_machines.create("vm9", BODY, identities=["[system]"], role="Raeder", scope=group)
    assert caught.value.id == "role.unknown"
    assert changes(emulator) == []


def test_off_azure(admin, refusing_port):
    with pytest.raises(midentity.CredentialUnavailableError):
        ArmClient(admin).this_vm(imds_endpoint=f"http://127.0.0.1:{refusing_port}")
