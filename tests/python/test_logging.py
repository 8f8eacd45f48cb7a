"""`logging_enable`: what midentity does, in Python's `logging`."""

import logging

import pytest


def test_nothing_is_logged_unless_asked_for(python, emulator):
    done = python("""
        import logging, sys
        logging.basicConfig(level=1, stream=sys.stdout)
        import midentity
        midentity.get_token("arm")
    """)
    assert done.stdout == ""


@pytest.mark.scenario(1, 20)
def test_the_log_names_source_and_identity(facts, fresh, caplog, scenario):
    client_id = facts["user_identities"][0]["client_id"]
    caplog.set_level(logging.DEBUG, "midentity")
    fresh(logging_enable=True)
    scenario.true("IMDS" in caplog.text)
    caplog.clear()
    fresh(client_id=client_id, logging_enable=True).get_token("arm")
    assert {record.name for record in caplog.records} == {"midentity"}
    scenario.true("Imds" in caplog.text)
    scenario.true(f"client_id {client_id}" in caplog.text)


def test_levels_are_obeyed(fresh, caplog):
    caplog.set_level(logging.WARNING, "midentity")
    fresh(logging_enable=True).get_token("arm")
    assert caplog.records == []


async def test_events_of_other_threads(fresh, emulator, caplog):
    import midentity.aio

    caplog.set_level(logging.INFO, "midentity")
    async with midentity.aio.ManagedIdentityCredential(cache=midentity.TokenCache(), logging_enable=True) as credential:
        await credential.get_token("arm")
    assert "took a token" in caplog.text


def test_a_handler_that_fails_is_no_error_of_the_call(fresh):
    class Broken(logging.Handler):
        def emit(self, record):
            raise OSError

    logger = logging.getLogger("midentity")
    handler = Broken()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        assert fresh(logging_enable=True).get_token("arm").token
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
