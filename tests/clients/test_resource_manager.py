"""Our credential in azure-mgmt-resource, over TLS, against the emulator's Resource Manager."""

import base64
import contextlib

import midentity
import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.mgmt.resource.resources.aio import ResourceManagementClient as ResourceManagementClientAio
from contoso import READER, STRANGER, SUBSCRIPTION, SYSTEM
from flavours import settled


@pytest.fixture
def groups(flavour, emulator):
    @contextlib.asynccontextmanager
    async def client(credential, **options):
        options = {"base_url": emulator.cloud, "credential_scopes": [f"{emulator.cloud}/.default"], **options}
        made = flavour.resources(credential, SUBSCRIPTION, connection_verify=emulator.ca_file, **options)
        try:
            yield made.resource_groups
        finally:
            await settled(made.close())

    return client


def statuses(emulator):
    return [request["status"] for request in emulator.requests("arm")]


@pytest.mark.parametrize(
    "chosen",
    [{}, {"system_assigned": True}, {"client_id": READER.client_id}, {"object_id": READER.object_id}],
    ids=["default", "system_assigned", "client_id", "object_id"],
)
async def test_a_group_that_may_be_read(ours, groups, emulator, chosen):
    async with groups(ours(**chosen)) as client:
        group = await settled(client.get("rg1"))
    assert group.id == f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg1"
    assert (group.name, group.location, group.tags) == ("rg1", "eastus", {"team": "blue"})
    assert group.properties.provisioning_state == "Succeeded"
    assert statuses(emulator) == [200]
    (request,) = emulator.requests("imds")
    named = {name: [value] for name, value in chosen.items() if name != "system_assigned"}
    assert request["query"] == {"api-version": ["2018-02-01"], "resource": [emulator.cloud], **named}


async def test_a_group_that_may_not_be_read(ours, groups, emulator):
    async with groups(ours(client_id=STRANGER.client_id)) as client:
        with pytest.raises(HttpResponseError) as caught:
            await settled(client.get("rg1"))
    assert caught.value.status_code == 403
    assert caught.value.error.code == "AuthorizationFailed"
    assert f"with object id '{STRANGER.object_id}'" in caught.value.message
    assert statuses(emulator) == [403]


async def test_azures_own_address(ours, groups, names, emulator):
    names["management.azure.com", 443] = int(emulator.cloud.rpartition(":")[2])
    options = {"base_url": None, "credential_scopes": ["https://management.azure.com/.default"]}
    async with groups(ours(), **options) as client:
        assert (await settled(client.get("rg1"))).location == "eastus"
    (request,) = emulator.requests("arm")
    assert request["headers"]["host"] == "management.azure.com"


async def test_many_requests_with_one_token(ours, groups, emulator):
    credential = ours()
    for _ in range(2):
        async with groups(credential) as client:
            for _ in range(3):
                await settled(client.get("rg1"))
    assert statuses(emulator) == [200] * 6
    assert len(emulator.requests("imds")) == 1


async def test_a_token_for_something_else(ours, groups, emulator):
    async with groups(ours(), credential_scopes=["https://vault.azure.net/.default"]) as client:
        with pytest.raises(ClientAuthenticationError) as caught:
            await settled(client.get("rg1"))
    assert caught.value.error.code == "InvalidAuthenticationTokenAudience"
    assert statuses(emulator) == [401]


async def test_a_claims_challenge(ours, groups, emulator):
    emulator.set_tokens(fresh=True)
    claims = base64.urlsafe_b64encode(b'{"access_token":{"nbf":{"essential":true}}}').decode()
    words = f'Bearer authorization_uri="{emulator.cloud}", error="insufficient_claims", claims="{claims}"'
    async with groups(ours()) as client:
        await settled(client.get("rg1"))
        emulator.add_fault(match={"door": "arm"}, status=401, headers={"WWW-Authenticate": words}, times=1)
        assert (await settled(client.get("rg1"))).name == "rg1"
        assert (await settled(client.get("rg1"))).name == "rg1"
    assert statuses(emulator) == [200, 401, 200, 200]
    assert len(emulator.requests("imds")) == 2


async def test_no_token_no_request(flavour, ours, groups, emulator):
    emulator.add_fault(match={"door": "imds"}, status=401)
    async with groups(ours()) as client:
        with pytest.raises(ClientAuthenticationError) as caught:
            await settled(client.get("rg1"))
    assert isinstance(caught.value, midentity.AuthenticationError)
    assert caught.value.status_code == 401
    assert statuses(emulator) == []


async def test_the_blocking_credential_in_an_awaited_client(emulator):
    with midentity.ManagedIdentityCredential(cache=midentity.TokenCache()) as credential:
        async with ResourceManagementClientAio(
            credential,
            SUBSCRIPTION,
            emulator.cloud,
            credential_scopes=[f"{emulator.cloud}/.default"],
            connection_verify=emulator.ca_file,
        ) as client:
            assert (await client.resource_groups.get("rg1")).name == "rg1"
    assert statuses(emulator) == [200]


async def test_azure_identitys_credential(flavour, groups, emulator, entra):
    credential = flavour.identity.ManagedIdentityCredential()
    async with groups(credential) as client:
        assert (await settled(client.get("rg1"))).name == "rg1"
    answer = await settled(credential.get_token(f"{emulator.cloud}/.default"))
    await settled(credential.close())
    assert entra.claims(answer.token, emulator.cloud)["oid"] == SYSTEM.object_id
    assert (statuses(emulator), len(emulator.requests("imds"))) == ([200], 1)
