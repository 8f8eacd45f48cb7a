"""azure-mgmt-compute, over TLS: the identities of virtual machines and scale sets, and machines themselves."""

import midentity
import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceModifiedError, ResourceNotFoundError
from contoso import TENANT
from flavours import settled
from management import (
    BOTH_PRINCIPAL,
    ID1,
    ID2,
    SYSTEM_PRINCIPAL,
    bodies,
    control,
    finished,
    group_id,
    identity_id,
    machine_id,
    refused,
    sent,
)

ASSIGN = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"
BOTH = "SystemAssigned, UserAssigned"


# A machine of each kind that has no identity.
KINDS = {"virtual_machines": "plain", "virtual_machine_scale_sets": "fleet"}


@pytest.fixture(params=KINDS)
def bare(request):
    """The operations of one kind of machine, of someone's clients, and the name of one that has no identity."""
    return lambda client: (getattr(client.compute, request.param), KINDS[request.param])


def patch(kind, ids=None):
    """The body of a PATCH that changes the identity; no dictionary where no ids are given."""
    identity = {"type": kind}
    return {"identity": identity if ids is None else {**identity, "userAssignedIdentities": ids}}


def shown(machine):
    """A machine's identity as the service told it; None where it has none."""
    return machine.as_dict().get("identity")


async def start(operations, name, identity):
    """Puts a machine into the state that a test begins with."""
    await finished(operations.begin_update("rg1", name, {"identity": identity}))


USERS = {identity_id("id1"): {}, identity_id("id2"): {}}

# What there is, what is sent, and what there is then: a PATCH merges, and its type decides.
CHANGES = {
    "a user identity comes": (
        None,
        patch("UserAssigned", {identity_id("id1"): {}}),
        ("UserAssigned", {"id1"}),
    ),
    "both kinds come": (None, patch(BOTH, {identity_id("id1"): {}}), (BOTH, {"id1"})),
    "the system's comes and users stay": (("UserAssigned", USERS), patch(BOTH), (BOTH, {"id1", "id2"})),
    "the system's alone drops users": (("UserAssigned", USERS), patch("SystemAssigned"), ("SystemAssigned", set())),
    "the system's goes and users stay": ((BOTH, USERS), patch("UserAssigned"), ("UserAssigned", {"id1", "id2"})),
    "one comes and unnamed ones stay": (
        ("UserAssigned", {identity_id("id1"): {}}),
        patch("UserAssigned", {identity_id("id2"): {}}),
        ("UserAssigned", {"id1", "id2"}),
    ),
    "one goes": (
        ("UserAssigned", USERS),
        patch("UserAssigned", {identity_id("id1"): None}),
        ("UserAssigned", {"id2"}),
    ),
    "one goes in another casing": (
        ("UserAssigned", USERS),
        patch("UserAssigned", {identity_id("id1").upper(): None}),
        ("UserAssigned", {"id2"}),
    ),
    "one for another": (
        ("UserAssigned", {identity_id("id1"): {}}),
        patch("UserAssigned", {identity_id("id1"): None, identity_id("id2"): {}}),
        ("UserAssigned", {"id2"}),
    ),
    "the last one goes and the system's stays": (
        (BOTH, {identity_id("id1"): {}}),
        patch("SystemAssigned"),
        ("SystemAssigned", set()),
    ),
    "all go": ((BOTH, USERS), patch("None"), None),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_an_identity_changes(managed, emulator, bare, change):
    before, body, after = change
    operations, name = bare(managed())
    if before is not None:
        await start(operations, name, {"type": before[0], "userAssignedIdentities": before[1]})
    emulator.clear_requests()
    answered = shown(await finished(operations.begin_update("rg1", name, body)))
    found = shown(await settled(operations.get("rg1", name)))
    assert answered == found
    if after is None:
        assert found is None
    else:
        assert found["type"] == after[0]
        ids = {identity_id(one): {"id1": ID1, "id2": ID2}[one] for one in after[1]}
        assert found.get("userAssignedIdentities", {}) == ids
        assert ("principalId" in found) == ("tenantId" in found) == found["type"].startswith("System")
    assert bodies(emulator, "PATCH") == [body]


async def test_the_systems_is_enabled(managed, emulator, bare):
    operations, name = bare(managed())
    # As the service does: an operation that lasts, looked at after its Retry-After.
    control(emulator, "PUT", "settings", {"lro": {"seconds": 0.3, "retry_after": 1}})
    poller = await settled(operations.begin_update("rg1", name, patch("SystemAssigned")))
    first = shown(await settled(operations.get("rg1", name)))
    assert not poller.done()
    identity = shown(await settled(poller.result()))
    assert (identity["type"], identity["tenantId"]) == ("SystemAssigned", TENANT)
    # The principal is there at once.
    assert first == identity
    # Sent again while it is enabled, nothing changes.
    again = shown(await finished(operations.begin_update("rg1", name, patch("SystemAssigned"))))
    assert again == identity
    kinds = [
        "look" if "/operations/" in request["path"] else request["method"]
        for request in sent(emulator)
        if request["status"] == 200
    ]
    assert kinds[:3] in (["PATCH", "GET", "look"], ["PATCH", "look", "GET"])
    assert kinds[3:5] == ["look", "GET"]
    looks = [request for request in sent(emulator) if "/operations/" in request["path"]]
    assert {request["headers"]["host"] for request in looks} == {emulator.cloud.removeprefix("https://")}


async def test_exact_states(managed):
    operations = managed().compute.virtual_machines
    assert shown(await settled(operations.get("rg1", "plain"))) is None
    system = {"type": "SystemAssigned", "principalId": SYSTEM_PRINCIPAL, "tenantId": TENANT}
    assert shown(await settled(operations.get("rg1", "system"))) == system
    users = {identity_id("id1"): ID1, identity_id("id2"): ID2}
    assert shown(await settled(operations.get("rg1", "users"))) == {
        "type": "UserAssigned",
        "userAssignedIdentities": users,
    }
    both = await settled(operations.get("rg1", "both"))
    assert both.id == machine_id("both")
    assert both.provisioning_state == "Succeeded"
    assert shown(both) == {
        "type": BOTH,
        "principalId": BOTH_PRINCIPAL,
        "tenantId": TENANT,
        "userAssignedIdentities": users,
    }


async def test_a_key_keeps_the_clients_casing(managed):
    operations = managed().compute.virtual_machines
    spelled = identity_id("id1").replace("resourcegroups", "resourceGroups")
    found = shown(await finished(operations.begin_update("rg1", "plain", patch("UserAssigned", {spelled: {}}))))
    assert found["userAssignedIdentities"] == {spelled: ID1}


async def test_the_machine_knows_its_new_identity_at_once(managed, machine, ours):
    operations = managed().compute.virtual_machines
    machine("plain")
    credential = ours(client_id=ID1["clientId"])
    with pytest.raises(midentity.MidentityError):
        await settled(credential.get_token("https://management.azure.com/.default"))
    body = patch("UserAssigned", {identity_id("id1"): {}})
    await finished(operations.begin_update("rg1", "plain", body))
    token = await settled(credential.get_token("https://management.azure.com/.default"))
    assert token.token.count(".") == 2


async def test_a_write_meant_for_another_version(managed, emulator):
    operations = managed().compute.virtual_machines
    tag = (await settled(operations.get("rg1", "both"))).etag
    unchanged = {"etag": tag, "match_condition": MatchConditions.IfNotModified}
    first = await finished(operations.begin_update("rg1", "both", {"tags": {"a": "1"}}, **unchanged))
    assert first.tags == {"a": "1"}
    assert first.etag != tag
    with pytest.raises(ResourceModifiedError) as caught:
        await finished(operations.begin_update("rg1", "both", patch("None"), **unchanged))
    assert caught.value.status_code == 412
    assert shown(await settled(operations.get("rg1", "both")))["type"] == BOTH
    matches = [request["headers"].get("if-match") for request in sent(emulator, "PATCH")]
    assert matches == [tag, tag]


async def test_an_operation_that_fails(managed, emulator):
    failure = {"code": "VMExtensionHandlerNonTransientError", "message": "The handler failed.", "times": 1}
    control(emulator, "PUT", "settings", {"lro": {"seconds": 0.02, "retry_after": 0, "fail": failure}})
    operations = managed().compute.virtual_machines
    with pytest.raises(HttpResponseError, match=r"The handler failed\.") as caught:
        await finished(operations.begin_update("rg1", "both", patch("None")))
    assert caught.value.error.code == failure["code"]
    assert shown(await settled(operations.get("rg1", "both")))["type"] == BOTH


async def test_identities_that_are_not_there(managed, bare):
    operations, name = bare(managed())
    body = patch("UserAssigned", {identity_id("gone"): {}})
    with refused(HttpResponseError, 400, "FailedIdentityOperation") as caught:
        await finished(operations.begin_update("rg1", name, body))
    assert f"'{name}' failed with error 'Failed to perform resource identity operation." in caught[0].message
    with refused(ResourceNotFoundError, 404, "ResourceNotFound"):
        await finished(operations.begin_update("rg1", "no-such-machine", patch("SystemAssigned")))
    with refused(HttpResponseError, 400, "InvalidRequestContent") as caught:
        await finished(operations.begin_update("rg1", name, {"identity": {}}))
    assert "Required property 'type' not found in JSON. Path 'identity'" in caught[0].message


async def test_a_deleted_identity_stays_named_until_it_is_taken_away(managed):
    client = managed()
    operations = client.compute.virtual_machines
    await settled(client.identities.user_assigned_identities.delete("rg1", "id1"))
    found = shown(await settled(operations.get("rg1", "users")))["userAssignedIdentities"]
    assert found == {identity_id("id1"): {}, identity_id("id2"): ID2}
    with refused(HttpResponseError, 400, "FailedIdentityOperation"):
        await finished(operations.begin_update("rg1", "users", patch("UserAssigned", {identity_id("id1"): {}})))
    body = patch("UserAssigned", {identity_id("id1"): None})
    after = shown(await finished(operations.begin_update("rg1", "users", body)))
    assert after["userAssignedIdentities"] == {identity_id("id2"): ID2}


async def test_our_credential_without_the_right_to_assign(managed, emulator):
    operations = managed("machines").compute.virtual_machines
    enabled = shown(await finished(operations.begin_update("rg1", "plain", patch("SystemAssigned"))))
    assert enabled["type"] == "SystemAssigned"
    taken = patch("UserAssigned", {identity_id("id1"): None})
    after = shown(await finished(operations.begin_update("rg1", "users", taken)))
    assert after["userAssignedIdentities"] == {identity_id("id2"): ID2}
    for ids in ({identity_id("id1"): {}}, {identity_id("id2"): {}}, {identity_id("id1"): {}, identity_id("id2"): None}):
        with refused(HttpResponseError, 403, "LinkedAuthorizationFailed") as caught:
            await finished(operations.begin_update("rg1", "users", patch("UserAssigned", ids)))
        named = next(one for one, value in ids.items() if value is not None)
        message = caught[0].message
        assert f"does not have permission to perform action '{ASSIGN}' on the linked scope(s) '{named}'" in message
        assert "has permission to perform action 'Microsoft.Compute/virtualMachines/write'" in message
    assert [request["status"] for request in sent(emulator, "PATCH")] == [200, 200, 403, 403, 403]


async def test_our_credential_with_the_right_to_assign(managed, bare):
    operations, name = bare(managed("operator"))
    after = shown(await finished(operations.begin_update("rg1", name, patch("UserAssigned", USERS))))
    assert after["userAssignedIdentities"] == {identity_id("id1"): ID1, identity_id("id2"): ID2}
    # The role is given in rg1; the identity of another group is not its own to assign.
    foreign = patch("UserAssigned", {identity_id("reader", "ops"): {}})
    with refused(HttpResponseError, 403, "LinkedAuthorizationFailed"):
        await finished(operations.begin_update("rg1", name, foreign))


async def test_a_machine_comes_and_goes(managed, emulator):
    operations = managed().compute.virtual_machines
    card = f"{group_id('rg1')}/providers/Microsoft.Network/networkInterfaces/nic1"
    body = {
        "location": "eastus",
        "identity": {"type": BOTH, "userAssignedIdentities": {identity_id("id1"): {}}},
        "properties": {
            "hardwareProfile": {"vmSize": "Standard_B1s"},
            "storageProfile": {"osDisk": {"createOption": "FromImage", "osType": "Linux"}},
            "osProfile": {"computerName": "made", "adminUsername": "azureuser", "adminPassword": "not-shown-again"},
            "networkProfile": {"networkInterfaces": [{"id": card, "properties": {"primary": True}}]},
        },
    }
    made = await finished(operations.begin_create_or_update("rg1", "made", body))
    assert (made.id, made.provisioning_state) == (machine_id("made"), "Succeeded")
    assert made.hardware_profile.vm_size == "Standard_B1s"
    assert (made.os_profile.admin_username, made.os_profile.admin_password) == ("azureuser", None)
    assert made.network_profile.network_interfaces[0].id == card
    assert shown(made)["userAssignedIdentities"] == {identity_id("id1"): ID1}
    # A PUT without the identity takes it away: it replaces.
    replaced = await finished(operations.begin_create_or_update("rg1", "made", {**body, "identity": None}))
    assert shown(replaced) is None
    assert await finished(operations.begin_delete("rg1", "made")) is None
    with refused(ResourceNotFoundError, 404, "ResourceNotFound"):
        await settled(operations.get("rg1", "made"))
    assert [request["status"] for request in sent(emulator, "PUT")] == [201, 200]
    assert [request["status"] for request in sent(emulator, "DELETE")] == [202]
