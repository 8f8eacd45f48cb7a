"""Threads, tasks, signals: one request for all who wait, and an end for those who stop waiting."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import midentity
import midentity.aio
import pytest
from conftest import within


@pytest.mark.scenario(95)
def test_64_threads_on_a_cold_cache_make_one_request(fresh, emulator, scenario):
    emulator.add_fault(delay_ms=300)
    credential = fresh()
    barrier = threading.Barrier(64)

    def ask(_):
        barrier.wait()
        return credential.get_token("arm")

    with ThreadPoolExecutor(64) as threads:
        tokens = set(threads.map(ask, range(64)))
    assert len(tokens) == 1
    scenario.requests(1)


@pytest.mark.scenario(95)
async def test_1000_tasks_on_a_cold_cache_make_one_request(emulator, scenario):
    emulator.add_fault(delay_ms=300)
    async with midentity.aio.ManagedIdentityCredential(cache=midentity.TokenCache()) as credential:
        tokens = await asyncio.gather(*(credential.get_token("arm") for _ in range(1000)))
    assert len(set(tokens)) == 1
    scenario.requests(1)


async def test_threads_and_tasks_wait_for_the_same_request(emulator):
    emulator.add_fault(delay_ms=300)
    cache = midentity.TokenCache()
    plain = midentity.ManagedIdentityCredential(cache=cache)
    async with midentity.aio.ManagedIdentityCredential(cache=cache) as credential:
        threads = [asyncio.to_thread(plain.get_token, "arm") for _ in range(4)]
        tokens = await asyncio.gather(*threads, *(credential.get_token("arm") for _ in range(4)))
    assert len(set(tokens)) == 1
    assert len(emulator.requests()) == 1


def test_hits_from_many_threads(fresh):
    credential = fresh()
    names = ["arm", "keyvault", "storage"]
    expected = {name: credential.get_token(name) for name in names}
    wrong = []

    def ask():
        for n in range(2000):
            name = names[n % 3]
            if credential.get_token(name) is not expected[name]:
                wrong.append(name)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


INTERRUPTED = """
    import sys, time, midentity
    {prepare}
    print("waiting", flush=True)
    try:
        {call}
    except KeyboardInterrupt:
        print(time.monotonic(), flush=True)
"""


@pytest.mark.parametrize(
    ("prepare", "call"),
    [
        ("c = midentity.ManagedIdentityCredential(timeout=10)", "c.get_token('arm')"),
        ("c = midentity.ManagedIdentityCredential(timeout=10)", "c.get_token_info('arm')"),
        ("", "midentity.instance_metadata(timeout=10)"),
        (
            "import asyncio, midentity.aio; c = midentity.aio.ManagedIdentityCredential(timeout=10)",
            "asyncio.run(c.get_token('arm'))",
        ),
    ],
)
def test_ctrl_c_ends_a_wait(prepare, call, emulator):
    emulator.add_fault(hang=True)
    code = textwrap.dedent(INTERRUPTED).format(prepare=prepare, call=call)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "waiting\n"
        until_it_waits(emulator)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        ended = float(process.stdout.readline())
        assert ended - sent < 0.2
        assert process.wait(5) == 0


def test_ctrl_c_ends_a_request_to_resource_manager(emulator):
    emulator.add_fault(match={"door": "arm"}, hang=True)
    code = textwrap.dedent(INTERRUPTED).format(
        prepare="import midentity.arm; c = midentity.arm.ArmClient()", call="c.get('/subscriptions', '2022-12-01')"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "waiting\n"
        until_it_waits(emulator, "arm")
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert float(process.stdout.readline()) - sent < 0.2
        assert process.wait(5) == 0


def test_a_signal_handler_runs_and_the_wait_goes_on(emulator, fresh):
    emulator.add_fault(delay_ms=600)
    heard = []
    before = signal.signal(signal.SIGUSR1, lambda *_: heard.append(time.monotonic()))
    try:
        timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGUSR1])
        timer.start()
        assert fresh().get_token("arm").token
        timer.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert len(heard) == 1
    assert len(emulator.requests()) == 1


@pytest.mark.scenario(80)
async def test_a_cancelled_task_ends_its_request(emulator, scenario):
    emulator.add_fault(hang=True, times=1)
    async with midentity.aio.ManagedIdentityCredential(cache=midentity.TokenCache()) as credential:
        task = asyncio.create_task(credential.get_token("arm"))
        await asyncio.to_thread(until_it_waits, emulator)
        task.cancel()
        with within(0.5), pytest.raises(asyncio.CancelledError):
            await task
        # What was cancelled is not in anybody's way.
        with within(2):
            assert (await credential.get_token("arm")).token
    scenario.requests(2)


async def test_one_cancelled_task_of_many_is_the_only_one_to_end(emulator):
    emulator.add_fault(delay_ms=400)
    async with midentity.aio.ManagedIdentityCredential(cache=midentity.TokenCache()) as credential:
        tasks = [asyncio.create_task(credential.get_token("arm")) for _ in range(5)]
        await asyncio.to_thread(until_it_waits, emulator)
        tasks[0].cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert all(isinstance(o, midentity.AccessToken) for o in outcomes[1:])


async def test_wait_for_ends_a_request(emulator):
    emulator.add_fault(hang=True, times=1)
    async with midentity.aio.ManagedIdentityCredential(cache=midentity.TokenCache()) as credential:
        with within(1), pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(credential.get_token("arm"), 0.2)
        assert (await credential.get_token("arm")).token


@pytest.mark.scenario(98)
async def test_cancelled_before_it_started(emulator, scenario):
    async with midentity.aio.ManagedIdentityCredential(cache=midentity.TokenCache()) as credential:
        task = asyncio.create_task(credential.get_token("arm"))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        scenario.requests(0)
        assert (await credential.get_token("arm")).token
        scenario.requests(1)


def test_one_credential_in_several_loops(emulator):
    credential = midentity.aio.ManagedIdentityCredential(cache=midentity.TokenCache())
    for name in ("arm", "storage", "arm"):
        assert asyncio.run(credential.get_token(name)).token
    assert len(emulator.requests()) == 2


def test_a_loop_that_was_closed_on_a_running_call(python, emulator):
    emulator.add_fault(match={"query": {"resource": "https://vault.azure.net"}}, delay_ms=300)
    done = python("""
        import asyncio, time, midentity.aio
        credential = midentity.aio.ManagedIdentityCredential(cache=midentity.TokenCache())
        loop = asyncio.new_event_loop()
        task = loop.create_task(credential.get_token("https://vault.azure.net"))
        loop.run_until_complete(asyncio.sleep(0.05))
        loop.close()
        time.sleep(0.5)
        del task
        print(len(asyncio.run(credential.get_token("arm"))))
    """)
    assert done.stdout == "2\n"
    assert "Traceback" not in done.stderr


def test_the_interpreter_ends_on_a_running_call(python, emulator):
    emulator.add_fault(hang=True)
    with within(10):
        done = python("""
            import asyncio, threading, midentity, midentity.aio
            def ask():
                midentity.ManagedIdentityCredential().get_token("arm")
            threading.Thread(target=ask, daemon=True).start()
            credential = midentity.aio.ManagedIdentityCredential(cache=midentity.TokenCache())
            loop = asyncio.new_event_loop()
            loop.create_task(credential.get_token("arm"))
            loop.run_until_complete(asyncio.sleep(0.3))
        """)
    assert done.returncode == 0


def test_asyncio_calls_from_several_threads(emulator):
    async def ask():
        async with midentity.aio.ManagedIdentityCredential() as credential:
            return await credential.get_token("arm")

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(lambda _: asyncio.run(ask()), range(16)))) == 1


def until_it_waits(emulator, door="imds"):
    """Until a request has arrived; the log is asked rather than the clock."""
    deadline = time.monotonic() + 10
    while not emulator.requests(door):
        assert time.monotonic() < deadline, "no request arrived"
        time.sleep(0.005)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted by Linux's /proc")
async def test_many_outcomes_need_few_threads(emulator):
    credential = midentity.aio.ManagedIdentityCredential(cache=midentity.TokenCache())
    before = len(os.listdir("/proc/self/task"))  # noqa: PTH208
    for _ in range(10):
        tasks = [asyncio.create_task(credential.get_token("arm", force_refresh=True)) for _ in range(50)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    # Two of the runtime, one that hands outcomes over, and the event loop's own.
    assert len(os.listdir("/proc/self/task")) - before <= 6  # noqa: PTH208
