"""Tokens: what callers hold, and what the cache does with them."""

import contextlib
import copy
import inspect
import json
import pickle
import time
from datetime import datetime, timezone

import midentity
import midentity.aio
import pytest
from azure.core.credentials import SupportsTokenInfo, TokenCredential
from azure.core.credentials_async import AsyncSupportsTokenInfo, AsyncTokenCredential
from midentity import AccessToken, AccessTokenInfo


def test_a_token_is_a_tuple_that_does_not_show_itself():
    token = AccessToken("canary", 1_900_000_000)
    text, expires_on = token
    assert (text, expires_on) == ("canary", 1_900_000_000) == (token.token, token.expires_on)
    assert isinstance(token, tuple)
    assert len(token) == 2
    assert token.expires_at == datetime(2030, 3, 17, 17, 46, 40, tzinfo=timezone.utc)
    assert token == AccessToken("canary", 1_900_000_000) == ("canary", 1_900_000_000)
    for shown in (repr(token), str(token), f"{token}", f"{[token]}"):
        assert "canary" not in shown
        assert "1900000000" in shown
    # What can't be hidden in a tuple; SECURITY.md says so.
    assert "canary" in json.dumps(token)
    for again in (pickle.loads(pickle.dumps(token)), copy.deepcopy(token)):
        assert type(again) is AccessToken
        assert again == token
    with pytest.raises(AttributeError):
        token.token = "x"


def test_a_tokens_information_does_not_show_it_either():
    info = AccessTokenInfo("canary", 1_900_000_000, token_type="pop", refresh_on=5)
    assert (info.token, info.expires_on, info.token_type, info.refresh_on) == ("canary", 1_900_000_000, "pop", 5)
    assert (info.source, info.identity_verified, info.from_cache, info.unchanged) == (None, False, False, False)
    assert info.expires_at.year == 2030
    assert "canary" not in repr(info) + str(info)
    with pytest.raises(TypeError):
        pickle.dumps(info)
    with pytest.raises(AttributeError):
        info.token = "x"


def test_the_protocols_of_azure_core(emulator):
    credential = midentity.ManagedIdentityCredential()
    assert isinstance(credential, TokenCredential)
    assert isinstance(credential, SupportsTokenInfo)
    awaited = midentity.aio.ManagedIdentityCredential()
    assert isinstance(awaited, AsyncTokenCredential)
    assert isinstance(awaited, AsyncSupportsTokenInfo)
    assert inspect.iscoroutinefunction(awaited.get_token)
    assert inspect.iscoroutinefunction(awaited.get_token_info)
    # What azure-core's own callers and others pass.
    credential.get_token("arm", claims=None, tenant_id="t", enable_cae=False, whatever=1)
    credential.get_token_info("arm", options={})
    credential.get_token_info("arm", options={"tenant_id": "t", "unknown": object()})


@pytest.mark.scenario(26)
def test_what_is_asked_for_the_default_identity(fresh, scenario):
    import uuid

    token = fresh().get_token("https://vault.azure.net/.default")
    (request,) = scenario.requests(1)
    assert request["method"] == "GET"
    assert request["path"] == "/metadata/identity/oauth2/token"
    assert request["query"] == {"api-version": ["2018-02-01"], "resource": ["https://vault.azure.net"]}
    assert request["headers"]["metadata"] == "true"
    uuid.UUID(request["headers"]["x-ms-client-request-id"])
    assert abs(token.expires_on - time.time() - 86400) < 60


@pytest.mark.scenario(27, 91)
@pytest.mark.parametrize("configured", [False, True])
def test_each_kind_of_id_travels_under_its_name(configured, facts, fresh, scenario):
    (identity,) = facts["user_identities"]
    cache = midentity.TokenCache()
    for name, sent, value in (
        ("client_id", "client_id", identity["client_id"]),
        ("object_id", "object_id", identity["principal_id"]),
        ("resource_id", "msi_res_id", identity["id"]),
    ):
        arguments = {"identity_config": {name: value}} if configured else {name: value}
        fresh(cache=cache, **arguments).get_token("arm")
        request = scenario.requests(len(cache))[-1]
        assert request["query"][sent] == [value]
    assert len(cache) == 3


@pytest.mark.scenario(25)
def test_a_tenant_is_accepted_and_not_sent(fresh, scenario):
    credential = fresh()
    credential.get_token("arm", tenant_id="72f988bf-0000-0000-0000-000000000000")
    credential.get_token_info("keyvault", options={"tenant_id": "72f988bf-0000-0000-0000-000000000000"})
    for request in scenario.requests(2):
        assert "72f988bf" not in json.dumps(request)


@pytest.mark.scenario(14, 37)
def test_further_parameters_are_sent_and_part_of_the_key(fresh, scenario):
    cache = midentity.TokenCache()
    fresh(cache=cache, identity_config={"bypass_cache": "true"}).get_token("arm")
    fresh(cache=cache, identity_config={"bypass_cache": "false"}).get_token("arm")
    fresh(cache=cache).get_token("arm")
    requests = scenario.requests(3)
    assert [r["query"].get("bypass_cache") for r in requests] == [["true"], ["false"], None]


@pytest.mark.scenario(34)
def test_one_suffix_is_taken_off_a_scope(fresh, scenario):
    fresh().get_token("https://management.azure.com//.default")
    (request,) = scenario.requests(1)
    assert request["query"]["resource"] == ["https://management.azure.com/"]


@pytest.mark.scenario(36)
def test_a_user_agent_is_sent(fresh, scenario):
    fresh().get_token("arm")
    (request,) = scenario.requests(1)
    assert request["headers"]["user-agent"].startswith("midentity/")


@pytest.mark.scenario(89)
def test_a_hit_hands_out_the_same_object(fresh, scenario):
    credential = fresh()
    first = credential.get_token("arm")
    assert credential.get_token("arm") is first
    assert credential.get_token("".join(["a", "rm"])) is first, "an equal text, another object"
    infos = [credential.get_token_info("arm") for _ in range(2)]
    assert infos[0] is infos[1]
    assert infos[0].token == first.token
    assert infos[0].from_cache
    scenario.requests(1)


@pytest.mark.scenario(90)
def test_another_resource_has_a_token_of_its_own(fresh, scenario):
    credential = fresh()
    names = ["arm", "keyvault", "storage", "graph", "https://storage.azure.com/", "https://management.azure.com"]
    tokens = [credential.get_token(name) for name in names]
    assert [credential.get_token(name) for name in names] == tokens
    assert tokens[2] == tokens[4], "a short name is its resource"
    scenario.requests(5)


def test_more_scopes_than_objects_are_held_for(fresh, emulator):
    credential = fresh()
    names = [f"https://management.azure.com{'/' * n}" for n in range(2)] + [
        "arm",
        "keyvault",
        "storage",
        "graph",
        "sql",
    ]
    names += [f"{name}/.default" for name in ("https://vault.azure.net", "https://storage.azure.com", "azure-devops")]
    usable = []
    for name in names:
        with contextlib.suppress(midentity.AuthenticationError):
            usable.append((name, credential.get_token(name)))
    emulator.clear_requests()
    assert len(usable) > 8
    for _ in range(2):
        for name, token in usable:
            assert credential.get_token(name) == token
    assert emulator.requests() == []


@pytest.mark.scenario(103)
def test_credentials_share_the_processs_cache(emulator, scenario):
    first = midentity.ManagedIdentityCredential().get_token("arm")
    assert midentity.ManagedIdentityCredential().get_token("arm") == first
    assert midentity.get_token("arm") == first
    scenario.requests(1)


async def test_sync_and_asyncio_share_it_too(emulator):
    first = midentity.ManagedIdentityCredential().get_token("arm")
    async with midentity.aio.ManagedIdentityCredential() as credential:
        assert await credential.get_token("arm") == first
        info = await credential.get_token_info("arm")
    assert info.from_cache
    assert len(emulator.requests()) == 1


@pytest.mark.scenario(101)
def test_a_forced_refresh_passes_the_cache_by_and_says_what_it_brought(fresh, scenario):
    credential = fresh()
    first = credential.get_token_info("arm")
    again = credential.get_token_info("arm", options={"force_refresh": True})
    scenario.requests(2)
    assert not first.from_cache
    assert not again.from_cache
    # The service has a cache, too.
    assert again.token == first.token
    assert again.unchanged
    credential.get_token("arm", force_refresh=True)
    scenario.requests(3)


@pytest.mark.scenario(99)
def test_claims_pass_the_cache_by_and_are_not_sent(fresh, scenario):
    credential = fresh()
    credential.get_token("arm")
    credential.get_token("arm", claims='{"access_token":{"nbf":{"essential":true}}}')
    credential.get_token_info("arm", options={"claims": '{"access_token":{}}'})
    requests = scenario.requests(3)
    assert all(r["query"] == requests[0]["query"] for r in requests)
    credential.get_token("arm", claims="")
    scenario.requests(3)


async def test_claims_in_asyncio(fresh, emulator):
    async with midentity.aio.ManagedIdentityCredential(cache=midentity.TokenCache()) as credential:
        await credential.get_token("arm")
        await credential.get_token("arm", claims="{}")
        await credential.get_token_info("arm", options={"claims": "{}"})
        await credential.get_token("arm", force_refresh=True)
    assert len(emulator.requests()) == 4


@pytest.mark.scenario(102)
def test_cae_tokens_are_cached_apart(fresh, scenario):
    credential = fresh()
    for _ in range(2):
        credential.get_token("arm")
        credential.get_token("arm", enable_cae=True)
        credential.get_token_info("arm", options={"enable_cae": True})
    scenario.requests(2)


@pytest.mark.scenario(51)
@pytest.mark.parametrize(("lifetime", "refreshed"), [(3600, False), (7200, False), (10800, True)])
def test_when_a_token_is_to_be_refreshed(lifetime, refreshed, fresh, emulator, scenario):
    emulator.set_tokens(lifetime_seconds=lifetime)
    info = fresh().get_token_info("arm")
    scenario.equal(info.refresh_on is not None, refreshed)
    if refreshed:
        assert abs(info.refresh_on - (info.expires_on - lifetime / 2)) <= 2


@pytest.mark.scenario(52)
def test_a_tokens_type_is_bearer(fresh, emulator, scenario):
    emulator.add_fault(omit=["token_type"])
    scenario.equal(fresh().get_token_info("arm").token_type, "Bearer")


def test_a_cache_of_its_own(fresh, emulator):
    cache = midentity.TokenCache()
    assert len(cache) == 0
    assert cache
    credential = fresh(cache=cache)
    token = credential.get_token("arm")
    assert len(cache) == 1
    assert token.token not in repr(cache)
    cache.clear()
    assert len(cache) == 0
    credential.get_token("arm")
    assert len(emulator.requests()) == 2, "a cleared cache's objects are not handed out"
    assert len(pickle.loads(pickle.dumps(cache))) == 0


@pytest.mark.parametrize(("form", "verified"), [("jwt", True), ("opaque", True), ("encrypted", True)])
def test_a_token_is_opaque(form, verified, facts, fresh, emulator):
    emulator.set_tokens(form=form)
    info = fresh(client_id=facts["user_identities"][0]["client_id"]).get_token_info("arm")
    assert info.identity_verified is verified


@pytest.mark.parametrize("form", ["opaque", "encrypted", "claims-less"])
def test_where_nothing_can_be_compared_it_is_said(form, facts, fresh, emulator):
    emulator.set_tokens(form=form)
    emulator.add_fault(omit=["client_id", "object_id", "msi_res_id", "resource"])
    info = fresh(client_id=facts["user_identities"][0]["client_id"]).get_token_info("arm")
    assert info.identity_verified is False


def test_a_guid_for_an_audience_is_accepted(fresh, emulator):
    emulator.set_tokens(form="guid_audience")
    assert fresh().get_token("arm").token


@pytest.mark.parametrize("form", ["opaque", "encrypted", "claims-less"])
def test_the_system_assigned_identity_must_be_shown(form, fresh, emulator):
    emulator.set_tokens(form=form)
    cache = midentity.TokenCache()
    with pytest.raises(midentity.AuthenticationError) as caught:
        fresh(system_assigned=True, cache=cache).get_token("arm")
    assert caught.value.id == "identity.not_provable"
    assert len(cache) == 0


def test_two_emulators_never_share_a_token(emulator, tmp_path):
    from midentity.testing import Emulator

    with Emulator(set_environment=False, state_dir=tmp_path) as other:
        here = midentity.ManagedIdentityCredential(imds_endpoint=emulator.imds_endpoint)
        there = midentity.ManagedIdentityCredential(imds_endpoint=other.imds_endpoint)
        for _ in range(2):
            assert here.get_token("https://vault.azure.net").token != there.get_token("https://vault.azure.net").token
        assert len(emulator.requests()) == len(other.requests()) == 1


@pytest.mark.scenario(23)
def test_the_processs_credential_follows_the_environment(emulator, tmp_path, monkeypatch, scenario):
    from midentity.testing import Emulator

    first = midentity.get_token("https://vault.azure.net")
    with Emulator(state_dir=tmp_path) as other:
        scenario.true(midentity.get_token("https://vault.azure.net").token != first.token)
        assert len(other.requests()) == 1
    assert midentity.get_token("https://vault.azure.net") == first


def test_the_modules_get_token_takes_a_selector(facts, emulator):
    (identity,) = facts["user_identities"]
    assert midentity.get_token("arm", client_id=identity["client_id"]) != midentity.get_token("arm")
    assert midentity.get_token("arm", system_assigned=True).token
    midentity.get_token("arm", force_refresh=True, timeout=10)
    assert len(emulator.requests()) == 4
