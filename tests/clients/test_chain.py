"""Our credential in azure-identity's chains: which failures a chain goes on from, and which end it."""

import socket
import subprocess
import sys

import midentity
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CredentialUnavailableError
from contoso import ARM, NOBODY, READER, SYSTEM
from flavours import settled

RESOURCE = "https://management.azure.com"


@pytest.fixture
def nowhere():
    """The address of a port that refuses connections: bound, so that nobody else takes it, and not listening."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@pytest.fixture
async def chain(flavour, ours):
    """A chain of ours, made with these options, and of azure-identity's own credential."""
    made = []

    def make(**options):
        theirs = flavour.identity.ManagedIdentityCredential(client_id=READER.client_id)
        made.append(flavour.identity.ChainedTokenCredential(ours(**options), theirs))
        return made[-1]

    yield make
    for credential in made:
        await settled(credential.close())


async def ask(credential, method):
    return await settled(getattr(credential, method)(ARM))


def askers(emulator):
    """Who sent each request: azure-identity, the second of the chain, names its identity; see `chain`."""
    named = [request["query"].get("client_id") for request in emulator.requests("imds")]
    return ["theirs" if name == [READER.client_id] else "ours" for name in named]


both_methods = pytest.mark.parametrize("method", ["get_token", "get_token_info"])


@both_methods
async def test_ours_comes_first(chain, emulator, entra, method):
    answer = await ask(chain(), method)
    assert entra.claims(answer.token, RESOURCE)["oid"] == SYSTEM.object_id
    assert askers(emulator) == ["ours"]


@both_methods
async def test_a_chain_passes_over_ours_where_nothing_answers(chain, nowhere, emulator, entra, method):
    answer = await ask(chain(imds_endpoint=nowhere), method)
    assert entra.claims(answer.token, RESOURCE)["oid"] == READER.object_id
    assert askers(emulator) == ["theirs"]


@both_methods
async def test_a_chain_passes_over_ours_where_no_identity_is(chain, running, emulator, entra, method):
    answer = await ask(chain(imds_endpoint=f"{running.imds_endpoint}/vm/bare"), method)
    assert entra.claims(answer.token, RESOURCE)["oid"] == READER.object_id
    assert askers(emulator) == ["ours", "theirs"]


@both_methods
async def test_a_chain_passes_over_ours_where_a_proxy_answers(chain, emulator, entra, method):
    emulator.add_fault(status=403, body="<html>unreachable host</html>", times=1)
    answer = await ask(chain(), method)
    assert entra.claims(answer.token, RESOURCE)["oid"] == READER.object_id
    assert askers(emulator) == ["ours", "theirs"]


@both_methods
async def test_a_chain_stops_at_an_identity_that_does_not_exist(chain, emulator, method):
    with pytest.raises(ClientAuthenticationError, match=r"ManagedIdentityCredential: .*Identity not found") as caught:
        await ask(chain(client_id=NOBODY), method)
    assert NOBODY in caught.value.message
    assert askers(emulator) == ["ours"]


@both_methods
@pytest.mark.parametrize("status", [401, 429, 500])
async def test_a_chain_stops_at_any_other_failure(chain, emulator, method, status):
    emulator.add_fault(status=status)
    with pytest.raises(ClientAuthenticationError, match="Injected by the emulator"):
        await ask(chain(retry_total=0), method)
    assert askers(emulator) == ["ours"]


async def test_a_chain_stops_at_several_identities(chain, running, emulator):
    with pytest.raises(ClientAuthenticationError, match="several user-assigned identities"):
        await ask(chain(imds_endpoint=f"{running.imds_endpoint}/vm/several"), "get_token")
    assert askers(emulator) == ["ours"]


async def test_ours_can_be_the_fallback(flavour, machine, ours, emulator, entra):
    machine("bare")
    theirs = flavour.identity.ManagedIdentityCredential()
    second = ours(imds_endpoint=f"{emulator.imds_endpoint}/vm/one")
    credential = flavour.identity.ChainedTokenCredential(theirs, second)
    answer = await ask(credential, "get_token_info")
    await settled(credential.close())
    assert entra.claims(answer.token, RESOURCE)["oid"] == READER.object_id
    assert [request["path"].split("/")[2] for request in emulator.requests("imds")] == ["bare", "one"]


async def test_closing_a_chain_closes_ours(flavour, ours, emulator):
    credential = ours()
    await settled(flavour.identity.ChainedTokenCredential(credential).close())
    with pytest.raises(midentity.ClosedError):
        await settled(credential.get_token(ARM))
    assert emulator.requests("imds") == []


LATE = """
import sys
import midentity
credential = midentity.ManagedIdentityCredential(imds_endpoint=sys.argv[1])
try:
    credential.get_token("arm")
except midentity.CredentialUnavailableError as error:
    before = type(error)
assert "azure" not in sys.modules
from azure.identity import ChainedTokenCredential, ManagedIdentityCredential
answer = ChainedTokenCredential(credential, ManagedIdentityCredential()).get_token("https://vault.azure.net/.default")
print(before is midentity.CredentialUnavailableError, answer.token)
"""


def test_a_process_that_imports_azure_after_ours_has_failed(nowhere, emulator, entra):
    run = subprocess.run([sys.executable, "-c", LATE, nowhere], capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    plain, token = run.stdout.split()
    assert plain == "True"
    assert entra.claims(token, "https://vault.azure.net")["oid"] == SYSTEM.object_id


async def test_what_kind_of_error_each_is(ours, nowhere, emulator):
    with pytest.raises(CredentialUnavailableError) as absent:
        await settled(ours(imds_endpoint=nowhere).get_token(ARM))
    assert isinstance(absent.value, midentity.CredentialUnavailableError)
    assert absent.value.id == "imds.unreachable"
    assert nowhere in absent.value.message
    with pytest.raises(ClientAuthenticationError) as unknown:
        await settled(ours(client_id=NOBODY).get_token(ARM))
    assert isinstance(unknown.value, midentity.IdentityNotFoundError)
    assert not isinstance(unknown.value, CredentialUnavailableError)
    assert (unknown.value.status_code, unknown.value.http_status) == (400, 400)
