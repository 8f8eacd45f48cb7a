"""What is measured of a Python package, the same for ours and the peer's."""

import asyncio
import json
import os
import pathlib
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


def touch(identity):
    """Every attribute that the rows speak of; both packages name them alike."""
    return identity.id, identity.name, identity.client_id, identity.principal_id, identity.tags


def list_all(identities):
    """Go through all identities of the subscription; gives how many requests that must have taken."""
    seen = 0
    for identity in identities():
        touch(identity)
        seen += 1
    expected = int(os.environ["BENCH_ITEMS"])
    if seen != expected:
        raise SystemExit(f"{seen} identities were listed, {expected} are there")
    return seen // int(os.environ["BENCH_PAGE"])


def list_identities(side, calls):
    """One client, every identity of the subscription touched, on a kept connection."""
    identities, _ = side.identities()
    pages = list_all(identities)
    started = time.perf_counter()
    for _ in range(calls):
        list_all(identities)
    report(started, calls, (calls + 1) * pages)


def list_memory(side, _calls):
    """The most memory that a process has had that went through all identities once."""
    identities, _ = side.identities()
    pages = list_all(identities)
    status = pathlib.Path("/proc/self/status").read_text()
    print(json.dumps({"peak": int(status.split("VmHWM:")[1].split()[0]), "requests": pages}))


def get_identity(side, calls):
    """One identity by its name, on a kept connection."""
    _, get = side.identities()
    touch(get("many-00042"))
    started = time.perf_counter()
    for _ in range(calls):
        touch(get("many-00042"))
    report(started, calls, calls + 1)


MEASURED = {
    "cached": cached,
    "uncached": uncached,
    "new-client": new_client,
    "asyncio": cached_async,
    "threads": threads,
    "list": list_identities,
    "list-memory": list_memory,
    "get": get_identity,
}


def main(side, what, calls):
    """Run one measurement."""
    MEASURED[what](side, calls)
