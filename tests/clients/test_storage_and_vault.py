"""Our credential in the clients of Azure Storage and Key Vault, whose services challenge for a token."""

import contextlib
import uuid

import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from certificates import issue
from challenge_server import BLOB, SECRET, Services, serve
from contoso import READER, STORAGE, SYSTEM, VAULT
from flavours import settled


@pytest.fixture(scope="session")
def tls(tmp_path_factory):
    return issue(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def port(entra, tls):
    services = Services(entra)
    with serve(services, tls[1]) as port:
        yield services, port


@pytest.fixture
def services(port):
    return port[0]


def at(names, port, domain):
    """A host of this name, which no test had before: the vault's client remembers challenges by host."""
    host = f"contoso{uuid.uuid4().hex[:12]}.{domain}"
    names[host, 443] = port[1]
    return f"https://{host}"


@pytest.fixture
def blob(flavour, names, port, tls):
    url = at(names, port, "blob.core.windows.net")

    @contextlib.asynccontextmanager
    async def client(credential, **options):
        made = flavour.blob(url, "box", "a.txt", credential=credential, connection_verify=str(tls[0]), **options)
        try:
            yield made
        finally:
            await settled(made.close())

    return client


@pytest.fixture
def vault(flavour, names, port, tls):
    url = at(names, port, "vault.azure.net")

    @contextlib.asynccontextmanager
    async def client(credential, **options):
        made = flavour.secrets(options.pop("url", url), credential, connection_verify=str(tls[0]), **options)
        try:
            yield made
        finally:
            await settled(made.close())

    return client


def statuses(services):
    return [asked.status for asked in services.asked]


def resources(emulator):
    return [request["query"]["resource"] for request in emulator.requests("imds")]


async def content(client):
    download = await settled(client.download_blob())
    return await settled(download.readall())


async def test_a_blob(ours, blob, services, emulator):
    async with blob(ours()) as client:
        assert await content(client) == BLOB
        assert await content(client) == BLOB
    assert statuses(services) == [206, 206]
    assert {asked.claims["oid"] for asked in services.asked} == {SYSTEM.object_id}
    assert resources(emulator) == [[STORAGE]]


async def test_a_blob_with_a_named_identity(ours, blob, services, emulator):
    async with blob(ours(client_id=READER.client_id)) as client:
        assert await content(client) == BLOB
    assert services.asked[0].claims["oid"] == READER.object_id


async def test_storage_names_the_audience_that_it_wants(ours, blob, services, emulator):
    async with blob(ours(), audience="https://contoso.blob.core.windows.net") as client:
        assert await content(client) == BLOB
    assert statuses(services) == [401, 206]
    assert services.asked[1].claims["aud"] == STORAGE
    assert resources(emulator) == [["https://contoso.blob.core.windows.net"], [STORAGE]]


async def test_a_blob_without_an_identity(ours, machine, blob, services, emulator):
    machine("bare")
    # The client would take any failure for one that passes, for a minute.
    async with blob(ours(), retry_total=0) as client:
        with pytest.raises(ClientAuthenticationError, match="identity"):
            await content(client)
    assert services.asked == []


async def test_a_secret(ours, vault, services, emulator):
    async with vault(ours()) as client:
        assert (await settled(client.get_secret("s"))).value == SECRET
        assert (await settled(client.get_secret("s"))).value == SECRET
    assert statuses(services) == [401, 200, 200]
    # The first request carries no token: only the challenge says for whom it has to be.
    assert services.asked[0].token is None
    assert services.asked[1].token == services.asked[2].token
    assert services.asked[1].claims["oid"] == SYSTEM.object_id
    assert resources(emulator) == [[VAULT]]


async def test_a_vault_that_asks_for_a_foreign_token(ours, vault, services, emulator):
    services.vault_resource = "https://vault.example.net"
    async with vault(ours()) as client:
        with pytest.raises(ValueError, match="does not match the requested domain"):
            await settled(client.get_secret("s"))
    assert statuses(services) == [401]
    assert emulator.requests("imds") == []


async def test_a_vault_under_another_name(ours, vault, port, services, emulator):
    options = {"url": f"https://localhost:{port[1]}", "verify_challenge_resource": False}
    async with vault(ours(), **options) as client:
        assert (await settled(client.get_secret("s"))).value == SECRET
    assert statuses(services) == [401, 200]
    assert services.asked[1].claims["aud"] == VAULT


async def test_a_revoked_token_is_replaced(ours, vault, services, emulator):
    emulator.set_tokens(fresh=True)
    async with vault(ours()) as client:
        await settled(client.get_secret("s"))
        first = services.asked[-1].token
        services.revoked.add(first)
        assert (await settled(client.get_secret("s"))).value == SECRET
        second = services.asked[-1].token
        assert (await settled(client.get_secret("s"))).value == SECRET
    assert statuses(services) == [401, 200, 401, 200, 200]
    assert [asked.token for asked in services.asked] == [None, first, first, second, second]
    assert first != second
    # One request for each of the two tokens, and the claims stay here: the metadata service knows none.
    assert resources(emulator) == [[VAULT], [VAULT]]
    assert all("claims" not in request["query"] for request in emulator.requests("imds"))


async def test_a_new_token_is_every_clients_token(ours, vault, services, emulator):
    emulator.set_tokens(fresh=True)
    credential = ours()
    async with vault(credential) as one, vault(credential) as other:
        await settled(one.get_secret("s"))
        services.revoked.add(services.asked[-1].token)
        await settled(one.get_secret("s"))
        replaced = services.asked[-1].token
        await settled(other.get_secret("s"))
    assert services.asked[-1].token == replaced
    assert len(emulator.requests("imds")) == 2


async def test_a_revoked_token_that_the_machine_hands_out_again(ours, vault, services, emulator):
    async with vault(ours()) as client:
        await settled(client.get_secret("s"))
        services.revoked.add(services.asked[-1].token)
        with pytest.raises(HttpResponseError) as caught:
            await settled(client.get_secret("s"))
    assert caught.value.status_code == 401
    # Asked once more, and no more than that.
    assert statuses(services) == [401, 200, 401, 401]
    assert len(emulator.requests("imds")) == 2
