"""What is measured of a Python package, the same for ours and the peer's."""

import asyncio
import json
import threading
import time

SCOPE = "https://management.azure.com/.default"
THREADS = 8


def report(started, calls, requests):
    """Print the line that side_by_side.py reads: one call's time, and how many requests all of them must have sent."""
    print(json.dumps({"seconds": (time.perf_counter() - started) / calls, "requests": requests}))


def cached(side, calls):
    """One credential, one thread, the token is there."""
    get_token = side.credential().get_token
    get_token(SCOPE)
    started = time.perf_counter()
    for _ in range(calls):
        get_token(SCOPE)
    report(started, calls, 1)


def uncached(side, calls):
    """One credential, one thread, every call asks the service on a kept connection."""
    credential = side.credential()
    credential.get_token(SCOPE)
    ask = side.uncached_call(credential, SCOPE)
    started = time.perf_counter()
    for _ in range(calls):
        ask()
    report(started, calls, calls + 1)


def new_client(side, calls):
    """A new credential with a cache of its own for every token."""
    fetch = side.fetch_with_own_cache
    fetch(SCOPE)
    started = time.perf_counter()
    for _ in range(calls):
        fetch(SCOPE)
    report(started, calls, calls + 1)


def cached_async(side, calls):
    """As cached, awaited on asyncio's event loop."""

    async def run():
        async with side.async_credential() as credential:
            get_token = credential.get_token
            await get_token(SCOPE)
            started = time.perf_counter()
            for _ in range(calls):
                await get_token(SCOPE)
            report(started, calls, 1)

    asyncio.run(run())


def threads(side, calls):
    """One credential shared by eight threads."""
    get_token = side.credential().get_token
    get_token(SCOPE)

    def work():
        for _ in range(calls):
            get_token(SCOPE)

    running = [threading.Thread(target=work) for _ in range(THREADS)]
    started = time.perf_counter()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    report(started, calls * THREADS, 1)


MEASURED = {
    "cached": cached,
    "uncached": uncached,
    "new-client": new_client,
    "asyncio": cached_async,
    "threads": threads,
}


def main(side, what, calls):
    """Run one measurement."""
    MEASURED[what](side, calls)
