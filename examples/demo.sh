#!/usr/bin/env bash
# Starts the emulator on free ports, runs examples/python/demo.py against it, and stops it whatever happens.
# `make demo` builds what this needs and bounds its time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

emulator=${MIDENTITY_EMULATOR_BIN:-${CARGO_TARGET_DIR:-target}/debug/midentity-emulator}
state=$(mktemp -d)
started=()

stop() {
  trap - EXIT
  local pid
  for pid in "${started[@]}"; do
    kill "$pid" 2>/dev/null || continue
    for _ in {1..50}; do
      kill -0 "$pid" 2>/dev/null || continue 2
      sleep 0.1
    done
    kill -9 "$pid" 2>/dev/null || true
  done
  rm -rf "$state"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# What a machine's own settings would redirect.
unset IDENTITY_ENDPOINT IDENTITY_HEADER IMDS_ENDPOINT MSI_ENDPOINT MSI_SECRET AZURE_CLIENT_ID

exec {lines}< <(exec "$emulator" serve --config examples/demo.yaml --state-dir "$state" --exit-with-parent)
started=($!)

# It prints where it listens, as variables, and then `ready`.
while IFS= read -r -t 30 -u "$lines" line || { echo "the emulator did not start" >&2; exit 1; }; do
  case $line in
    ready) break ;;
    *=*) export "${line?}" ;;
  esac
done

# In the background, because bash hears a signal only between commands and while it waits.
.venv/bin/python examples/python/demo.py &
started=($! "${started[@]}")
wait $!
