#!/usr/bin/env bash
# Millions of calls by one process: memory and file descriptors flat, one request for each uncached call.
# CACHED=n and UNCACHED=n for other counts (10 million and 1 million; asyncio makes a tenth of the uncached ones),
# FLAGS="--only rust" for a part.
set -euo pipefail
# shellcheck source=benches/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

build_native
build_python build.txt bench.txt

# shellcheck disable=SC2086 # FLAGS are words.
"$venv/bin/python" benches/soak/soak.py \
  --emulator "$release/midentity-emulator" --native "$release/examples/soak" --python "$venv/bin/python" \
  --cached "${CACHED:-10000000}" --uncached "${UNCACHED:-1000000}" ${FLAGS:-}
