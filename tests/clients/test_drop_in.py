"""Our credential in place of azure-identity's: the same arguments, the same requests, the same refusals."""

import midentity
import pytest
from contoso import ARM, NOBODY, READER, STRANGER
from flavours import settled

CHOICES = {
    "nothing": {},
    "None": {"client_id": None},
    "client_id": {"client_id": READER.client_id},
    "no config": {"identity_config": None},
    "empty config": {"identity_config": {}},
    "config client_id": {"identity_config": {"client_id": STRANGER.client_id}},
    "config object_id": {"identity_config": {"object_id": READER.object_id}},
    "config resource_id": {"identity_config": {"resource_id": STRANGER.resource_id}},
}


async def token(credential, *scopes):
    try:
        return await settled(credential.get_token(*scopes))
    finally:
        await settled(credential.close())


@pytest.mark.parametrize("choice", CHOICES)
async def test_the_same_choice_is_the_same_request(flavour, ours, emulator, choice):
    chosen = CHOICES[choice]
    if flavour.awaited and choice == "config resource_id":
        # Their awaited class sends `resource_id`, which IMDS passes over: the default identity's token comes back.
        theirs = {"identity_config": {"msi_res_id": STRANGER.resource_id}}
    else:
        theirs = chosen
    answer = await token(ours(**chosen), ARM)
    expected = await token(flavour.identity.ManagedIdentityCredential(**theirs), ARM)
    # The emulator hands the same token out to both, as Azure does: both asked as the same identity.
    assert answer.token == expected.token
    first, second = emulator.requests("imds")
    assert first["query"] == second["query"]
    assert (first["method"], first["path"]) == (second["method"], second["path"])
    assert first["headers"]["metadata"] == second["headers"]["metadata"] == "true"
    assert first["headers"]["user-agent"] != second["headers"]["user-agent"]


async def test_further_keys_of_the_config_are_sent(ours, emulator):
    await token(ours(identity_config={"object_id": READER.object_id, "purpose": "test"}), ARM)
    (request,) = emulator.requests("imds")
    assert (request["query"]["object_id"], request["query"]["purpose"]) == ([READER.object_id], ["test"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": NOBODY, "identity_config": {"client_id": NOBODY}},
        {"client_id": NOBODY, "identity_config": {"object_id": NOBODY}},
        {"identity_config": {"client_id": NOBODY, "object_id": NOBODY}},
        {"identity_config": {"resource_id": READER.resource_id, "object_id": NOBODY}},
    ],
)
def test_two_identities_are_refused_by_both(flavour, wrong):
    for credential in (flavour.ours, flavour.identity.ManagedIdentityCredential):
        with pytest.raises(ValueError, match=r"client_id|object_id"):
            credential(**wrong)


@pytest.mark.parametrize("scopes", [(), (ARM, "https://vault.azure.net/.default")], ids=["none", "two"])
async def test_not_one_scope_is_refused_by_both(flavour, ours, emulator, scopes):
    for credential in (ours(), flavour.identity.ManagedIdentityCredential()):
        with pytest.raises(ValueError, match="scope"):
            await token(credential, *scopes)
    assert emulator.requests("imds") == []


@pytest.mark.parametrize("scope", [ARM, "https://management.azure.com//.default", "https://batch.core.windows.net/"])
async def test_a_scope_is_the_same_resource_to_both(flavour, ours, emulator, scope):
    answer = await token(ours(), scope)
    expected = await token(flavour.identity.ManagedIdentityCredential(), scope)
    assert answer.token == expected.token
    first, second = emulator.requests("imds")
    assert first["query"]["resource"] == second["query"]["resource"] == [scope.removesuffix("/.default")]


@pytest.mark.parametrize(
    "name",
    [
        "transport",
        "raw_request_hook",
        "raw_response_hook",
        "proxies",
        "retry_backoff_factor",
        "retry_policy",
        "no_such",
    ],
)
def test_what_can_not_be_honoured_is_refused(flavour, name):
    with pytest.raises(TypeError, match=f"'{name}'"):
        flavour.ours(**{name: object()})


async def test_the_options_that_both_take(flavour, emulator):
    options = {"retry_total": 0, "connection_timeout": 2, "client_id": READER.client_id}
    for credential in (flavour.ours, flavour.identity.ManagedIdentityCredential):
        emulator.reset()
        emulator.add_fault(status=503)
        with pytest.raises(Exception, match="Injected by the emulator"):
            await token(credential(**options), ARM)
        assert [request["status"] for request in emulator.requests("imds")] == [503]


async def test_no_request_before_the_first_token(flavour, ours, emulator):
    credential = ours(client_id=READER.client_id)
    assert emulator.requests("imds") == []
    await settled(credential.get_token(ARM))
    assert len(emulator.requests("imds")) == 1


async def test_a_tenant_is_taken_and_not_sent(flavour, ours, emulator):
    for credential in (ours(), flavour.identity.ManagedIdentityCredential()):
        await settled(credential.get_token(ARM, tenant_id="72f988bf-86f1-41af-91ab-2d7cd011db47"))
        await settled(credential.close())
    assert [set(request["query"]) for request in emulator.requests("imds")] == [{"api-version", "resource"}] * 2


async def test_ours_keeps_one_token_for_all(flavour, emulator):
    # Not so theirs, where each object has a cache of its own.
    cache = midentity.TokenCache()
    first = await settled(flavour.ours(cache=cache).get_token(ARM))
    second = await settled(flavour.ours(cache=cache).get_token(ARM))
    assert first.token == second.token
    assert len(emulator.requests("imds")) == 1
