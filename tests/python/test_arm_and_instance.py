"""Resource Manager and instance metadata."""

import midentity
import midentity.aio
import midentity.arm
import pytest
from azure.core.credentials import AccessToken as AzureToken

SUBSCRIPTIONS = ("/subscriptions", "2022-12-01")


def group(facts, name=None):
    return f"/subscriptions/{facts['subscription_id']}/resourceGroups/{name or facts['resource_group']}"


def test_a_resource_group(facts, emulator):
    answer = midentity.arm.ArmClient().get(group(facts), "2021-04-01")
    assert answer.status == 200
    assert answer.body["name"] == facts["resource_group"]
    assert answer.body is answer.body
    assert answer.request_id
    assert answer.header("content-type").startswith("application/json")
    assert answer.header("no-such-header") is None
    assert repr(answer) == "<midentity.arm.ArmResponse 200>"
    (request,) = emulator.requests("arm")
    assert request["query"] == {"api-version": ["2021-04-01"]}


def test_the_version_may_stand_in_the_path(facts, emulator):
    assert midentity.arm.ArmClient().get(f"{group(facts)}?api-version=2021-04-01").status == 200


async def test_in_asyncio(facts, emulator):
    async with midentity.aio.ManagedIdentityCredential() as credential:
        async with midentity.aio.ArmClient(credential) as client:
            answer = await client.get(group(facts), "2021-04-01")
        assert answer.body["location"] == "eastus"
        with pytest.raises(midentity.ClosedError):
            await client.get(group(facts), "2021-04-01")


def test_no_role_and_no_such_thing(facts, emulator):
    client = midentity.arm.ArmClient()
    with pytest.raises(midentity.ForbiddenError) as caught:
        client.get(group(facts, "rg2"), "2021-04-01")
    assert caught.value.id == "arm.forbidden"
    assert caught.value.http_status == 403
    assert caught.value.service_code == "AuthorizationFailed"
    assert caught.value.request_id


def test_arguments_reach_what_no_variable_names(emulator, monkeypatch):
    for name in emulator.environment:
        monkeypatch.delenv(name)
    credential = midentity.ManagedIdentityCredential(
        imds_endpoint=emulator.imds_endpoint, cloud=emulator.cloud, ca_file=emulator.ca_file
    )
    assert midentity.arm.ArmClient(credential).get(*SUBSCRIPTIONS).status == 200
    plain = midentity.ManagedIdentityCredential(imds_endpoint=emulator.imds_endpoint)
    client = midentity.arm.ArmClient(plain, cloud=emulator.cloud, ca_file=emulator.ca_file)
    assert client.get(*SUBSCRIPTIONS).status == 200
    assert midentity.instance_metadata("compute/name", imds_endpoint=emulator.imds_endpoint) == "vm1"


def test_other_roots_are_not_trusted(emulator, monkeypatch):
    monkeypatch.delenv("MIDENTITY_CA_FILE")
    with pytest.raises(midentity.TransportError) as caught:
        midentity.arm.ArmClient(timeout=5).get(*SUBSCRIPTIONS)
    assert caught.value.id == "arm.tls"
    assert emulator.requests("arm") == []


class Foreign:
    """A credential of somebody else, as azure-core describes them."""

    def __init__(self, token):
        self.token = token
        self.asked = []

    def get_token(self, *scopes, **kwargs):
        self.asked.append(scopes)
        return AzureToken(self.token.token, self.token.expires_on)


class ForeignAsync(Foreign):
    async def get_token(self, *scopes, **kwargs):
        return super().get_token(*scopes, **kwargs)


async def test_any_credential_of_azure_cores_kind(emulator):
    token = midentity.get_token("arm")
    scopes = (f"{emulator.cloud}//.default",)
    foreign = Foreign(token)
    assert midentity.arm.ArmClient(foreign).get(*SUBSCRIPTIONS).status == 200
    for credential in (foreign, ForeignAsync(token)):
        async with midentity.aio.ArmClient(credential) as client:
            assert (await client.get(*SUBSCRIPTIONS)).status == 200
        assert credential.asked[-1] == scopes
    with pytest.raises(midentity.InvalidArgumentError, match="asyncio"):
        midentity.arm.ArmClient(ForeignAsync(token)).get(*SUBSCRIPTIONS)


def test_a_token_that_resource_manager_refuses(emulator):
    with pytest.raises(midentity.AuthenticationError) as caught:
        midentity.arm.ArmClient(Foreign(midentity.AccessToken("canary", 1_900_000_000))).get(*SUBSCRIPTIONS)
    assert caught.value.id == "arm.unauthorized"
    assert "canary" not in str(caught.value)


def test_all_of_the_instance(facts, emulator):
    everything = midentity.instance_metadata()
    assert everything["compute"]["name"] == facts["vm"]
    assert everything["compute"]["subscriptionId"] == facts["subscription_id"]
    assert midentity.instance_metadata("compute")["resourceGroupName"] == facts["resource_group"]
    assert midentity.instance_metadata("/compute/name/") == facts["vm"]
    assert midentity.instance_metadata("compute", api_version="2019-06-04")["name"] == facts["vm"]


async def test_the_instance_in_asyncio(facts, emulator):
    assert await midentity.aio.instance_metadata("compute/name") == facts["vm"]
    with pytest.raises(midentity.NotFoundError):
        await midentity.aio.instance_metadata("nowhere/at/all")


def test_where_there_is_nothing(emulator):
    with pytest.raises(midentity.NotFoundError) as caught:
        midentity.instance_metadata("nowhere")
    assert caught.value.id == "imds.not_found"


def test_off_azure(refusing_port):
    with pytest.raises(midentity.CredentialUnavailableError) as caught:
        midentity.instance_metadata(imds_endpoint=f"http://127.0.0.1:{refusing_port}", timeout=2)
    assert caught.value.id == "imds.unreachable"
