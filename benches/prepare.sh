# Read by run.sh and soak.sh: the release builds, and a Python environment that has our release wheel.
# Sets $root, $release, $venv; the first argument names what of python/requirements else is installed.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
cargo=${CARGO:-cargo}
venv=$root/.cache/bench/venv
release=$("$cargo" metadata --format-version 1 --no-deps --offline | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release

fail() {
  echo "FAILED: $1; remedy: $2" >&2
  exit 1
}

build_native() { # the emulator and our measuring programs
  echo "building the emulator and our programs (release)"
  "$cargo" build --release --locked --quiet --package midentity-emulator
  "$cargo" build --release --locked --quiet --package midentity --examples
}

build_python() { # REQUIREMENTS…: the environment, and our wheel in it
  local python=${PYTHON:-python3} stamp=$venv/requirements.stamp wanted wheels=$root/.cache/bench/wheels
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null ||
    fail "no Python 3.10 or newer ($python)" "install one, or name it: make PYTHON=/path/to/python3 …"
  wanted=$("$python" -VV; cat "${@/#/python/requirements/}")
  if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    echo "making the Python environment .cache/bench/venv"
    rm -rf "$venv"
    "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "${@/#/-rpython/requirements/}" ||
      fail "the Python packages can't be installed" "a package index must be in reach"
    printf '%s\n' "$wanted" >"$stamp"
  fi
  echo "building our wheel (release)"
  rm -rf "$wheels"
  local said
  said=$("$venv/bin/python" -m maturin build --release --locked --out "$wheels" 2>&1) || {
    echo "$said" >&2
    fail "our wheel can't be built" "see above"
  }
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall "$wheels"/*.whl
}
