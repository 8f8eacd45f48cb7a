"""azure-mgmt-resource, over TLS: resource groups and what is in them."""

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from flavours import settled
from management import ID1, control, finished, group_id, identity_id, listed, machine_id, refused, sent


@pytest.fixture
def groups(managed):
    """An administrator's resource groups."""
    return managed().resources.resource_groups


async def test_a_group_comes_and_goes(groups, emulator):
    assert await settled(groups.check_existence("new")) is False
    made = await settled(groups.create_or_update("new", {"location": "westeurope", "tags": {"a": "1"}}))
    assert (made.id, made.name, made.location) == (group_id("new"), "new", "westeurope")
    assert (made.type, made.tags) == ("Microsoft.Resources/resourceGroups", {"a": "1"})
    assert made.properties.provisioning_state == "Succeeded"
    assert await settled(groups.check_existence("NEW")) is True
    changed = await settled(groups.update("new", {"tags": {"b": "2"}}))
    assert changed.tags == {"b": "2"}
    assert (await settled(groups.get("new"))).tags == {"b": "2"}
    assert await finished(groups.begin_delete("new")) is None
    assert await settled(groups.check_existence("new")) is False
    with refused(ResourceNotFoundError, 404, "ResourceGroupNotFound") as caught:
        await settled(groups.get("new"))
    assert "Resource group 'new' could not be found." in caught[0].message
    log = [(request["method"], request["status"]) for request in sent(emulator)]
    looks = [one for one in log[6:-2] if one == ("GET", 202)]
    assert log[:6] == [("HEAD", 404), ("PUT", 201), ("HEAD", 204), ("PATCH", 200), ("GET", 200), ("DELETE", 202)]
    assert log[6:] == [*looks, ("GET", 200), ("HEAD", 404), ("GET", 404)]


async def test_a_deletion_that_lasts(groups, emulator):
    control(emulator, "PUT", "settings", {"lro": {"seconds": 0.3, "retry_after": 1}})
    poller = await settled(groups.begin_delete("rg2"))
    assert (await settled(groups.get("rg2"))).properties.provisioning_state == "Deleting"
    with refused(ResourceExistsError, 409, "ResourceGroupBeingDeleted"):
        await settled(groups.create_or_update("rg2", {"location": "westeurope"}))
    assert await settled(poller.result()) is None
    looks = [request["status"] for request in sent(emulator) if "/operationresults/" in request["path"]]
    assert looks == [202, 200]
    assert await settled(groups.check_existence("rg2")) is False


async def test_lists_of_groups(groups, emulator):
    found = await listed(groups.list())
    assert [one.name for one in found] == ["rg1", "rg2", "ops"]
    assert [one.name for one in await listed(groups.list(filter="tagName eq 'team'"))] == ["rg1"]
    assert await listed(groups.list(filter="tagName eq 'team' and tagValue eq 'red'")) == []
    emulator.clear_requests()
    control(emulator, "PUT", "settings", {"page_size": 2})
    assert [one.id for one in await listed(groups.list())] == [one.id for one in found]
    assert len(sent(emulator)) == 2


async def test_another_place_for_a_group(groups):
    with refused(ResourceExistsError, 409, "InvalidResourceGroupLocation"):
        await settled(groups.create_or_update("rg1", {"location": "westeurope"}))
    with refused(HttpResponseError, 400, "LocationRequired"):
        await settled(groups.create_or_update("new", {"tags": {"a": "1"}}))


async def test_what_is_in_a_group(managed):
    resources = managed().resources.resources
    found = {one.id: one for one in await listed(resources.list_by_resource_group("rg1"))}
    assert len(found) == 7
    # Resource Manager's own list spells `resourceGroups`, unlike the provider.
    own = identity_id("id1").replace("resourcegroups", "resourceGroups")
    assert (found[own].type, found[own].tags) == ("Microsoft.ManagedIdentity/userAssignedIdentities", {"env": "test"})
    both = found[machine_id("both")]
    assert both.identity.type == "SystemAssigned, UserAssigned"
    assert {one.client_id for one in both.identity.user_assigned_identities.values()} >= {ID1["clientId"]}
    machines = await listed(resources.list(filter="resourceType eq 'Microsoft.Compute/virtualMachines'"))
    assert [one.name for one in machines] == ["plain", "system", "users", "both", "jump"]


async def test_groups_that_our_credential_may_see(managed):
    reader = managed("reader").resources.resource_groups
    assert [one.name for one in await listed(reader.list())] == ["rg1"]
    assert await settled(reader.check_existence("rg1")) is True
    for call in (
        lambda: reader.get("rg2"),
        lambda: reader.create_or_update("new", {"location": "eastus"}),
        lambda: reader.begin_delete("rg1"),
    ):
        with refused(HttpResponseError, 403, "AuthorizationFailed"):
            await settled(call())
    with refused(HttpResponseError, 403, "AuthorizationFailed"):
        await listed(managed("nobody").resources.resource_groups.list())
