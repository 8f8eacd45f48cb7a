"""Who signs in to Resource Manager: what its errors become, where it is asked, how often."""

import asyncio
import json
import os
import threading

import midentity
import midentity.aio
import pytest
from azure.core.credentials import AccessToken as AzureToken
from midentity.arm import ArmClient, AzureCli, StaticToken

SUBSCRIPTIONS = ("/subscriptions", "2022-12-01")


class BrokenError(RuntimeError):
    """A credential's own failure."""


class Failing:
    def __init__(self):
        self.error = BrokenError("no token today")

    def get_token(self, *scopes, **kwargs):
        raise self.error


class FailingAsync(Failing):
    async def get_token(self, *scopes, **kwargs):
        raise self.error


@pytest.mark.parametrize(
    "call",
    [
        lambda arm: arm.get(*SUBSCRIPTIONS),
        lambda arm: list(arm.subscriptions.list()),
        lambda arm: arm.user_identities.create("id9"),
        lambda arm: arm.vm_identity("vm1").add("id1"),
        lambda arm: arm.role_assignments().assign("Reader", "00000000-0000-0000-0000-000000000001"),
    ],
)
def test_what_a_credential_raises_comes_through_as_it_is(call, facts, emulator):
    credential = Failing()
    arm = ArmClient(credential, subscription=facts["subscription_id"], resource_group="rg1")
    with pytest.raises(BrokenError) as caught:
        call(arm)
    assert caught.value is credential.error
    assert emulator.requests("arm") == []


@pytest.mark.parametrize("kind", [Failing, FailingAsync])
async def test_so_it_does_in_asyncio(kind, emulator):
    credential = kind()
    async with midentity.aio.ArmClient(credential) as arm:
        with pytest.raises(BrokenError) as caught:
            await arm.get(*SUBSCRIPTIONS)
        assert caught.value is credential.error
        with pytest.raises(BrokenError):
            async for _ in arm.subscriptions.list():
                pass


@pytest.mark.parametrize("answer", [None, "canary", AzureToken("canary", "soon"), 5])
def test_a_credential_that_gives_something_else(answer, emulator):
    class Odd:
        def get_token(self, *scopes, **kwargs):
            return answer

    with pytest.raises((AttributeError, TypeError)) as caught:
        ArmClient(Odd()).get(*SUBSCRIPTIONS)
    assert "canary" not in str(caught.value)


def test_a_credential_that_takes_no_keywords(admin, emulator):
    class Plain:
        def get_token(self, scope):
            return admin.get_token(scope)

    assert ArmClient(Plain()).get(*SUBSCRIPTIONS).status == 200


class Counting:
    """Somebody else's credential, that remembers how it was asked."""

    def __init__(self, *tokens):
        self.tokens = list(tokens)
        self.asked = []

    def get_token(self, *scopes, **kwargs):
        self.asked.append((scopes, kwargs, threading.current_thread().name))
        token = self.tokens[0] if len(self.tokens) == 1 else self.tokens.pop(0)
        return AzureToken(token, 4_000_000_000)


class CountingAsync(Counting):
    async def get_token(self, *scopes, **kwargs):
        await asyncio.sleep(0)
        self.loop = asyncio.get_running_loop()
        return super().get_token(*scopes, **kwargs)


def test_a_token_is_kept(admin, emulator):
    credential = Counting(admin.get_token().token)
    arm = ArmClient(credential)
    for _ in range(3):
        arm.get(*SUBSCRIPTIONS)
    assert len(credential.asked) == 1


def test_a_token_that_is_refused_is_asked_for_once_more(admin, emulator):
    credential = Counting("old", admin.get_token().token)
    assert ArmClient(credential).get(*SUBSCRIPTIONS).status == 200
    assert len(credential.asked) == 2
    stubborn = Counting("old")
    with pytest.raises(midentity.AuthenticationError) as caught:
        ArmClient(stubborn).get(*SUBSCRIPTIONS)
    assert caught.value.id == "arm.unauthorized"
    assert len(stubborn.asked) == 2


def test_a_claims_challenge_reaches_the_credential(admin, emulator):
    challenge = 'Bearer error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ"'
    emulator.add_fault(match={"door": "arm"}, times=1, status=401, headers={"WWW-Authenticate": challenge})
    credential = Counting(admin.get_token().token)
    assert ArmClient(credential).get(*SUBSCRIPTIONS).status == 200
    assert [asked[1] for asked in credential.asked] == [{}, {"claims": '{"access_token":{}}'}]


async def test_a_credential_of_asyncio_is_asked_on_its_loop(admin, emulator):
    credential = CountingAsync(admin.get_token().token)
    async with midentity.aio.ArmClient(credential) as arm:
        assert [s.display_name async for s in arm.subscriptions.list()] == ["emulated"]
    assert credential.loop is asyncio.get_running_loop()
    assert credential.asked[0][0] == (f"{emulator.cloud}//.default",)


async def test_a_credential_that_waits_does_not_hold_the_loop(admin, emulator):
    credential = Counting(admin.get_token().token)
    async with midentity.aio.ArmClient(credential) as arm:
        await arm.get(*SUBSCRIPTIONS)
    assert credential.asked[0][2] != threading.current_thread().name


def test_a_chain_may_ask_ours(emulator):
    class Chain:
        """As azure-identity's ChainedTokenCredential: it makes a blocking call of ours."""

        def get_token(self, *scopes, **kwargs):
            return midentity.ManagedIdentityCredential().get_token(*scopes, **kwargs)

    assert ArmClient(Chain()).get(*SUBSCRIPTIONS).status == 200


def test_one_credential_for_many_threads(admin, emulator):
    credential = Counting(admin.get_token().token)
    arm = ArmClient(credential)
    found = []
    threads = [threading.Thread(target=lambda: found.append(arm.get(*SUBSCRIPTIONS).status)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 16


@pytest.mark.parametrize("bad", ["", None, 5])
def test_no_static_token(bad):
    with pytest.raises((midentity.InvalidArgumentError, TypeError)):
        StaticToken(bad)


def test_a_static_token(admin):
    assert "redacted" in repr(admin)
    assert admin.get_token("anything", claims="x").token not in repr(admin)
    assert StaticToken("canary", 5).get_token().expires_on == 5
    assert "canary" not in repr(StaticToken("canary"))
    # What the token itself says.
    assert admin.get_token().expires_on > 1_700_000_000


def test_a_static_token_that_is_refused(emulator):
    with pytest.raises(midentity.AuthenticationError) as caught:
        ArmClient(StaticToken("canary")).get(*SUBSCRIPTIONS)
    assert caught.value.id == "arm.unauthorized"
    assert "canary" not in str(caught.value)


@pytest.fixture
def az(tmp_path):
    """A program that stands in for az."""

    def make(output, *, code=0, complaint=""):
        program = tmp_path / "az"
        (tmp_path / "output").write_text(output)
        (tmp_path / "complaint").write_text(complaint)
        lines = ["#!/bin/sh", f"echo \"$*\" >> '{tmp_path}/runs'", f"cat '{tmp_path}/output'"]
        program.write_text("\n".join([*lines, f"cat '{tmp_path}/complaint' >&2", f"exit {code}", ""]))
        program.chmod(0o700)
        return program

    return make


@pytest.mark.skipif(os.name == "nt", reason="the program is a shell's script")
def test_the_azure_cli(admin, az, tmp_path, emulator):
    answer = {"accessToken": admin.get_token().token, "expires_on": 4_000_000_000, "tokenType": "Bearer"}
    arm = ArmClient(AzureCli("contoso.com", program=az(json.dumps(answer))))
    for _ in range(2):
        assert arm.get(*SUBSCRIPTIONS).status == 200
    (run,) = (tmp_path / "runs").read_text().splitlines()
    resource = f"{emulator.cloud}/"
    assert run == f"account get-access-token --output json --resource {resource} --tenant contoso.com"


@pytest.mark.skipif(os.name == "nt", reason="the program is a shell's script")
def test_the_azure_cli_refuses(az, tmp_path, emulator):
    signed_out = AzureCli(program=az("", code=1, complaint="ERROR: Please run 'az login' to setup account."))
    for take in (lambda: ArmClient(signed_out).get(*SUBSCRIPTIONS), lambda: signed_out.get_token("arm")):
        with pytest.raises(midentity.CredentialUnavailableError) as caught:
            take()
        assert caught.value.id == "azure_cli.signed_out"
    with pytest.raises(midentity.CredentialUnavailableError) as caught:
        AzureCli(program=tmp_path / "none").get_token("arm")
    assert caught.value.id == "azure_cli.missing"
    with pytest.raises(midentity.ProtocolError) as caught:
        AzureCli(program=az('{"accessToken":"canary",')).get_token("arm")
    assert "canary" not in str(caught.value)
    with pytest.raises(midentity.InvalidArgumentError):
        AzureCli("--debug")
