"""The emulator's program, as the server of all measurements."""

import contextlib
import json
import os
import pathlib
import subprocess
import urllib.request

# Environment that would change what is measured: a peer would take a proxy, and another interpreter's settings.
KEPT = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR", "SYSTEMROOT")


class Emulator:
    """A running `midentity-emulator serve`; stops at the end of the with block."""

    def __init__(self, program, state_dir):
        """Start it and wait until it listens."""
        self.process = subprocess.Popen(
            [program, "serve", "--state-dir", state_dir, "--exit-with-parent"], stdout=subprocess.PIPE, text=True
        )
        self.variables = {}
        for line in self.process.stdout:
            if line.strip() == "ready":
                break
            name, _, value = line.strip().partition("=")
            self.variables[name] = value
        else:
            raise SystemExit("FAILED: the emulator did not start")
        self.control = self.variables["MIDENTITY_EMULATOR"] + "/_emulator/"
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def __enter__(self):
        """Itself."""
        return self

    def __exit__(self, *_):
        """Stop."""
        self.process.terminate()
        self.process.wait()

    def environment(self):
        """Variables for a program that is measured."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return {**kept, **self.variables}

    def ask(self, method, path, body=None):
        """One control request."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.control + path, data, {"Midentity-Emulator": "true"}, method=method)
        with self.opener.open(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    @contextlib.contextmanager
    def on_one_core(self):
        """Within it, the server and what is started run on the same core, where the system lets us say so.

        Otherwise how long an idle core takes to wake up, which nobody's library can change, is most of a request.
        """
        if not hasattr(os, "sched_setaffinity"):
            yield
            return
        everywhere = os.sched_getaffinity(0)

        def put_on(cores):
            os.sched_setaffinity(0, cores)
            for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
                # Threads without work end.
                with contextlib.suppress(ProcessLookupError):
                    os.sched_setaffinity(int(task.name), cores)

        put_on({max(everywhere)})
        try:
            yield
        finally:
            put_on(everywhere)

    def clear_requests(self):
        """Count from nothing."""
        self.ask("DELETE", "requests")

    def requests(self):
        """How many there were since. The filter leaves token requests out: only the total is wanted."""
        return self.ask("GET", "requests?door=arm")["total"]

    def connections(self):
        """How many connections the requests to Resource Manager came by."""
        return len({request["connection"] for request in self.ask("GET", "requests?door=arm")["requests"]})

    def page(self, length):
        """How many items the pages of lists have from now on."""
        self.ask("PUT", "settings", {"page_size": length})

    def identities(self, state, count_of):
        """Put a state in place, and identities in its groups, as many as `count_of` says of each.

        Gives the environment for a program that lists them as an administrator.
        """
        self.ask("PUT", "state", state)
        for group, count in count_of.items():
            made = self.ask("POST", "populate", {"resource_group": group, "user_identities": count})
            if made["user_identities"] != count:
                raise SystemExit(f"FAILED: the emulator made {made} of {count} identities")
        token = self.ask("POST", "tokens/issue", {"principal": "admin", "resource": self.variables["MIDENTITY_CLOUD"]})
        return {"BENCH_TOKEN": token["access_token"], "BENCH_TOKEN_EXPIRES": str(token["expires_on"])}

    def lifetime(self, seconds):
        """How long tokens live from now on."""
        self.ask("PUT", "tokens", {"lifetime_seconds": seconds})
