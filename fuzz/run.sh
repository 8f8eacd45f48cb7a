#!/usr/bin/env bash
# Every parser of outside bytes, one after the other: run.sh [SECONDS] [TARGET…]. A minute each unless told.
# What a target finds is in fuzz/artifacts/TARGET; fuzz/corpus holds what it learnt, and may be deleted.
set -euo pipefail
# The shell's own SECONDS starts at what the environment says (make fuzz SECONDS=5), else at 0.
seconds=${1:-$((SECONDS > 0 ? SECONDS : 60))}
cd "$(dirname "${BASH_SOURCE[0]}")/.."

shift $(($# > 0 ? 1 : 0))
cargo=${CARGO:-cargo}
version=0.13.2
tools=.cache/tools

fail() {
  echo "FAILED: $1; remedy: $2" >&2
  exit 1
}

# libFuzzer's coverage needs flags that only a nightly compiler takes; a stable one takes them when it is told to.
if rustup toolchain list 2>/dev/null | grep -q '^nightly'; then
  export RUSTUP_TOOLCHAIN=nightly
else
  export RUSTC_BOOTSTRAP=1
fi
command -v c++ >/dev/null || fail "no C++ compiler, which libFuzzer is written for" "Debian: apt install build-essential"
if [ "$("$tools/bin/cargo-fuzz" --version 2>/dev/null)" != "cargo-fuzz $version" ]; then
  echo "installing cargo-fuzz $version into $tools"
  "$cargo" install --locked --quiet "cargo-fuzz@$version" --root "$tools" ||
    fail "cargo-fuzz can't be installed" "a crate registry must be in reach"
fi
export PATH="$PWD/$tools/bin:$PATH"

targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cargo fuzz list)
python=${PYTHON:-python3}
"$python" fuzz/seeds.py || fail "the seeds can't be made" "Python 3.10 or newer is needed"
cargo fuzz build

failed=()
for target in "${targets[@]}"; do
  echo "fuzzing $target for $seconds s"
  log=fuzz/target/$target.log
  mkdir -p "fuzz/corpus/$target"
  if cargo fuzz run "$target" "fuzz/corpus/$target" -- \
    -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 >"$log" 2>&1; then
    grep -E '^(Done |stat::number_of_executed_units)' "$log" || true
  else
    failed+=("$target")
    tail -n 60 "$log"
  fi
done

echo "$((${#targets[@]} - ${#failed[@]})) passed, ${#failed[@]} failed, 0 skipped"
[ ${#failed[@]} -eq 0 ] || fail "found something: ${failed[*]}" "see fuzz/artifacts"
