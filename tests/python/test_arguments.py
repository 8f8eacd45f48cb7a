"""Bad input: the exception names the argument and says what to do."""

import uuid

import midentity
import midentity.aio
import midentity.arm
import pytest
from midentity import InvalidArgumentError, ManagedIdentityCredential

RESOURCE_ID = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"


@pytest.mark.scenario(12)
@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"client_id": "a", "object_id": "b"}, ("client_id", "object_id")),
        ({"client_id": "a", "resource_id": RESOURCE_ID}, ("client_id", "resource_id")),
        ({"object_id": "a", "system_assigned": True}, ("object_id", "system_assigned")),
        ({"client_id": "a", "identity_config": {"object_id": "b"}}, ("client_id", "identity_config['object_id']")),
        ({"client_id": "a", "identity_config": {"client_id": "a"}}, ("client_id", "identity_config['client_id']")),
        (
            {"system_assigned": True, "identity_config": {"resource_id": RESOURCE_ID}},
            ("resource_id", "system_assigned"),
        ),
    ],
)
def test_two_identities_are_refused(arguments, named, scenario):
    with pytest.raises(InvalidArgumentError) as caught:
        ManagedIdentityCredential(**arguments)
    scenario.equal(caught.value.id, "argument.identity")
    assert all(name in caught.value.message for name in named)
    assert "exactly one" in caught.value.hint


@pytest.mark.scenario(13)
def test_two_ids_in_identity_config_are_refused(scenario):
    with pytest.raises(InvalidArgumentError) as caught:
        ManagedIdentityCredential(identity_config={"client_id": "a", "resource_id": RESOURCE_ID})
    scenario.equal(caught.value.id, "argument.identity")


@pytest.mark.scenario(15)
@pytest.mark.parametrize("name", ["client_id", "object_id", "resource_id"])
@pytest.mark.parametrize("value", ["", " ", "a b", "a\n"])
@pytest.mark.parametrize("configured", [False, True])
def test_an_empty_or_malformed_id_is_refused(name, value, configured, scenario):
    arguments = {"identity_config": {name: value}} if configured else {name: value}
    with pytest.raises(InvalidArgumentError) as caught:
        ManagedIdentityCredential(**arguments)
    scenario.equal(caught.value.id, "argument.identity")
    assert name in caught.value.message


@pytest.mark.scenario(16)
@pytest.mark.parametrize("name", ["msi_res_id", "mi_res_id", "principal_id", "resource", "api-version"])
def test_a_query_parameter_that_would_change_the_request_is_refused(name, scenario):
    with pytest.raises(InvalidArgumentError) as caught:
        ManagedIdentityCredential(identity_config={name: "x"})
    scenario.true(name in caught.value.message)


@pytest.mark.scenario(11)
def test_none_is_no_id(fresh, scenario):
    fresh(client_id=None, identity_config={"object_id": None}).get_token("arm")
    (request,) = scenario.requests(1)
    assert set(request["query"]) == {"api-version", "resource"}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"timeout": 0}, "timeout"),
        ({"timeout": -1}, "timeout"),
        ({"timeout": float("nan")}, "timeout"),
        ({"timeout": float("inf")}, "timeout"),
        ({"timeout": "90"}, "timeout"),
        ({"timeout": True}, "timeout"),
        ({"timeout": None}, "timeout"),
        ({"connection_timeout": 0.0}, "connection_timeout"),
        ({"connection_timeout": (1, 2)}, "connection_timeout"),
        ({"retry_total": -1}, "retry_total"),
        ({"retry_total": 1.5}, "retry_total"),
        ({"retry_total": True}, "retry_total"),
        ({"retry_total": 1_000_000}, "retry_total"),
        ({"cache": {}}, "cache"),
        ({"cloud": "AzureMoonCloud"}, "cloud"),
        ({"cloud": "http://127.0.0.1"}, "cloud"),
        ({"cloud": ""}, "cloud"),
        ({"cloud": 1}, "cloud"),
        ({"client_id": uuid.UUID(int=1)}, "client_id"),
        ({"resource_id": "6f9a2c1e-0d5b-4c0e-9a55-0c1d2e3f4a5b"}, "resource_id"),
        ({"identity_config": "client_id=a"}, "identity_config"),
        ({"identity_config": {"client_id": 1}}, "identity_config"),
        ({"identity_config": {1: "a"}}, "identity_config"),
    ],
)
@pytest.mark.parametrize("kind", [ManagedIdentityCredential, midentity.aio.ManagedIdentityCredential])
def test_what_cannot_be_used_is_named(kind, arguments, named):
    with pytest.raises(InvalidArgumentError) as caught:
        kind(**arguments)
    assert named in caught.value.message
    assert caught.value.hint
    assert isinstance(caught.value, ValueError)


@pytest.mark.scenario(22)
@pytest.mark.parametrize("address", ["ftp://127.0.0.1", "https://127.0.0.1", "nonsense", "http://", "http://h/path?q"])
def test_an_endpoint_that_cannot_be_used_is_refused(address, scenario):
    with pytest.raises(InvalidArgumentError) as caught:
        ManagedIdentityCredential(imds_endpoint=address)
    scenario.equal(caught.value.id, "argument.endpoint")


@pytest.mark.scenario(21)
def test_a_malformed_variable_is_reported_by_the_call(monkeypatch, scenario):
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "nonsense")
    credential = ManagedIdentityCredential()
    with pytest.raises(InvalidArgumentError) as caught:
        credential.get_token("arm")
    scenario.true("AZURE_POD_IDENTITY_AUTHORITY_HOST" in caught.value.message)


@pytest.mark.parametrize(
    ("keyword", "reason"),
    [
        ("transport", "never through a proxy"),
        ("raw_request_hook", "logging_enable"),
        ("proxies", "proxy"),
        ("retry_backoff_factor", "retry_total"),
        ("bogus", "'bogus'"),
    ],
)
def test_a_keyword_that_is_not_taken_says_why(keyword, reason):
    with pytest.raises(TypeError, match=reason):
        ManagedIdentityCredential(**{keyword: object()})
    with pytest.raises(TypeError, match=reason):
        midentity.aio.ManagedIdentityCredential(**{keyword: object()})


@pytest.mark.scenario(38)
def test_no_scope_is_refused(fresh, scenario):
    for call in (fresh().get_token, fresh().get_token_info):
        with pytest.raises(InvalidArgumentError) as caught:
            call()
        scenario.equal(caught.value.id, "argument.scope")


@pytest.mark.scenario(39)
def test_two_scopes_are_refused(fresh, scenario):
    for call in (fresh().get_token, fresh().get_token_info):
        with pytest.raises(ValueError, match="more than one scope"):
            call("https://a/.default", "https://b/.default")
    scenario.requests(0)


@pytest.mark.scenario(41)
@pytest.mark.parametrize("scope", ["", " ", "/.default", "a b", "a\nb", None, 1, b"arm", ["arm"]])
def test_an_empty_or_impossible_scope_is_refused(scope, fresh, scenario):
    with pytest.raises(InvalidArgumentError) as caught:
        fresh().get_token(scope)
    scenario.equal(caught.value.id, "argument.scope")
    assert caught.value.hint


async def test_asyncio_refuses_the_same_scopes(emulator):
    async with midentity.aio.ManagedIdentityCredential() as credential:
        for scopes in ((), ("a", "b"), ("",), (None,)):
            with pytest.raises(InvalidArgumentError) as caught:
                await credential.get_token(*scopes)
            assert caught.value.id == "argument.scope"
            with pytest.raises(InvalidArgumentError):
                await credential.get_token_info(*scopes)


def test_a_calls_own_time_limit_is_checked(fresh):
    with pytest.raises(InvalidArgumentError, match="timeout"):
        fresh().get_token("arm", timeout=-1)
    with pytest.raises(InvalidArgumentError, match="timeout"):
        fresh().get_token_info("arm", options={"timeout": 0})


def test_arm_refuses_what_it_cannot_use(emulator, fresh):
    client = midentity.arm.ArmClient(fresh())
    for path in ("subscriptions", "//evil", "/a/../b", "https://evil/", "/a b"):
        with pytest.raises(InvalidArgumentError):
            client.get(path, "2022-12-01")
    with pytest.raises(InvalidArgumentError, match="api-version"):
        client.get("/subscriptions")
    with pytest.raises(InvalidArgumentError, match="BREW"):
        client.request("BREW", "/subscriptions", "2022-12-01")
    with pytest.raises(InvalidArgumentError, match="credential"):
        midentity.arm.ArmClient("secret")
    with pytest.raises(InvalidArgumentError):
        midentity.arm.ArmClient(fresh(), ca_file="/no/such/file").get("/subscriptions", "2022-12-01")


def test_instance_metadata_refuses_what_it_cannot_use(emulator):
    for path in ("../x", "a b", "a?b=c"):
        with pytest.raises(InvalidArgumentError):
            midentity.instance_metadata(path)
    with pytest.raises(InvalidArgumentError):
        midentity.instance_metadata(timeout=0)
