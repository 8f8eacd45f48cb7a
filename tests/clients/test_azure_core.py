"""Our credential is azure-core's credential: its protocols, and what its pipelines do with it."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from azure.core import AsyncPipelineClient, PipelineClient
from azure.core.credentials import SupportsTokenInfo, TokenCredential
from azure.core.credentials_async import AsyncSupportsTokenInfo, AsyncTokenCredential
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline.policies import AsyncBearerTokenCredentialPolicy, BearerTokenCredentialPolicy, _authentication
from azure.core.rest import HttpRequest
from contoso import ARM, GROUP, SYSTEM
from flavours import settled

RESOURCE = "https://management.azure.com"
PROTOCOLS = {False: {TokenCredential, SupportsTokenInfo}, True: {AsyncTokenCredential, AsyncSupportsTokenInfo}}


class Recorded:
    """Our credential behind a record of how it was called."""

    def __init__(self, credential):
        self.credential = credential
        self.calls = []

    def get_token_info(self, *scopes, options=None):
        self.calls.append((scopes, options))
        return self.credential.get_token_info(*scopes, options=options)


class Older:
    """Our credential as it was before azure-core knew of anything but `get_token`."""

    def __init__(self, credential):
        self.get_token = credential.get_token


@pytest.fixture
async def pipeline(flavour, emulator):
    """Sends a request to Resource Manager through a pipeline that has azure-core's bearer policy and no other."""
    opened = []

    def make(credential, **options):
        policy = AsyncBearerTokenCredentialPolicy if flavour.awaited else BearerTokenCredentialPolicy
        client = AsyncPipelineClient if flavour.awaited else PipelineClient
        policies = [policy(credential, ARM, **options)]
        opened.append(client(emulator.cloud, policies=policies, connection_verify=emulator.ca_file))
        return opened[-1]

    yield make
    for client in opened:
        await settled(client.close())


async def read(client, emulator):
    return taken(await settled(send(client, emulator)))


def send(client, emulator):
    return client.send_request(HttpRequest("GET", f"{emulator.cloud}{GROUP}?api-version=2025-04-01"))


def taken(response):
    response.raise_for_status()
    return response


def test_it_is_what_azure_core_asks_for(flavour, ours):
    credential = ours()
    for protocol in PROTOCOLS[flavour.awaited]:
        assert isinstance(credential, protocol)


async def test_it_can_be_entered(flavour, ours, emulator):
    if flavour.awaited:
        async with ours() as entered:
            answer = await entered.get_token(ARM)
    else:
        with ours() as entered:
            answer = entered.get_token(ARM)
    assert answer.token.count(".") == 2


async def test_a_token_has_what_is_read_from_it(ours, emulator, entra):
    before = int(time.time())
    credential = ours()
    pair = await settled(credential.get_token(ARM, claims=None, tenant_id="ignored", enable_cae=False, other=1))
    token, expires_on = pair
    info = await settled(credential.get_token_info(ARM, options={"tenant_id": "ignored"}))
    claims = entra.claims(token, RESOURCE)
    assert claims["oid"] == SYSTEM.object_id
    assert abs(expires_on - claims["exp"]) <= 1
    assert (pair.token, pair.expires_on) == (token, expires_on)
    assert (info.token, info.expires_on, info.token_type) == (token, expires_on, "Bearer")
    assert before + 43_200 - 2 <= info.refresh_on <= int(time.time()) + 43_200 + 1
    for shown in (repr(pair), str(pair), repr(info), str(info), repr(credential)):
        assert token not in shown
        assert token.rpartition(".")[2] not in shown


async def test_a_short_token_names_no_time_to_refresh(ours, emulator):
    emulator.set_tokens(lifetime_seconds=3_600)
    info = await settled(ours().get_token_info(ARM))
    assert info.refresh_on is None


async def test_a_pipeline_asks_for_token_info(ours, pipeline, emulator):
    credential = Recorded(ours())
    client = pipeline(credential, enable_cae=True)
    assert (await read(client, emulator)).json()["name"] == "rg1"
    await read(client, emulator)
    assert credential.calls == [((ARM,), {"enable_cae": True})]
    assert len(emulator.requests("imds")) == 1


async def test_a_pipeline_can_do_with_get_token(ours, pipeline, emulator):
    client = pipeline(Older(ours()))
    assert (await read(client, emulator)).json()["name"] == "rg1"
    await read(client, emulator)
    assert [request["status"] for request in emulator.requests("arm")] == [200, 200]
    assert len(emulator.requests("imds")) == 1


async def test_many_pipelines_at_once_ask_once(flavour, ours, pipeline, emulator):
    # Slow enough that all of them want a token before there is one; azure-core's policies do not wait for each other.
    emulator.add_fault(match={"door": "imds"}, delay_ms=200)
    credential = Recorded(ours())
    clients = [pipeline(credential) for _ in range(12)]
    if flavour.awaited:
        answers = await asyncio.gather(*(read(client, emulator) for client in clients))
    else:
        with ThreadPoolExecutor(len(clients)) as threads:
            answers = list(threads.map(lambda client: taken(send(client, emulator)), clients))
    assert [answer.json()["name"] for answer in answers] == ["rg1"] * 12
    assert len(credential.calls) == 12
    assert len(emulator.requests("imds")) == 1


async def test_a_pipeline_asks_again_when_it_is_time(ours, pipeline, emulator, monkeypatch):
    credential = Recorded(ours())
    client = pipeline(credential)
    await read(client, emulator)
    clock = SimpleNamespace(hours=11)
    # Both policies look at the clock there.
    monkeypatch.setattr(_authentication, "time", SimpleNamespace(time=lambda: time.time() + clock.hours * 3_600))
    await read(client, emulator)
    assert len(credential.calls) == 1
    # Past `refresh_on`, which is halfway: the policy asks, and our own clock, unchanged, still finds the token young.
    clock.hours = 13
    await read(client, emulator)
    assert len(credential.calls) == 2
    assert len(emulator.requests("imds")) == 1


async def test_a_service_that_sets_the_time_to_refresh(ours, emulator):
    emulator.add_fault(match={"door": "imds"}, echo={"refresh_in": "7200"})
    before = int(time.time())
    info = await settled(ours().get_token_info(ARM))
    assert before + 7_200 - 1 <= info.refresh_on <= int(time.time()) + 7_201


async def test_claims_bypass_the_cache_once(ours, emulator):
    emulator.set_tokens(fresh=True)
    credential = ours()
    first = await settled(credential.get_token_info(ARM))
    second = await settled(credential.get_token_info(ARM, options={"claims": '{"access_token":{}}'}))
    third = await settled(credential.get_token_info(ARM))
    assert first.token != second.token == third.token
    assert len(emulator.requests("imds")) == 2


async def test_a_bearer_token_provider(flavour, ours, emulator, entra):
    provide = flavour.identity.get_bearer_token_provider(ours(), ARM)
    token = await settled(provide())
    assert entra.claims(token, RESOURCE)["oid"] == SYSTEM.object_id
    assert await settled(provide()) == token
    assert len(emulator.requests("imds")) == 1


async def test_a_token_never_goes_without_tls(ours, pipeline, emulator):
    credential = Recorded(ours())
    client = pipeline(credential)
    with pytest.raises(Exception, match="not permitted for non-TLS"):
        await settled(client.send_request(HttpRequest("GET", emulator.imds_endpoint)))
    assert credential.calls == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 429])
async def test_a_failure_is_azure_cores_too(ours, emulator, status):
    emulator.add_fault(status=status)
    with pytest.raises(ClientAuthenticationError) as caught:
        await settled(ours(retry_total=0).get_token(ARM))
    assert caught.value.status_code == status
    assert "Injected by the emulator" in caught.value.message
    assert [request["status"] for request in emulator.requests("imds")] == [status]
