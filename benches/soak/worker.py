"""Many calls by one Python process; memory and file descriptors after the warm-up and at the end.

worker.py sync|asyncio CACHED UNCACHED; soak.py starts it, and counts the requests at the server.
"""

import asyncio
import gc
import json
import pathlib
import sys

import midentity
import midentity.aio

SCOPE = "https://management.azure.com/.default"
# Every so many uncached calls one is made by a new credential with a cache of its own.
NEW_CLIENT = 100


def state():
    """Resident memory in KiB, and open file descriptors."""
    gc.collect()
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]), len(list(pathlib.Path("/proc/self/fd").iterdir()))


def sync_calls(credential, cached, uncached):
    """The calls that wait."""
    for _ in range(cached):
        credential.get_token(SCOPE)
    for n in range(uncached):
        if n % NEW_CLIENT == 0:
            midentity.ManagedIdentityCredential(cache=midentity.TokenCache()).get_token(SCOPE)
        else:
            credential.get_token(SCOPE, force_refresh=True)


async def async_calls(credential, cached, uncached):
    """The calls that are awaited."""
    for _ in range(cached):
        await credential.get_token(SCOPE)
    for n in range(uncached):
        if n % NEW_CLIENT == 0:
            async with midentity.aio.ManagedIdentityCredential(cache=midentity.TokenCache()) as new:
                await new.get_token(SCOPE)
        else:
            await credential.get_token(SCOPE, force_refresh=True)


def report(before, after, requests):
    """Print the line that soak.py reads."""
    print(json.dumps({"rss": [before[0], after[0]], "files": [before[1], after[1]], "requests": requests}))


def main(kind, cached, uncached):
    """Warm up, measure, call, measure."""
    warm_up = cached // 100, max(uncached // 100, 1_000)
    requests = 1 + warm_up[1] + uncached
    if kind == "sync":
        credential = midentity.ManagedIdentityCredential()
        credential.get_token(SCOPE)
        sync_calls(credential, *warm_up)
        before = state()
        sync_calls(credential, cached, uncached)
        report(before, state(), requests)
        return

    async def run():
        async with midentity.aio.ManagedIdentityCredential() as credential:
            await credential.get_token(SCOPE)
            await async_calls(credential, *warm_up)
            before = state()
            await async_calls(credential, cached, uncached)
            report(before, state(), requests)

    asyncio.run(run())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
