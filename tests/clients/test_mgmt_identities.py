"""azure-mgmt-msi, over TLS: identities, the system-assigned one by scope, federated credentials."""

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from contoso import TENANT
from flavours import settled
from management import (
    BOTH_PRINCIPAL,
    ID1,
    bodies,
    control,
    finished,
    identity_id,
    listed,
    machine_id,
    refused,
    sent,
)

GITHUB = {
    "issuer": "https://token.actions.githubusercontent.com",
    "subject": "repo:contoso/app:ref:refs/heads/main",
    "audiences": ["api://AzureADTokenExchange"],
}


async def test_an_identity_comes_and_goes(managed, emulator):
    identities = managed().identities.user_assigned_identities
    made = await settled(identities.create_or_update("rg1", "new", {"location": "eastus", "tags": {"a": "1"}}))
    assert (made.id, made.name, made.location) == (identity_id("new"), "new", "eastus")
    assert made.type == "Microsoft.ManagedIdentity/userAssignedIdentities"
    assert (made.tags, made.tenant_id, made.isolation_scope) == ({"a": "1"}, TENANT, "None")
    assert len({made.principal_id, made.client_id, TENANT}) == 3
    got = await settled(identities.get("RG1", "NEW"))
    assert got.as_dict() == made.as_dict()
    assert await settled(identities.delete("rg1", "new")) is None
    with refused(ResourceNotFoundError, 404, "ResourceNotFound") as caught:
        await settled(identities.get("rg1", "new"))
    expected = "The Resource 'Microsoft.ManagedIdentity/userAssignedIdentities/new' under resource group 'rg1' was not"
    assert expected in caught[0].message
    assert await settled(identities.delete("rg1", "new")) is None
    log = [(request["method"], request["status"]) for request in sent(emulator)]
    assert log == [("PUT", 201), ("GET", 200), ("DELETE", 200), ("GET", 404), ("DELETE", 204)]
    assert {request["query"]["api-version"][0] for request in sent(emulator)} == {"2024-11-30"}
    assert bodies(emulator, "PUT") == [{"location": "eastus", "tags": {"a": "1"}}]


async def test_tags(managed, emulator):
    identities = managed().identities.user_assigned_identities
    changed = await settled(identities.update("rg1", "id1", {"tags": {"env": "test", "owner": "blue"}}))
    assert changed.tags == {"env": "test", "owner": "blue"}
    assert (changed.principal_id, changed.client_id) == (ID1["principalId"], ID1["clientId"])
    assert (await settled(identities.get("rg1", "id1"))).tags == {"env": "test", "owner": "blue"}
    # A PUT replaces, and an identity without tags has empty ones.
    replaced = await settled(identities.create_or_update("rg1", "id1", {"location": "eastus"}))
    assert (replaced.tags, replaced.principal_id) == ({}, ID1["principalId"])
    assert [request["status"] for request in sent(emulator)] == [200, 200, 200]


async def test_lists(managed):
    identities = managed().identities.user_assigned_identities
    found = await listed(identities.list_by_resource_group("rg1"))
    assert [one.id for one in found] == [identity_id("id1"), identity_id("id2")]
    assert [one.tags for one in found] == [{"env": "test"}, {}]
    everywhere = await listed(identities.list_by_subscription())
    assert len(everywhere) == 8
    assert {one.id for one in found} < {one.id for one in everywhere}
    assert await listed(identities.list_by_resource_group("rg2")) == []
    with refused(ResourceNotFoundError, 404, "ResourceGroupNotFound"):
        await listed(identities.list_by_resource_group("rg9"))


async def test_pages(managed, emulator):
    control(emulator, "POST", "populate", {"user_identities": 25, "resource_group": "rg2"})
    control(emulator, "PUT", "settings", {"page_size": 10})
    found = await listed(managed().identities.user_assigned_identities.list_by_resource_group("rg2"))
    assert [one.name for one in found] == [f"many-{number:05}" for number in range(25)]
    queries = [request["query"] for request in sent(emulator)]
    assert len(queries) == 3
    assert ["$skiptoken" in query for query in queries] == [False, True, True]
    assert all(query["api-version"] == ["2024-11-30"] for query in queries)


async def test_the_same_name_again_is_another_identity(managed):
    identities = managed().identities.user_assigned_identities
    await settled(identities.delete("rg1", "id1"))
    again = await settled(identities.create_or_update("rg1", "id1", {"location": "eastus"}))
    assert again.principal_id != ID1["principalId"]
    assert again.client_id != ID1["clientId"]


async def test_a_machines_system_assigned_identity(managed):
    client = managed()
    found = await settled(client.identities.system_assigned_identities.get_by_scope(machine_id("both").lstrip("/")))
    # Id, name and type are the machine's own.
    assert (found.id, found.name) == (machine_id("both"), "both")
    assert found.type == "Microsoft.Compute/virtualMachines"
    assert (found.principal_id, found.tenant_id) == (BOTH_PRINCIPAL, TENANT)
    assert found.client_id == "0c0ffee0-0000-4000-8000-00000000004a"


async def test_a_federated_credential_comes_and_goes(managed, emulator):
    credentials = managed().identities.federated_identity_credentials
    made = await settled(credentials.create_or_update("rg1", "id1", "github", {"properties": GITHUB}))
    assert made.id == f"{identity_id('id1')}/federatedIdentityCredentials/github"
    assert (made.name, made.issuer, made.subject) == ("github", GITHUB["issuer"], GITHUB["subject"])
    assert made.audiences == ["api://AzureADTokenExchange"]
    other = {**GITHUB, "subject": "repo:contoso/app:environment:test"}
    changed = await settled(credentials.create_or_update("rg1", "id1", "github", {"properties": other}))
    assert changed.subject == other["subject"]
    assert (await settled(credentials.get("rg1", "id1", "github"))).subject == other["subject"]
    assert [one.name for one in await listed(credentials.list("rg1", "id1"))] == ["github"]
    assert await settled(credentials.delete("rg1", "id1", "github")) is None
    assert await listed(credentials.list("rg1", "id1")) == []
    assert await settled(credentials.delete("rg1", "id1", "github")) is None
    log = [(request["method"], request["status"]) for request in sent(emulator)]
    assert log == [
        ("PUT", 201),
        ("PUT", 200),
        ("GET", 200),
        ("GET", 200),
        ("DELETE", 200),
        ("GET", 200),
        ("DELETE", 204),
    ]


async def test_federated_credentials_that_may_not_be(managed):
    credentials = managed().identities.federated_identity_credentials
    await settled(credentials.create_or_update("rg1", "id1", "github", {"properties": GITHUB}))
    with pytest.raises(ResourceExistsError, match="Issuer and subject combination already exists") as caught:
        await settled(credentials.create_or_update("rg1", "id1", "again", {"properties": GITHUB}))
    assert caught.value.status_code == 409
    for number in range(19):
        one = {**GITHUB, "subject": f"number:{number}"}
        await settled(credentials.create_or_update("rg1", "id1", f"one-{number}", {"properties": one}))
    assert len(await listed(credentials.list("rg1", "id1"))) == 20
    more = {**GITHUB, "subject": "one:more"}
    with pytest.raises(HttpResponseError, match="Too many") as caught:
        await settled(credentials.create_or_update("rg1", "id1", "more", {"properties": more}))
    assert caught.value.status_code == 400


async def test_our_credential_with_the_right_to_identities(managed, emulator):
    client = managed("identities")
    identities = client.identities.user_assigned_identities
    made = await settled(identities.create_or_update("rg1", "new", {"location": "eastus"}))
    assert made.id == identity_id("new")
    assert await settled(identities.delete("rg1", "new")) is None
    # Its role is given in rg1 alone, and is no right to machines.
    with refused(HttpResponseError, 403, "AuthorizationFailed") as caught:
        await settled(identities.create_or_update("rg2", "new", {"location": "eastus"}))
    action = "Microsoft.ManagedIdentity/userAssignedIdentities/write"
    assert f"does not have authorization to perform action '{action}' over scope" in caught[0].message
    with refused(HttpResponseError, 403, "AuthorizationFailed"):
        await finished(client.compute.virtual_machines.begin_update("rg1", "plain", {"tags": {}}))
    assert [request["status"] for request in sent(emulator)] == [201, 200, 403, 403]
    assert len(emulator.requests("imds")) == 1


async def test_our_credential_that_may_only_read(managed):
    identities = managed("reader").identities.user_assigned_identities
    assert (await settled(identities.get("rg1", "id1"))).principal_id == ID1["principalId"]
    for call in (
        lambda: identities.create_or_update("rg1", "id1", {"location": "eastus"}),
        lambda: identities.update("rg1", "id1", {"tags": {}}),
        lambda: identities.delete("rg1", "id1"),
        # Whether it exists is not told.
        lambda: identities.get("ops", "no-such-identity"),
    ):
        with refused(HttpResponseError, 403, "AuthorizationFailed"):
            await settled(call())
    assert (await settled(identities.get("rg1", "id1"))).tags == {"env": "test"}
