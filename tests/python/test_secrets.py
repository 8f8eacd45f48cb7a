"""A token that can be told from all else, and all places where it must not show."""

import gc
import logging
import pickle
import traceback

import midentity
import midentity.aio
import pytest

CANARY = "canary-3f1c9d5e"
# Every answer that holds the token and can't be used.
SPOILED = [
    {"status": 200, "body": {"access_token": CANARY}},
    {"status": 200, "body": {"access_token": CANARY, "expires_in": "never", "expires_on": CANARY}},
    {"status": 200, "body": f'{{"access_token": "{CANARY}", ', "content_type": "application/json"},
    {"status": 200, "body": f"<html>{CANARY}</html>", "content_type": "text/html"},
    {"status": 200, "body": {"access_token": CANARY, "expires_in": "3600", "resource": "https://other/"}},
    {"status": 200, "body": {"access_token": CANARY, "expires_in": "3600", "client_id": "other"}},
    {"status": 200, "body": {"access_token": [CANARY], "expires_in": "3600"}},
    {"status": 200, "body": {"access_token": f"{CANARY}\n", "expires_in": "3600", "token_type": CANARY}},
    {"status": 400, "body": {"error": "invalid_request", "error_description": "no", "access_token": CANARY}},
    {"status": 403, "body": {"access_token": CANARY}},
    {"status": 500, "body": {"access_token": CANARY}},
    {"status": 200, "body": {"access_token": CANARY, "expires_in": "3600"}, "truncate": 30},
    {"status": 200, "body": {"access_token": CANARY, "expires_in": "3600"}, "drop": "body"},
]


def shown(error):
    yield str(error)
    yield repr(error)
    yield "".join(traceback.format_exception(error))
    yield str(vars(error))
    yield pickle.dumps(error).decode("latin-1")
    if error.__cause__ or error.__context__:
        yield repr((error.__cause__, error.__context__))


@pytest.mark.scenario(47)
@pytest.mark.parametrize("fault", SPOILED, ids=lambda fault: str(fault["body"])[:40].replace(CANARY, "token"))
async def test_no_failure_shows_the_token(fault, facts, emulator, fresh, caplog, scenario):
    caplog.set_level(1)
    emulator.add_fault(**fault)
    client_id = facts["user_identities"][0]["client_id"]
    arguments = {"client_id": client_id, "retry_total": 0, "logging_enable": True}
    try:
        credential = fresh(**arguments)
        token = credential.get_token("keyvault")
        assert CANARY not in repr(token) + repr(credential)
    except midentity.MidentityError as error:
        for text in shown(error):
            scenario.true(CANARY not in text)
    else:
        # Only the token that has nothing to object to but its type, and a line end at its end.
        assert "token_type" in fault["body"]
    async with midentity.aio.ManagedIdentityCredential(cache=midentity.TokenCache(), **arguments) as credential:
        try:
            await credential.get_token("keyvault")
        except midentity.MidentityError as error:
            for text in shown(error):
                assert CANARY not in text
    assert CANARY not in caplog.text


def test_what_worked_shows_no_token_either(emulator, fresh, caplog):
    caplog.set_level(1)
    cache = midentity.TokenCache()
    credential = fresh(cache=cache, logging_enable=True)
    token = credential.get_token("arm")
    info = credential.get_token_info("arm")
    secret = token.token
    for thing in (token, info, credential, cache, [token, info], {"t": token}):
        assert secret not in repr(thing)
        assert secret not in str(thing)
        assert secret not in f"{thing}"
    logging.getLogger("app").warning("got %s and %r", token, info)
    assert secret not in caplog.text
    assert secret.rpartition(".")[2] not in caplog.text
    for thing in (credential, cache):
        assert secret.encode() not in pickle.dumps(thing)


def test_an_exceptions_frames_hold_no_token(emulator, fresh):
    """What error reporters collect: the local variables of every frame that is ours."""
    emulator.add_fault(status=200, body={"access_token": CANARY})
    try:
        fresh(retry_total=0).get_token("arm")
    except midentity.ProtocolError as error:
        frame = error.__traceback__
        while frame is not None:
            if "midentity" in frame.tb_frame.f_code.co_filename and "tests" not in frame.tb_frame.f_code.co_filename:
                assert CANARY not in str(frame.tb_frame.f_locals)
            frame = frame.tb_next
    gc.collect()
