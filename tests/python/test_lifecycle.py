"""Closing, context managers, pickling, subclassing."""

import copy
import pickle

import midentity
import midentity.aio
import midentity.arm
import pytest
from midentity import ManagedIdentityCredential


@pytest.mark.scenario(121)
def test_closing_is_final_and_may_be_repeated(fresh, emulator, scenario):
    unused = fresh()
    unused.close()
    credential = fresh()
    credential.get_token("arm")
    with credential as entered:
        assert entered is credential
        assert credential.get_token("arm").token
    for closed in (unused, credential):
        closed.close()
        for call in (closed.get_token, closed.get_token_info):
            with pytest.raises(midentity.ClosedError) as caught:
                call("arm")
            scenario.equal(caught.value.id, "closed")
    scenario.requests(1)


def test_what_went_wrong_inside_goes_on(fresh):
    with pytest.raises(KeyError), fresh():
        raise KeyError


@pytest.mark.scenario(121)
async def test_closing_in_asyncio(emulator, scenario):
    credential = midentity.aio.ManagedIdentityCredential(cache=midentity.TokenCache())
    async with credential as entered:
        assert entered is credential
        await credential.get_token("arm")
    await credential.close()
    for call in (credential.get_token, credential.get_token_info):
        with pytest.raises(midentity.ClosedError):
            await call("arm")
    scenario.requests(1)


def test_a_closed_credentials_tokens_stay_for_others(emulator):
    with ManagedIdentityCredential() as credential:
        credential.get_token("arm")
    ManagedIdentityCredential().get_token("arm")
    assert len(emulator.requests()) == 1


@pytest.mark.scenario(122)
@pytest.mark.parametrize("kind", [ManagedIdentityCredential, midentity.aio.ManagedIdentityCredential])
def test_pickling_keeps_the_arguments_and_no_token(kind, facts, emulator, scenario):
    client_id = facts["user_identities"][0]["client_id"]
    plain = ManagedIdentityCredential(client_id=client_id, cache=midentity.TokenCache())
    token = plain.get_token("arm")
    credential = kind(client_id=client_id, cache=midentity.TokenCache(), timeout=30)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        data = pickle.dumps(plain if kind is ManagedIdentityCredential else credential, protocol)
        assert token.token.encode() not in data
        assert token.token[-40:].encode() not in data
        again = pickle.loads(data)
        scenario.equal(type(again), kind)
        assert client_id in repr(again)
    if kind is ManagedIdentityCredential:
        emulator.clear_requests()
        assert again.get_token("arm").token
        (request,) = scenario.requests(1)
        assert request["query"]["client_id"] == [client_id]


def test_copies_are_credentials_of_their_own(fresh):
    credential = fresh()
    for again in (copy.copy(credential), copy.deepcopy(credential)):
        credential_token = again.get_token("arm")
        assert credential_token.token
        again.close()
    assert credential.get_token("arm").token


def test_subclasses_may_have_constructors_of_their_own(emulator):
    class Mine(ManagedIdentityCredential):
        def __init__(self, region):
            super().__init__(cache=midentity.TokenCache())
            self.region = region

        def get_token(self, *scopes, **kwargs):
            self.asked = scopes
            return super().get_token(*scopes, **kwargs)

    mine = Mine("eastus")
    assert mine.get_token("arm").token
    assert mine.asked == ("arm",)


def test_a_credential_whose_constructor_did_not_run(emulator):
    class Forgetful(ManagedIdentityCredential):
        def __init__(self):
            pass

    with pytest.raises(RuntimeError, match="__init__"):
        Forgetful().get_token("arm")
    Forgetful().close()
    credential = ManagedIdentityCredential()
    with pytest.raises(RuntimeError, match="twice"):
        credential.__init__()


def test_how_a_credential_shows_itself(facts, fresh):
    assert repr(ManagedIdentityCredential()) == "ManagedIdentityCredential()"
    assert repr(ManagedIdentityCredential(system_assigned=True, timeout=5)) == (
        "ManagedIdentityCredential(system_assigned=True)"
    )
    assert repr(midentity.aio.ManagedIdentityCredential(client_id="a")) == (
        "aio.ManagedIdentityCredential(client_id='a')"
    )


def test_a_closed_arm_client(emulator, fresh):
    credential = fresh()
    with midentity.arm.ArmClient(credential) as client:
        assert client.get("/subscriptions", "2022-12-01").status == 200
    with pytest.raises(midentity.ClosedError):
        client.get("/subscriptions", "2022-12-01")
    assert credential.get_token("arm").token, "a credential that was given stays open"
