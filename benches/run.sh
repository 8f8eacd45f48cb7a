#!/usr/bin/env bash
# Speed, side by side with azure-identity, the Rust crate azure_identity and libcurl in one run; benches/README.md tells how to
# read it. ROUNDS=n for more or fewer turns, CRITERION=1 for the core's own costs one by one as well.
set -euo pipefail
# shellcheck source=benches/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

build_native
echo "building the Rust peer (release)"
CARGO_TARGET_DIR=benches/peers/target "$cargo" build --release --locked --quiet --manifest-path benches/peers/Cargo.toml
build_c
build_python build.txt bench.txt

echo "measuring, ${ROUNDS:-11} turns for each row"
"$venv/bin/python" benches/side_by_side/side_by_side.py \
  --emulator "$release/midentity-emulator" --native "$release/examples" \
  --peer benches/peers/target/release/peer --c "$release/c" --python "$venv/bin/python" --rounds "${ROUNDS:-11}"

if dotnet --list-sdks 2>/dev/null | grep -q '^10\.'; then
  echo "measuring the PowerShell module in the hosted engine"
  "$cargo" run --quiet --package xtask -- package-powershell --dev --linux "$release/libmidentity.so"
  dotnet build benches/powershell --configuration Release --nologo -verbosity:quiet -nodeReuse:false -p:UseSharedCompilation=false
  version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -1)
  dotnet target/powershell/bin/Midentity.PowerShell.Bench/Release/net10.0/Midentity.PowerShell.Bench.dll out "$version"
else
  echo "SKIPPED PowerShell: no .NET SDK 10 on PATH; remedy: source ../shared/dotnet/activate.sh, or install one (dotnet.microsoft.com)"
fi

if [ "${CRITERION:-0}" != 0 ]; then
  "$cargo" bench --locked --package midentity --bench core
fi
