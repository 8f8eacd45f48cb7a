"""What goes wrong at the metadata service, and what comes out: kind, id, number of requests, time."""

import asyncio
import socket
import threading
from contextlib import closing

import midentity
import midentity.aio
import pytest
from conftest import nobody_came, within

JSON = "application/json"
HTML = "text/html"


def refused(code, text):
    return {"error": code, "error_description": text}


# status, body, content type -> class, id
TABLE = [
    (400, {}, JSON, "CredentialUnavailableError", "imds.no_identity"),
    (400, refused("invalid_request", "Identity not found"), JSON, "CredentialUnavailableError", "imds.no_identity"),
    (
        400,
        refused("invalid_request", "Multiple user assigned identities exist, please specify the clientId"),
        JSON,
        "AuthenticationError",
        "imds.identity_ambiguous",
    ),
    (400, refused("invalid_request", "what"), JSON, "AuthenticationError", "imds.refused"),
    (401, refused("unauthorized_client", "no"), JSON, "AuthenticationError", "imds.refused"),
    (403, refused("access_denied", "no"), JSON, "AuthenticationError", "imds.refused"),
    (
        403,
        "A socket operation was attempted to an unreachable network",
        "text/plain",
        "CredentialUnavailableError",
        None,
    ),
    (403, "<html>blocked</html>", HTML, "CredentialUnavailableError", "imds.intercepted"),
    (403, "", "text/plain", "CredentialUnavailableError", "imds.intercepted"),
    (200, "<html>sign in</html>", HTML, "CredentialUnavailableError", "imds.intercepted"),
    (502, "<html>bad gateway</html>", HTML, "CredentialUnavailableError", "imds.intercepted"),
    (504, "<html>gateway timeout</html>", HTML, "CredentialUnavailableError", "imds.intercepted"),
    (429, refused("too_many_requests", "slow down"), JSON, "ThrottledError", "imds.throttled"),
    (404, refused("not_found", "no"), JSON, "ServiceError", "imds.service"),
    (410, refused("gone", "no"), JSON, "ServiceError", "imds.service"),
    (500, refused("server_error", "no"), JSON, "ServiceError", "imds.service"),
    (503, refused("service_unavailable", "no"), JSON, "ServiceError", "imds.service"),
    (200, '{"access_token": "canary", ', JSON, "ProtocolError", "imds.bad_answer"),
    (200, {"access_token": "canary"}, JSON, "ProtocolError", "imds.bad_answer"),
    (200, {"expires_in": "3600"}, JSON, "ProtocolError", "imds.bad_answer"),
    (200, [], JSON, "ProtocolError", "imds.bad_answer"),
]


@pytest.mark.scenario(45, 46, 47, 53, 54, 55, 57, 58, 59, 60, 72, 73)
@pytest.mark.parametrize(("status", "body", "content_type", "name", "error_id"), TABLE)
async def test_every_answer_has_its_exception(status, body, content_type, name, error_id, fresh, emulator, scenario):
    emulator.add_fault(status=status, body=body, content_type=content_type)
    cache = midentity.TokenCache()
    with pytest.raises(getattr(midentity, name)) as caught:
        fresh(retry_total=0, cache=cache).get_token("arm")
    error = caught.value
    assert error_id is None or error.id == error_id
    assert error.http_status == status
    assert error.source == "Imds"
    assert error.attempts == 1
    assert error.hint
    assert "canary" not in str(error)
    scenario.requests(1)
    with pytest.raises(getattr(midentity, name)) as caught:
        async with midentity.aio.ManagedIdentityCredential(retry_total=0, cache=cache) as credential:
            await credential.get_token("arm")
    assert caught.value.id == error.id
    assert len(cache) == 0, "an error is never cached"
    emulator.clear_faults()
    assert fresh(cache=cache).get_token("arm").token


@pytest.mark.scenario(54)
@pytest.mark.parametrize("name", ["client_id", "object_id"])
def test_a_named_identity_that_does_not_exist(name, fresh, scenario):
    credential = fresh(**{name: "00000000-0000-0000-0000-00000000dead"})
    with pytest.raises(midentity.IdentityNotFoundError) as caught:
        credential.get_token("arm")
    assert caught.value.id == "imds.identity_not_found"
    assert "00000000-0000-0000-0000-00000000dead" in str(caught.value)
    scenario.requests(1)


@pytest.mark.scenario(40)
@pytest.mark.parametrize("scope", ["user.read", "s", "https://management.azure.com/user_impersonation"])
def test_a_scope_that_is_no_resource_is_the_services_to_refuse(scope, fresh, scenario):
    with pytest.raises(midentity.AuthenticationError) as caught:
        fresh().get_token(scope)
    scenario.equal(caught.value.http_status, 400)
    (request,) = scenario.requests(1)
    assert request["query"]["resource"] == [scope]


@pytest.mark.parametrize(
    ("echo", "error_id"),
    [
        ({"client_id": "11111111-1111-1111-1111-111111111111"}, "identity.mismatch"),
        ({"resource": "https://graph.microsoft.com/"}, "token.resource_mismatch"),
    ],
)
def test_an_answer_for_something_else_is_refused_and_not_cached(echo, error_id, facts, fresh, emulator):
    emulator.add_fault(echo=echo, times=1)
    cache = midentity.TokenCache()
    credential = fresh(client_id=facts["user_identities"][0]["client_id"], cache=cache)
    with pytest.raises(midentity.AuthenticationError) as caught:
        credential.get_token("https://vault.azure.net")
    assert caught.value.id == error_id
    assert len(cache) == 0
    assert credential.get_token("https://vault.azure.net").token
    assert len(emulator.requests()) == 2


@pytest.mark.scenario(61, 62, 78)
def test_nothing_listens(refusing_port, fresh, scenario):
    credential = fresh(imds_endpoint=f"http://127.0.0.1:{refusing_port}")
    with within(1), pytest.raises(midentity.CredentialUnavailableError) as caught:
        credential.get_token("arm")
    scenario.equal(caught.value.id, "imds.unreachable")
    scenario.equal(caught.value.source, "Imds")
    assert str(refusing_port) in caught.value.message
    assert caught.value.hint


def test_nothing_answers(silent_port, fresh):
    credential = fresh(imds_endpoint=f"http://127.0.0.1:{silent_port}")
    with within(5), pytest.raises(midentity.CredentialUnavailableError) as caught:
        credential.get_token("arm")
    assert caught.value.id == "imds.unreachable"
    assert str(silent_port) in caught.value.message


@pytest.mark.scenario(62)
def test_the_answer_never_comes(fresh, emulator, scenario):
    credential = fresh(timeout=0.5, retry_total=0)
    credential.get_token("https://vault.azure.net")
    emulator.add_fault(hang=True)
    with within(1.5), pytest.raises(TimeoutError) as caught:
        credential.get_token("arm")
    scenario.true(isinstance(caught.value, midentity.RequestTimeoutError))
    assert emulator.imds_endpoint.removeprefix("http://") in caught.value.message


@pytest.mark.parametrize("how", [{"drop": "before"}, {"drop": "headers"}, {"drop": "body"}, {"truncate": 10}])
def test_the_connection_breaks(how, fresh, emulator):
    emulator.add_fault(**how)
    with within(5), pytest.raises((midentity.TransportError, midentity.CredentialUnavailableError)) as caught:
        fresh(retry_total=0).get_token("arm")
    assert caught.value.id in ("imds.transport", "imds.unreachable")
    emulator.clear_faults()
    assert fresh().get_token("arm").token


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_gibibyte_is_not_read(in_parts, python, emulator):
    emulator.add_fault(oversize=1 << 30, chunked=in_parts)
    python("""
        import resource, midentity
        def peak():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        def fetch():
            try:
                midentity.ManagedIdentityCredential(cache=midentity.TokenCache(), retry_total=0).get_token("arm")
            except midentity.ProtocolError as error:
                return error.id
        # The first call loads what errors need.
        try:
            midentity.ManagedIdentityCredential(imds_endpoint="http://127.0.0.1:1").get_token("arm")
        except midentity.CredentialUnavailableError:
            pass
        before = peak()
        assert fetch() == "imds.body_too_large"
        grown = peak() - before
        assert grown <= 2048, f"{grown} KiB"
    """)


def test_a_byte_a_second(fresh, emulator):
    emulator.add_fault(drip=1)
    with within(2), pytest.raises(midentity.RequestTimeoutError):
        fresh(timeout=1).get_token("arm")


def test_come_back_in_an_hour(fresh, emulator):
    emulator.add_fault(status=429, headers={"Retry-After": "3600"})
    with within(1), pytest.raises(midentity.ThrottledError) as caught:
        fresh().get_token("arm")
    assert caught.value.retry_after == 3600
    assert len(emulator.requests()) == 1


@pytest.mark.scenario(75)
def test_come_back_in_a_second(fresh, emulator, scenario):
    emulator.add_fault(status=429, headers={"Retry-After": "1"}, times=1)
    assert fresh().get_token("arm").token
    first, second = scenario.requests(2)
    assert second["at_ms"] - first["at_ms"] >= 1000


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_never_followed(status, fresh, emulator, listener):
    host, port = listener.getsockname()
    emulator.add_fault(status=status, redirect=f"http://{host}:{port}/")
    with pytest.raises(midentity.MidentityError):
        fresh(retry_total=0).get_token("arm")
    assert nobody_came(listener)
    assert len(emulator.requests()) == 1


def test_a_proxy_is_not_asked(python, emulator, listener):
    host, port = listener.getsockname()
    proxy = {f"{name}_proxy": f"http://{host}:{port}" for name in ("http", "https", "all")}
    proxy |= {name.upper(): value for name, value in proxy.items()}
    python(
        """
        import asyncio, midentity, midentity.aio
        midentity.get_token("arm")
        midentity.instance_metadata()
        asyncio.run(midentity.aio.instance_metadata())
        """,
        NO_PROXY="",
        no_proxy="",
        **proxy,
    )
    assert nobody_came(listener)


@pytest.mark.scenario(24)
def test_variables_of_other_sign_ins_change_nothing(fresh, monkeypatch, scenario):
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us")
    monkeypatch.setenv("AZURE_REGIONAL_AUTHORITY_NAME", "eastus")
    monkeypatch.setenv("AZURE_TENANT_ID", "t")
    fresh().get_token("https://vault.azure.net")
    (request,) = scenario.requests(1)
    assert set(request["query"]) == {"api-version", "resource"}


@pytest.mark.scenario(49)
def test_an_expired_token_is_handed_out_once_and_not_cached(fresh, emulator, scenario):
    emulator.set_tokens(lifetime_seconds=0)
    credential = fresh()
    for _ in range(2):
        assert credential.get_token("arm").token
    scenario.requests(2)


@pytest.mark.scenario(48)
@pytest.mark.parametrize("body", ["", None])
def test_an_empty_answer_says_so(body, fresh, emulator, scenario):
    emulator.add_fault(status=200, body=body, content_type=JSON)
    with pytest.raises(midentity.MidentityError) as caught:
        fresh(retry_total=0).get_token("arm")
    scenario.true(caught.value.kind in (midentity.ErrorKind.PROTOCOL, midentity.ErrorKind.UNAVAILABLE))
    scenario.requests(1)


@pytest.mark.scenario(81, 82, 84, 86, 88)
def test_the_probe(fresh, scenario):
    credential = fresh(probe=True)
    credential.get_token("arm")
    credential.get_token("https://vault.azure.net")
    probe, *real = scenario.requests(3)
    assert "metadata" not in probe["headers"]
    assert probe["status"] == 400
    assert all(r["headers"]["metadata"] == "true" for r in real)


@pytest.mark.scenario(83)
def test_a_probe_that_finds_nothing_is_not_remembered(refusing_port, fresh, scenario):
    credential = fresh(imds_endpoint=f"http://127.0.0.1:{refusing_port}", probe=True)
    for _ in range(2):
        with within(1.5), pytest.raises(midentity.CredentialUnavailableError):
            credential.get_token("arm")
    with closing(socket.create_server(("127.0.0.1", refusing_port))) as server:
        came = []
        waiting = threading.Thread(target=lambda: came.append(server.accept()[0].close()))
        waiting.start()
        with pytest.raises(midentity.MidentityError):
            credential.get_token("arm")
        waiting.join(10)
    scenario.equal(len(came), 1)


@pytest.mark.scenario(85, 87)
def test_a_plain_credential_does_not_probe(fresh, monkeypatch, scenario):
    fresh().get_token("arm")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    fresh(probe=True).get_token("arm")
    assert all(r["headers"].get("metadata") == "true" for r in scenario.requests(2))


async def test_failures_reach_every_task(fresh, emulator):
    emulator.add_fault(status=400, body=refused("invalid_request", "what"), delay_ms=200)
    async with midentity.aio.ManagedIdentityCredential(cache=midentity.TokenCache()) as credential:
        outcomes = await asyncio.gather(*(credential.get_token("arm") for _ in range(20)), return_exceptions=True)
    assert {type(o).__name__ for o in outcomes} == {"AuthenticationError"}
    assert len({id(o) for o in outcomes}) == 20, "an exception object for each, whose traceback is its own"
    assert len(emulator.requests()) == 1
