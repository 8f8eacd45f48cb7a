"""MSAL's ManagedIdentityClient, unmodified, takes its tokens from the emulator."""

import time

import msal
import pytest
import requests
from contoso import NOBODY, READER, STRANGER, SYSTEM

RESOURCE = "https://management.azure.com/"
SYSTEM_ASSIGNED = msal.SystemAssignedManagedIdentity()


@pytest.fixture
def client():
    with requests.Session() as session:
        yield lambda identity, **options: msal.ManagedIdentityClient(identity, http_client=session, **options)


def ask(client, resource=RESOURCE, **options):
    return client.acquire_token_for_client(resource=resource, **options)


def test_the_system_assigned_identity(client, emulator, entra):
    before = int(time.time())
    answer = ask(client(SYSTEM_ASSIGNED))
    after = int(time.time())
    claims = entra.claims(answer["access_token"], RESOURCE)
    assert (claims["oid"], claims["xms_mirid"]) == (SYSTEM.object_id, SYSTEM.resource_id)
    assert (answer["token_type"], answer["resource"], answer["token_source"]) == (
        "Bearer",
        RESOURCE,
        "identity_provider",
    )
    assert 86_400 - 2 <= answer["expires_in"] <= 86_400
    assert before + 43_200 - 2 <= answer["refresh_on"] <= after + 43_200
    (request,) = emulator.requests("imds")
    assert request["query"] == {"api-version": ["2018-02-01"], "resource": [RESOURCE]}
    assert request["headers"]["metadata"] == "true"
    assert request["headers"]["x-client-sku"] == "MSAL.Python"


@pytest.mark.parametrize("who", [READER, STRANGER], ids=["reader", "stranger"])
@pytest.mark.parametrize("kind", ["client_id", "object_id", "resource_id"])
def test_a_user_assigned_identity(client, emulator, entra, kind, who):
    value = getattr(who, kind)
    answer = ask(client(msal.UserAssignedManagedIdentity(**{kind: value})))
    claims = entra.claims(answer["access_token"], RESOURCE)
    assert (claims["oid"], claims["appid"], claims["xms_mirid"]) == (who.object_id, who.client_id, who.resource_id)
    (request,) = emulator.requests("imds")
    assert request["query"]["msi_res_id" if kind == "resource_id" else kind] == [value]


def test_an_identity_from_configuration(client, emulator, entra):
    answer = ask(client({"ManagedIdentityIdType": "ObjectId", "Id": STRANGER.object_id}))
    assert entra.claims(answer["access_token"], RESOURCE)["oid"] == STRANGER.object_id


def test_the_only_user_assigned_identity_needs_no_name(client, machine, emulator, entra):
    machine("one")
    answer = ask(client(SYSTEM_ASSIGNED))
    assert entra.claims(answer["access_token"], RESOURCE)["oid"] == READER.object_id


def test_several_identities_and_none_named(client, machine, emulator):
    machine("several")
    answer = ask(client(SYSTEM_ASSIGNED))
    assert answer["error"] == "invalid_request"
    assert answer["error_description"].startswith("Multiple user assigned identities exist")


@pytest.mark.parametrize("kind", ["client_id", "object_id", "resource_id"])
def test_an_identity_that_the_machine_does_not_have(client, emulator, kind):
    answer = ask(client(msal.UserAssignedManagedIdentity(**{kind: NOBODY})))
    assert answer == {"error": "invalid_request", "error_description": "Identity not found"}
    (request,) = emulator.requests("imds")
    assert request["status"] == 400


def test_a_machine_without_identity(client, machine, emulator):
    machine("bare")
    assert ask(client(SYSTEM_ASSIGNED))["error_description"] == "Identity not found"


def test_a_resource_that_is_none(client, emulator):
    answer = ask(client(SYSTEM_ASSIGNED), "user.read")
    assert answer["error"] == "invalid_resource"
    assert answer["error_description"].startswith("AADSTS500011")


def test_a_token_is_kept_for_its_resource(client, emulator):
    app = client(SYSTEM_ASSIGNED)
    first, again, vault = ask(app), ask(app), ask(app, "https://vault.azure.net")
    assert again["token_source"] == "cache"
    assert first["access_token"] == again["access_token"] != vault["access_token"]
    assert [request["query"]["resource"] for request in emulator.requests("imds")] == [
        [RESOURCE],
        ["https://vault.azure.net"],
    ]


def test_clients_that_share_a_cache_share_a_token(client, emulator):
    cache = msal.TokenCache()
    first = ask(client(SYSTEM_ASSIGNED, token_cache=cache))
    second = ask(client(SYSTEM_ASSIGNED, token_cache=cache))
    assert (first["access_token"], second["token_source"]) == (second["access_token"], "cache")
    assert len(emulator.requests("imds")) == 1


def test_a_short_token_is_not_refreshed_ahead(client, emulator):
    emulator.set_tokens(lifetime_seconds=3_600)
    answer = ask(client(SYSTEM_ASSIGNED))
    assert 3_598 <= answer["expires_in"] <= 3_600
    assert "refresh_on" not in answer


def test_a_token_near_its_end_is_asked_for_again(client, emulator):
    emulator.set_tokens(lifetime_seconds=200)
    app = client(SYSTEM_ASSIGNED)
    ask(app)
    assert ask(app)["token_source"] == "identity_provider"
    assert len(emulator.requests("imds")) == 2


def test_claims_pass_over_the_kept_token(client, emulator):
    emulator.set_tokens(fresh=True)
    app = client(SYSTEM_ASSIGNED, client_capabilities=["CP1"])
    first = ask(app)
    second = ask(app, claims_challenge='{"access_token": {"nbf": {"essential": true}}}')
    assert first["access_token"] != second["access_token"]
    assert second["token_source"] == "identity_provider"
    assert len(emulator.requests("imds")) == 2


def test_a_throttled_client_waits(client, emulator):
    emulator.add_fault(status=429, headers={"Retry-After": "60"}, times=1)
    app = client(SYSTEM_ASSIGNED)
    assert ask(app)["error"] == "too_many_requests"
    # The answer would be a token by now: MSAL keeps to Retry-After and does not ask.
    assert ask(app)["error"] == "too_many_requests"
    assert [request["status"] for request in emulator.requests("imds")] == [429]
    assert "access_token" in ask(app, "https://vault.azure.net")


def test_an_answer_that_is_no_json(client, emulator):
    emulator.add_fault(status=502, body="<html>Bad gateway</html>")
    with pytest.raises(ValueError, match="Expecting value"):
        ask(client(SYSTEM_ASSIGNED))
