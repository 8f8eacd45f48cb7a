"""Tokens from a machine's managed identity, and what they are good for.

Tutorials 4 and 5 (read a resource group from a virtual machine, first with its system-assigned identity, then with a
user-assigned one) against the emulator. `make demo` starts it and sets the variables through which this finds it; on
a real machine in Azure none of them is needed, and the calls to midentity are the same.

No token is printed: only its length and its expiry.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from datetime import datetime, timezone
from typing import Any

import midentity

CONTROL = os.environ["MIDENTITY_EMULATOR"].rstrip("/")


def control(path: str, body: dict[str, Any] | None = None) -> Any:
    """Ask the emulator itself: a GET, or with a body a POST."""
    headers = {"Midentity-Emulator": "true", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{CONTROL}/_emulator/{path}", data, headers)  # noqa: S310  (our own emulator)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def chapter(title: str) -> None:
    """Start a part of the story."""
    print(f"\n== {title}", flush=True)


def say(text: str) -> None:
    """Tell what happened."""
    print(f"   {text}", flush=True)


def show_token(token: midentity.AccessToken) -> None:
    """Tell about a token without showing it."""
    expires = datetime.fromtimestamp(token.expires_on, timezone.utc)
    say(f"a token of {len(token.token)} characters, valid until {expires:%Y-%m-%d %H:%M} UTC")


def show_error(error: midentity.MidentityError) -> None:
    """Tell about an error as a program sees it: its type, its stable id, its hint."""
    say(f"{type(error).__name__}, id {error.id}")
    say(f"  {error.message}")
    if error.hint:
        say(f"  hint: {error.hint}")


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m midentity …` and tell what it printed."""
    say(f"$ python -m midentity {' '.join(arguments)}")
    done = subprocess.run(
        [sys.executable, "-m", "midentity", *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    for line in (done.stdout + done.stderr).splitlines():
        say(f"  {line}")
    say(f"  exit code {done.returncode}")
    return done


def expect(fact: bool, what: str) -> None:
    """End the demo if it did not show what it promised."""
    if not fact:
        sys.exit(f"the demo went wrong: {what}")


def main() -> None:
    """Tell the whole story."""
    facts = control("facts")
    group = f"/subscriptions/{facts['subscription_id']}/resourceGroups/{facts['resource_group']}?api-version=2021-04-01"
    identities = {identity["name"]: identity for identity in facts["user_identities"]}
    reader, stranger = identities["id1"], identities["id2"]

    chapter("Tutorial 4: the system-assigned identity reads its resource group")
    show_token(midentity.get_token("arm"))
    done = command("rest", "GET", group)
    expect(done.returncode == 0 and json.loads(done.stdout)["name"] == facts["resource_group"], "no resource group")

    chapter("Who am I? (what `az account show` is for)")
    expect(command("whoami").returncode == 0, "whoami failed")

    chapter("Tutorial 5: a user-assigned identity, by its client id; it has no role yet")
    show_token(midentity.ManagedIdentityCredential(client_id=stranger["client_id"]).get_token("arm"))
    done = command("rest", "GET", group, "--client-id", stranger["client_id"])
    expect(done.returncode == 1 and "arm.forbidden" in done.stderr, "an identity without a role was let in")

    chapter("Tutorial 5: another one, which has the role Reader")
    show_token(midentity.ManagedIdentityCredential(client_id=reader["client_id"]).get_token("arm"))
    done = command("rest", "GET", group, "--client-id", reader["client_id"])
    expect(done.returncode == 0, "the reader was not let in")

    chapter("A client id that the machine does not have")
    try:
        midentity.ManagedIdentityCredential(client_id="00000000-0000-0000-0000-00000000dead").get_token("arm")
    except midentity.IdentityNotFoundError as error:
        show_error(error)
    else:
        expect(False, "a token for an unknown identity")

    chapter("IMDS throttles two requests, and asks for a second each time: the library waits")
    control("faults", {"match": {"door": "imds"}, "times": 2, "status": 429, "headers": {"Retry-After": "1"}})
    started = time.monotonic()
    show_token(midentity.get_token("keyvault"))
    waited = time.monotonic() - started
    say(f"after {waited:.1f} seconds and two refusals")
    expect(waited > 1.5, "Retry-After was not obeyed")

    chapter("IMDS throttles for an hour: the library says so at once")
    control("faults", {"match": {"door": "imds"}, "times": 1, "status": 429, "headers": {"Retry-After": "3600"}})
    started = time.monotonic()
    try:
        midentity.get_token("storage")
    except midentity.ThrottledError as error:
        show_error(error)
        say(f"  retry_after: {error.retry_after} seconds; told after {time.monotonic() - started:.2f} seconds")
    else:
        expect(False, "a throttled request was answered")

    chapter("The token is cached: a hundred thousand calls, no request")
    started = time.monotonic()
    for _ in range(100_000):
        midentity.get_token("arm")
    say(f"{time.monotonic() - started:.2f} seconds (this is a build without optimisation; see make bench)")

    print("\nThat was all of it: no secret in any script, and none on this screen.")


if __name__ == "__main__":
    main()
