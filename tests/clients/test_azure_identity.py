"""azure-identity, unmodified, blocking and awaited, takes its tokens from the emulator."""

import time
from dataclasses import replace

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CredentialUnavailableError
from azure.identity.aio import ManagedIdentityCredential as ManagedIdentityCredentialAio
from contoso import ARM, NOBODY, READER, STRANGER, SYSTEM, TENANT
from flavours import settled

TOKEN_PATH = "/metadata/identity/oauth2/token"
RESOURCE = "https://management.azure.com"


async def token(credential, *scopes, **options):
    """A token of a credential that is closed afterwards."""
    try:
        return await ask(credential, *scopes, **options)
    finally:
        await settled(credential.close())


async def ask(credential, *scopes, **options):
    return await settled(credential.get_token_info(*(scopes or (ARM,)), options=options))


@pytest.fixture
def managed_identity(flavour):
    return flavour.identity.ManagedIdentityCredential


def by_resource_id(flavour, who):
    # The awaited class sends the key as it stands, and IMDS does not know `resource_id`.
    key = "msi_res_id" if flavour.awaited else "resource_id"
    return {"identity_config": {key: who.resource_id}}


async def test_the_system_assigned_identity(managed_identity, emulator, entra):
    answer = await token(managed_identity())
    claims = entra.claims(answer.token, RESOURCE)
    assert (claims["oid"], claims["appid"], claims["tid"]) == (SYSTEM.object_id, SYSTEM.client_id, TENANT)
    assert claims["xms_mirid"] == SYSTEM.resource_id
    assert claims["emulated"] is True
    (request,) = emulator.requests("imds")
    assert request["path"] == f"/vm/both{TOKEN_PATH}"
    assert request["query"] == {"api-version": ["2018-02-01"], "resource": [RESOURCE]}
    assert request["headers"]["metadata"] == "true"


@pytest.mark.parametrize("who", [READER, STRANGER], ids=["reader", "stranger"])
@pytest.mark.parametrize("kind", ["client_id", "config client_id", "object_id", "resource_id"])
async def test_a_user_assigned_identity(flavour, managed_identity, emulator, entra, kind, who):
    chosen, sent = {
        "client_id": ({"client_id": who.client_id}, ("client_id", who.client_id)),
        "config client_id": ({"identity_config": {"client_id": who.client_id}}, ("client_id", who.client_id)),
        "object_id": ({"identity_config": {"object_id": who.object_id}}, ("object_id", who.object_id)),
        "resource_id": (by_resource_id(flavour, who), ("msi_res_id", who.resource_id)),
    }[kind]
    answer = await token(managed_identity(**chosen))
    claims = entra.claims(answer.token, RESOURCE)
    assert (claims["oid"], claims["appid"], claims["xms_mirid"]) == (who.object_id, who.client_id, who.resource_id)
    (request,) = emulator.requests("imds")
    assert request["query"][sent[0]] == [sent[1]]


async def test_a_resource_id_in_another_casing(flavour, managed_identity, emulator, entra):
    chosen = by_resource_id(flavour, replace(READER, resource_id=READER.resource_id.upper()))
    answer = await token(managed_identity(**chosen))
    assert entra.claims(answer.token, RESOURCE)["xms_mirid"] == READER.resource_id


async def test_a_selector_that_the_service_does_not_know_is_passed_over(emulator, entra):
    chosen = {"resource_id": READER.resource_id}
    async with ManagedIdentityCredentialAio(identity_config=chosen) as credential:
        answer = await credential.get_token(ARM)
    assert entra.claims(answer.token, RESOURCE)["oid"] == SYSTEM.object_id
    (request,) = emulator.requests("imds")
    assert request["query"]["resource_id"] == [READER.resource_id]


async def test_the_only_user_assigned_identity_needs_no_name(managed_identity, machine, emulator, entra):
    machine("one")
    answer = await token(managed_identity())
    assert entra.claims(answer.token, RESOURCE)["oid"] == READER.object_id


async def test_several_identities_and_none_named(managed_identity, machine, emulator):
    machine("several")
    with pytest.raises(CredentialUnavailableError) as caught:
        await token(managed_identity())
    assert "Multiple user assigned identities exist" in caught.value.message
    (request,) = emulator.requests("imds")
    assert request["status"] == 400


@pytest.mark.parametrize("name", ["both", "bare"])
async def test_an_identity_that_the_machine_does_not_have(managed_identity, machine, emulator, name):
    machine(name)
    chosen = {} if name == "bare" else {"client_id": NOBODY}
    with pytest.raises(CredentialUnavailableError, match="Identity not found"):
        await token(managed_identity(**chosen))
    (request,) = emulator.requests("imds")
    assert (request["status"], request["query"].get("client_id")) == (400, [NOBODY] if chosen else None)


async def test_a_resource_that_is_none(managed_identity, emulator):
    with pytest.raises(CredentialUnavailableError, match="AADSTS500011"):
        await token(managed_identity(), "user.read")


@pytest.mark.parametrize("status", [404, 429, 503])
async def test_a_busy_service_is_asked_again(managed_identity, emulator, entra, status):
    emulator.add_fault(status=status, headers={"Retry-After": "1"}, times=1)
    answer = await token(managed_identity())
    assert entra.claims(answer.token, RESOURCE)["oid"] == SYSTEM.object_id
    first, second = emulator.requests("imds")
    assert (first["status"], second["status"]) == (status, 200)
    assert second["at_ms"] - first["at_ms"] >= 1000


async def test_a_service_that_stays_busy_is_asked_six_times(managed_identity, emulator):
    emulator.add_fault(status=429, headers={"retry-after-ms": "5"})
    with pytest.raises(ClientAuthenticationError):
        await token(managed_identity())
    assert [request["status"] for request in emulator.requests("imds")] == [429] * 6


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_refusal_is_not_asked_again(managed_identity, emulator, status):
    emulator.add_fault(status=status)
    with pytest.raises(ClientAuthenticationError, match="Injected by the emulator"):
        await token(managed_identity())
    assert [request["status"] for request in emulator.requests("imds")] == [status]


async def test_a_proxy_in_the_way_is_no_identity(managed_identity, emulator):
    emulator.add_fault(status=403, body="A socket operation was attempted to an unreachable network")
    with pytest.raises(CredentialUnavailableError):
        await token(managed_identity())
    assert [request["status"] for request in emulator.requests("imds")] == [403]


@pytest.mark.parametrize("lifetime", [3_600, 86_400])
@pytest.mark.parametrize("form", ["string", "int"])
async def test_when_a_token_ends(managed_identity, emulator, entra, lifetime, form):
    emulator.set_tokens(lifetime_seconds=lifetime, expires_as=form)
    before = int(time.time())
    answer = await token(managed_identity())
    after = int(time.time())
    assert before + lifetime - 1 <= answer.expires_on <= after + lifetime + 1
    assert abs(answer.expires_on - entra.claims(answer.token, RESOURCE)["exp"]) <= 1
    assert answer.token_type == "Bearer"
    if lifetime == 3_600:
        assert answer.refresh_on is None
    else:
        assert before + lifetime // 2 - 1 <= answer.refresh_on <= after + lifetime // 2 + 1


async def test_a_token_is_kept_for_its_resource(managed_identity, emulator):
    credential = managed_identity()
    other = "https://vault.azure.net/.default"
    first = await ask(credential)
    again = await ask(credential)
    vault = await ask(credential, other)
    await settled(credential.close())
    assert first.token == again.token != vault.token
    asked = [request["query"]["resource"] for request in emulator.requests("imds")]
    assert asked == [[RESOURCE], ["https://vault.azure.net"]]


async def test_the_service_hands_the_same_token_out_again(managed_identity, emulator):
    first = await token(managed_identity())
    second = await token(managed_identity())
    assert first.token == second.token
    assert len(emulator.requests("imds")) == 2


async def test_claims_pass_over_the_kept_token(managed_identity, emulator):
    emulator.set_tokens(fresh=True)
    credential = managed_identity()
    first = await ask(credential)
    second = await ask(credential, ARM, claims='{"access_token": {"nbf": {"essential": true}}}')
    await settled(credential.close())
    assert first.token != second.token
    assert len(emulator.requests("imds")) == 2


@pytest.fixture
def default(flavour, monkeypatch, machine, emulator):
    """DefaultAzureCredential on a machine: it probes, as it does where no variable names the service's address."""

    def make(**options):
        monkeypatch.delenv("AZURE_POD_IDENTITY_AUTHORITY_HOST")
        credential = flavour.identity.DefaultAzureCredential(**options)
        machine("both")
        return credential

    return make


async def test_the_default_credential_probes_first(default, emulator, entra):
    answer = await token(default())
    assert entra.claims(answer.token, RESOURCE)["oid"] == SYSTEM.object_id
    probe, request = emulator.requests("imds")
    assert "metadata" not in probe["headers"]
    assert (probe["status"], request["status"]) == (400, 200)
    assert request["headers"]["metadata"] == "true"


async def test_the_default_credential_with_an_identity(default, emulator, entra):
    answer = await token(default(managed_identity_client_id=READER.client_id))
    assert entra.claims(answer.token, RESOURCE)["oid"] == READER.object_id
    asked = [request["query"]["client_id"] for request in emulator.requests("imds")]
    assert asked == [[READER.client_id]] * 2


async def test_the_default_credential_told_to_use_the_managed_identity(default, monkeypatch, emulator):
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    await token(default())
    (request,) = emulator.requests("imds")
    assert request["headers"]["metadata"] == "true"


async def test_the_default_credential_goes_on_where_a_proxy_answers(default, emulator):
    emulator.add_fault(status=403, body={"error": "connecting to 169.254.169.254:80: unreachable network"})
    others = ["cli", "powershell", "developer_cli", "shared_token_cache", "visual_studio_code"]
    options = {f"exclude_{other}_credential": True for other in others}
    with pytest.raises(ClientAuthenticationError, match="unreachable network"):
        await token(default(**options))
    (request,) = emulator.requests("imds")
    assert request["status"] == 403
