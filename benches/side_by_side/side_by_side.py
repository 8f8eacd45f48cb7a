"""Ours and the peers', whole processes one after the other in turns: the table of `make bench`.

Called by benches/run.sh, which builds what is measured. README.md says what each row means.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

from emulator import Emulator

HERE = pathlib.Path(__file__).parent
SCOPE = "https://management.azure.com/.default"
OURS_FIRST = f"import midentity; print(midentity.get_token('{SCOPE}').expires_on)"
PEER_FIRST = f"from azure.identity import ManagedIdentityCredential as C; print(C().get_token('{SCOPE}').expires_on)"
DAY = 86_400
TIMES = "\N{MULTIPLICATION SIGN}"
# Less than the 300 s that both peers want a token to last: they ask again with every call, as ours does when forced.
SHORT = 240
# A pool that is asked again before it has its connection back makes another, and keeps that as well.
CONNECTIONS = 4
# Identities on a page of a list, for both. Short where memory is measured: the shorter list has many pages, too.
PAGE, SHORT_PAGE = 1_000, 100
# Two subscriptions, each with one group of identities: their number by the group's name.
LISTS = {"few": 1_000, "many": 10_000}
SUBSCRIPTIONS = {
    "few": "0c0ffee0-0000-4000-8000-000000000001",
    "many": "0c0ffee0-0000-4000-8000-000000000002",
}
STATE = {
    "schema": 1,
    "tenants": [{"name": "contoso"}],
    "subscriptions": [
        {
            "id": subscription,
            "name": group,
            "tenant": "contoso",
            "resource_groups": [{"name": group, "location": "eastus"}],
        }
        for group, subscription in SUBSCRIPTIONS.items()
    ],
}


class BrokenMeasurementError(Exception):
    """What ran was not what was to be measured."""


@dataclass
class Row:
    """One line of the table."""

    name: str
    ours: float
    peer: float
    goal: str
    met: bool
    show: str = "time"


@dataclass
class Bench:
    """Where things are, and what came out."""

    emulator: Emulator
    python: str
    native: pathlib.Path
    peer: str
    c: pathlib.Path
    rounds: int
    rows: list[Row] = field(default_factory=list)
    administrator: dict[str, str] = field(default_factory=dict)

    def check_requests(self, command, expected):
        """Every row proves what it asked the service for."""
        counted = self.emulator.requests()
        if counted != expected:
            raise BrokenMeasurementError(f"{command}: {counted} requests reached the server, {expected} were to")

    def process(self, command, requests):
        """Seconds from the start of a program to its end."""
        self.emulator.clear_requests()
        nothing = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
        started = time.perf_counter()
        child = os.posix_spawn(command[0], command, self.emulator.environment(), file_actions=nothing)
        _, status = os.waitpid(child, 0)
        seconds = time.perf_counter() - started
        if status != 0:
            raise BrokenMeasurementError(f"{command}: ended with {os.waitstatus_to_exitcode(status)}")
        self.check_requests(command, requests)
        return seconds

    def told(self, command, variables):
        """What a program says of itself, its requests checked."""
        self.emulator.clear_requests()
        environment = {**self.emulator.environment(), **variables}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise BrokenMeasurementError(f"{command}: {done.stderr.strip()[-800:]}")
        said = json.loads(done.stdout)
        self.check_requests(command, said["requests"])
        return said

    def worker(self, command):
        """Seconds that one call takes, as the program itself says."""
        return self.told(command, {})["seconds"]

    def on_identities(self, command, group="many", page=PAGE):
        """What a program says that works on the identities of a subscription, on kept connections."""
        self.emulator.page(page)
        facts = {
            "BENCH_SUBSCRIPTION": SUBSCRIPTIONS[group],
            "BENCH_GROUP": group,
            "BENCH_ITEMS": str(LISTS[group]),
            "BENCH_PAGE": str(page),
        }
        said = self.told(command, {**self.administrator, **facts})
        connections = self.emulator.connections()
        if connections > CONNECTIONS:
            raise BrokenMeasurementError(
                f"{command}: {connections} connections were made, {CONNECTIONS} at most were to"
            )
        return said

    def resident(self, command):
        """Resident memory in KiB of a program that has its token and is about to print it.

        It is held there: its output is a pipe that is full, so that it stands still inside its first write.
        """
        self.emulator.clear_requests()
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        try:
            while os.write(writer, bytes(4096)):
                pass
        except BlockingIOError:
            os.set_blocking(writer, True)
        child = subprocess.Popen(command, env=self.emulator.environment(), stdout=writer)
        os.close(writer)
        try:
            waits = pathlib.Path(f"/proc/{child.pid}/wchan")
            deadline = time.monotonic() + 30
            while "pipe_write" not in waits.read_text():
                if time.monotonic() > deadline or child.poll() is not None:
                    raise BrokenMeasurementError(f"{command}: it did not come to its first output")
                time.sleep(0.002)
            status = pathlib.Path(f"/proc/{child.pid}/status").read_text()
            self.check_requests(command, 1)
        finally:
            # Before its pipe ends: it would complain.
            child.kill()
            child.wait()
            os.close(reader)
        return int(status.split("VmRSS:")[1].split()[0])

    def turns(self, *measurements):
        """The median of each, taken in turns so that a busy moment of the machine meets all of them."""
        results = [[] for _ in measurements]
        for turn in range(self.rounds + 1):
            for result, measure in zip(results, measurements, strict=True):
                value = measure()
                # The first turn fills the caches of the file system and compiles Python's modules.
                if turn > 0:
                    result.append(value)
        return [statistics.median(result) for result in results]

    def add_ratio(self, name, ours, peer, most):
        """A row whose goal is a part of the peer's time."""
        self.rows.append(Row(name, ours, peer, f"≤ {most:.2f}{TIMES}", ours <= most * peer))

    def native_and_peer(self, what, ours, peer):
        """A Rust measurement, ours and the peer's."""
        return self.turns(
            lambda: self.worker([str(self.native / "bench_ours"), what, str(ours)]),
            lambda: self.worker([self.peer, what, str(peer)]),
        )

    def python_and_peer(self, what, ours, peer):
        """A Python measurement, ours and azure-identity's."""
        return self.turns(
            lambda: self.worker([self.python, str(HERE / "ours.py"), what, str(ours)]),
            lambda: self.worker([self.python, str(HERE / "peer.py"), what, str(peer)]),
        )

    def run(self):
        """All rows."""
        self.tokens()
        # Last: it replaces the emulator's state.
        self.identities()

    def identities(self):
        """The rows about Resource Manager, against azure-mgmt-msi."""
        self.administrator = self.emulator.identities(STATE, LISTS)
        native = [str(self.native / "bench_ours")]
        ours, peer = [self.python, str(HERE / "ours.py")], [self.python, str(HERE / "peer.py")]

        def seconds(program, what, calls):
            return lambda: self.on_identities([*program, what, str(calls)])["seconds"]

        def growth(program):
            def measure():
                command = [*program, "list-memory", "1"]
                peaks = {group: self.on_identities(command, group, SHORT_PAGE)["peak"] for group in LISTS}
                return peaks["many"] - peaks["few"]

            return measure

        with self.emulator.on_one_core():
            listed = self.turns(seconds(native, "list", 5), seconds(ours, "list", 5), seconds(peer, "list", 1))
            self.add_ratio("Rust: list of 10,000 identities", listed[0], listed[2], 0.05)
            self.add_ratio("Python: list of 10,000 identities", listed[1], listed[2], 0.12)
            times = self.turns(seconds(ours, "get", 1_000), seconds(peer, "get", 200))
            self.add_ratio("Python: get an identity, kept connection", *times, 0.08)

        grown = self.turns(growth(native), growth(ours), growth(peer))
        for name, more in (("Rust", grown[0]), ("Python", grown[1])):
            self.rows.append(
                Row(f"{name}: memory, 10,000 over 1,000 listed", more, grown[2], "≤ 1 MiB", more <= 1024, "memory")
            )

    def tokens(self):
        """The rows about tokens, against azure-identity."""
        native_first, peer_first = [str(self.native / "first_token"), SCOPE], [self.peer, "first-token"]
        python_first, azure_first = [self.python, "-c", OURS_FIRST], [self.python, "-c", PEER_FIRST]
        # A new key is made in the background, and the token of the day is signed once.
        self.emulator.lifetime(DAY)
        self.process(native_first, 1)

        times = self.turns(lambda: self.process(native_first, 1), lambda: self.process(peer_first, 1))
        self.add_ratio("Rust: start to first token", *times, 0.40)
        times = self.turns(lambda: self.process(python_first, 1), lambda: self.process(azure_first, 1))
        self.add_ratio("Python: start to first token", *times, 0.08)

        c_first, by_hand = [str(self.c / "ours_c"), "first-token"], [str(self.c / "by_hand")]
        ours, peer, hand = self.turns(
            lambda: self.process(c_first, 1), lambda: self.process(peer_first, 1), lambda: self.process(by_hand, 1)
        )
        self.add_ratio("C: start to first token, over the Rust peer", ours, peer, 0.45)
        self.add_ratio("C: start to first token, over libcurl and cJSON", ours, hand, 1.00)

        bare, ours, peer = self.turns(
            lambda: self.process([self.python, "-c", "pass"], 0),
            lambda: self.process([self.python, "-c", "import midentity"], 0),
            lambda: self.process([self.python, "-c", "import azure.identity"], 0),
        )
        self.rows.append(
            Row("Python: import, over bare Python", ours - bare, peer - bare, "≤ 3 ms", ours - bare <= 0.003)
        )

        with self.emulator.on_one_core():
            self.add_ratio("Rust: new client + fetch", *self.native_and_peer("new-client", 1_000, 40), 0.06)
            self.add_ratio("Python: new client + fetch", *self.python_and_peer("new-client", 1_000, 100), 0.15)
            self.emulator.lifetime(SHORT)
            self.add_ratio("Rust: uncached, kept connection", *self.native_and_peer("uncached", 2_000, 2_000), 0.75)
            self.add_ratio("Python: uncached, kept connection", *self.python_and_peer("uncached", 2_000, 200), 0.06)
            self.emulator.lifetime(DAY)

        self.add_ratio("Rust: cached", *self.native_and_peer("cached", 2_000_000, 200_000), 0.20)
        ours, peer = self.turns(
            lambda: self.worker([str(self.c / "ours_c"), "cached", "2000000"]),
            lambda: self.worker([self.peer, "cached", "200000"]),
        )
        self.rows.append(Row("C: cached", ours, peer, "≤ 120 ns", ours <= 120e-9))
        self.add_ratio("Python: cached", *self.python_and_peer("cached", 1_000_000, 10_000), 0.02)
        self.add_ratio("Python: cached, asyncio", *self.python_and_peer("asyncio", 300_000, 10_000), 0.04)
        for name, most, times in (
            ("Rust: cached, 8 threads", 4, self.native_and_peer("threads", 500_000, 25_000)),
            ("Python: cached, 8 threads", 80, self.python_and_peer("threads", 200_000, 1_500)),
        ):
            ours, peer = (1 / t for t in times)
            self.rows.append(Row(name, ours, peer, f"≥ {most}{TIMES}", ours >= most * peer, "rate"))

        for name, most, ours, peer in (
            ("Rust: memory at first token", 4, native_first, peer_first),
            ("Python: memory at first token", 14, python_first, azure_first),
        ):
            ours, peer = self.turns(lambda c=ours: self.resident(c), lambda c=peer: self.resident(c))
            self.rows.append(Row(name, ours, peer, f"≤ {most} MiB", ours <= most * 1024, "memory"))


def shown(value, kind):
    """A number as people read it."""
    if kind == "memory":
        return f"{value / 1024:.1f} MiB"
    if kind == "rate":
        return f"{value / 1e6:.2f} M/s"
    for unit, factor in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if abs(value) * factor >= 1:
            return f"{value * factor:.2f} {unit}"
    return f"{value * 1e9:.0f} ns"


def compared(row):
    """The ratio as text; memory that did not grow has none."""
    if min(row.ours, row.peer) <= 0:
        return ""
    ratio = row.ours / row.peer
    return f"{ratio:.1f}{TIMES}" if row.show == "rate" else f"{ratio:.3f}{TIMES}"


def table(rows):
    """The table as text."""
    lines = [("row", "ours", "peer", "ratio", "goal", "met")]
    for row in rows:
        lines.append(
            (
                row.name,
                shown(row.ours, row.show),
                shown(row.peer, row.show),
                compared(row),
                row.goal,
                "yes" if row.met else "no",
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emulator", required=True, help="the emulator's release binary")
    parser.add_argument("--native", required=True, type=pathlib.Path, help="the folder of our release examples")
    parser.add_argument("--peer", required=True, help="the Rust peer's release binary")
    parser.add_argument("--c", type=pathlib.Path, required=True, help="the folder of our and the hand-made C program")
    parser.add_argument("--python", required=True, help="the interpreter that has both packages")
    parser.add_argument("--rounds", type=int, default=11, help="measured turns for each row")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as state, Emulator(arguments.emulator, state) as emulator:
        bench = Bench(emulator, arguments.python, arguments.native, arguments.peer, arguments.c, arguments.rounds)
        try:
            bench.run()
        except BrokenMeasurementError as broken:
            print(f"FAILED: {broken}", file=sys.stderr)
            return 1
    print(table(bench.rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
