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

build_c() { # the C library, our C program, and what one writes by hand instead
  echo "building the C library and programs (release)"
  "$cargo" build --release --locked --quiet --package midentity-c
  local cc=${CC:-cc} out=$release/c sources=benches/side_by_side
  mkdir -p "$out"
  "$cc" -O2 -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -Iinclude "$sources/ours.c" -o "$out/ours_c" \
    -L"$release" -lmidentity -Wl,-rpath,"$release"
  # The loader looks for the name that the library has for it.
  ln -sf libmidentity.so "$release/libmidentity.so.$(sed -n 's/^#define MIDENTITY_ABI_VERSION_MAJOR //p' include/midentity.h)"
  "$cc" -O2 -std=c11 -Wall -Wextra "$sources/by_hand.c" -o "$out/by_hand" -lcurl -lcjson ||
    fail "the C program by hand can't be built" "install libcurl and cJSON for development (libcurl4-openssl-dev, libcjson-dev)"
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
