"""Millions of calls: memory and file descriptors stay flat, and every uncached call is one request.

Called by benches/soak.sh, which builds what runs.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "side_by_side"))

from emulator import Emulator  # noqa: E402

# More than an allocator's own movements, less than a few bytes for each call would come to.
GROWTH_KIB = 1024


def soak(emulator, name, command, cached, uncached):
    """Run one; True where it held."""
    emulator.clear_requests()
    started = time.monotonic()
    done = subprocess.run(
        [*command, str(cached), str(uncached)], env=emulator.environment(), capture_output=True, text=True
    )
    if done.returncode != 0:
        print(f"{name}: FAILED: {done.stderr.strip()[-800:]}")
        return False
    said = json.loads(done.stdout)
    faults = []
    if said["rss"][1] - said["rss"][0] > GROWTH_KIB:
        faults.append(f"memory grew by more than {GROWTH_KIB} KiB")
    if said["files"][1] > said["files"][0]:
        faults.append("file descriptors were left open")
    if emulator.requests() != said["requests"]:
        faults.append(f"{emulator.requests()} requests reached the server, {said['requests']} were to")
    print(
        f"{name}: {cached:,} cached and {uncached:,} uncached calls in {time.monotonic() - started:.0f} s; "
        f"memory {said['rss'][0]:,} KiB after the warm-up, {said['rss'][1]:,} KiB at the end; "
        f"file descriptors {said['files'][0]} and {said['files'][1]}; "
        + (f"FAILED: {', '.join(faults)}" if faults else "flat"),
        flush=True,
    )
    return not faults


def main():
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emulator", required=True, help="the emulator's release binary")
    parser.add_argument("--native", required=True, help="our release example `soak`")
    parser.add_argument("--python", required=True, help="the interpreter that has our package")
    parser.add_argument("--cached", type=int, default=10_000_000)
    parser.add_argument("--uncached", type=int, default=1_000_000)
    parser.add_argument("--only", choices=("rust", "python", "asyncio"), action="append")
    arguments = parser.parse_args()
    cached, uncached = arguments.cached, arguments.uncached
    worker = [arguments.python, str(HERE / "worker.py")]
    # Awaiting costs more: fewer, and still enough for a leak of some bytes a call to be seen.
    runs = {
        "rust": ([arguments.native], cached, uncached),
        "python": ([*worker, "sync"], cached, uncached),
        "asyncio": ([*worker, "asyncio"], cached, uncached // 10),
    }
    with tempfile.TemporaryDirectory() as state, Emulator(arguments.emulator, state) as emulator:
        results = [
            soak(emulator, name, *run) for name, run in runs.items() if not arguments.only or name in arguments.only
        ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
